#include "tests/support/postgres.h"

#include <signal.h>
#include <stdlib.h>

#include <stdexcept>

#include "tests/support/tree.h"

namespace doorstep::support {
namespace {

constexpr std::chrono::seconds kLimit{120};

std::string must_run(std::vector<std::string> command) {
  const std::string program = command.front();
  auto ran = run(std::move(command), {}, kLimit);
  if (ran.code != 0) throw std::runtime_error(program + " ended with " + std::to_string(ran.code) + ": " + ran.output);
  return ran.output;
}

std::filesystem::path make_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "doorstep-pg-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
  return name;
}

}  // namespace

Postgres::Postgres() : folder_(make_folder()) { start(); }

Postgres::~Postgres() {
  if (process_) end(SIGQUIT);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Postgres& Postgres::shared() {
  static Postgres cluster;
  return cluster;
}

void Postgres::start() {
  process_ = std::make_unique<Process>(std::vector<std::string>{support::tree("platform/dev/postgres.sh"), "run", folder_.string()});
  const auto until = std::chrono::steady_clock::now() + kLimit;
  while (run({"psql", "-X", "-Atqc", "SELECT 1", url("postgres", "postgres")}).code != 0) {
    if (!process_->running() || std::chrono::steady_clock::now() > until)
      throw std::runtime_error("these tests need PostgreSQL 15 or newer, which did not start: " + process_->output() +
                               run({"tail", "-n", "5", (folder_ / "log").string()}).output);
  }
}

void Postgres::end(int signal) {
  process_->signal(signal);
  if (process_->wait(kLimit) < 0) throw std::runtime_error("PostgreSQL does not end: " + process_->output());
  process_.reset();
}

void Postgres::stop() { end(SIGINT); }

void Postgres::kill() { end(SIGQUIT); }

std::string Postgres::url(const std::string& user, const std::string& database) const {
  return "postgresql://" + user + "@/" + database + "?host=" + folder_.string();
}

std::string Postgres::make_database(const std::string& owner, const std::string& other) {
  const std::string name = "cases" + std::to_string(++databases_);
  for (const auto& role : {owner, other})
    sql("postgres", "DO $$ BEGIN CREATE ROLE " + role + " LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
  sql("postgres", "CREATE DATABASE " + name + " OWNER " + owner);
  return name;
}

std::string Postgres::sql(const std::string& database, const std::string& text) const {
  return must_run({"psql", "-X", "-Atq", "-v", "ON_ERROR_STOP=1", "-c", text, url("postgres", database)});
}

std::string Postgres::dump(const std::string& database) const { return must_run({"pg_dump", url("postgres", database)}); }

}  // namespace doorstep::support
