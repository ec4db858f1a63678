#include "tests/support/server_process.h"

#include <signal.h>

#include <stdexcept>

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "sync/server/data_folder.h"
#include "tests/support/tree.h"

namespace doorstep::support {
namespace {

constexpr std::chrono::seconds kLimit{60};

std::uint16_t port_after(const std::string& text, const std::string& word) {
  auto line = text.find(word + " 127.0.0.1:");
  if (line == std::string::npos) throw std::runtime_error("no port said: " + text);
  return static_cast<std::uint16_t>(std::stoi(text.substr(line + word.size() + std::string(" 127.0.0.1:").size())));
}

}  // namespace

ServerProcess::ServerProcess(const std::filesystem::path& extract, const std::filesystem::path& where, bool demonstration)
    : folder_(where), demonstration_(demonstration) {
  if (folder_.empty()) {
    own_folder_ = std::make_unique<Folder>();
    folder_ = own_folder_->path();
  }
  std::vector<std::string> init = {"init", "--name", "localhost", "--also", "127.0.0.1", "--council", "Northmere Council", "--council-id",
                                   "northmere", "--listen", "127.0.0.1:8443", "--enrol-listen", "127.0.0.1:8444"};
  if (demonstration) init.push_back("--demonstration");
  command(std::move(init));
  command({"import", extract.string(), "--relative-dates"});
}

std::vector<std::string> ServerProcess::program(std::vector<std::string> arguments) const {
  std::vector<std::string> words{support::bin("doorstep-server"), "--data", folder().string(), "--assets", support::assets()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

std::string ServerProcess::command(std::vector<std::string> arguments) {
  Process process(program(arguments));
  int code = process.wait(kLimit);
  earlier_ += process.output();
  if (code != 0)
    throw std::runtime_error("doorstep-server " + arguments.front() + " ended with " + std::to_string(code) + ": " +
                             process.output());
  return process.output();
}

void ServerProcess::start() {
  auto at = [](std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); };
  process_ = std::make_unique<Process>(program({"serve", "--listen", at(port_), "--enrol-listen", at(enrol_port_),
                                                "--requests-per-minute", "1000000"}));
  if (!process_->wait_for_output("\nenrol ", kLimit) || !process_->wait_for_output(" serving ", kLimit))
    throw std::runtime_error("doorstep-server does not serve: " + process_->output());
  port_ = port_after(process_->output(), "sync");
  enrol_port_ = port_after(process_->output(), "enrol");
}

void ServerProcess::kill() {
  process_->signal(SIGKILL);
  process_->wait(kLimit);
  earlier_ += process_->output();
  process_.reset();
}

void ServerProcess::stop() {
  process_->signal(SIGTERM);
  int code = process_->wait(kLimit);
  earlier_ += process_->output();
  process_.reset();
  if (code != 0) throw std::runtime_error("doorstep-server ended with " + std::to_string(code) + ": " + earlier_);
}

std::string ServerProcess::token(const std::string& worker_ref) {
  Process process(program({"token", worker_ref}));
  if (process.wait(kLimit) != 0) throw std::runtime_error("no token: " + process.output());
  auto text = process.output();  // the code's line, and one for people
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line.find(' ') == std::string::npos) return line;
  throw std::runtime_error("no token: " + text);
}

std::string ServerProcess::device_toml() const {
  auto url = [](std::uint16_t port) { return "\"https://127.0.0.1:" + std::to_string(port) + "\"\n"; };
  return "version = 1\n\n[council]\nid = \"northmere\"\nname = \"Northmere Council\"\n\n"
         "[server]\nurl = " + url(port_) + "enrol_url = " + url(enrol_port_) + "name = \"localhost\"\nca_file = \"ca.pem\"\n\n"
         "[policy]\nlock_s = 600\ncurtain_s = 600\nvisit_lock_s = 900\n\n"
         "[contacts]\nit = \"01632 960903\"\n\n"
         "[[contacts.duty]]\nlabel = \"Duty manager\"\nnumber = \"01632 960901\"\n\n"
         "[[contacts.out_of_hours]]\nlabel = \"Emergency duty team\"\nnumber = \"01632 960902\"\n" +
         std::string(demonstration_ ? "\n[tablet]\ndemonstration = true\n" : "");
}

std::filesystem::path ServerProcess::write_device_toml(const std::filesystem::path& to) const {
  for (const auto& [name, text] : {std::pair("ca.pem", read_text(folder() / "ca.pem")), std::pair("device.toml", device_toml())}) {
    auto written = base::write_file_atomic(to / name, text, base::Access::Owner);
    if (!written) throw std::runtime_error(written.error().detail);
  }
  return to / "device.toml";
}

std::string ServerProcess::output() { return earlier_ + (process_ ? process_->output() : std::string()); }

sql::Db ServerProcess::open_database() const {
  auto raw = base::from_hex(read_text(folder() / "cases.key").substr(0, 2 * (sql::kKeyBytes + sql::kSaltBytes)));
  if (!raw) throw std::runtime_error("cases.key");
  auto key = base::Secret::copy_of(raw->substr(0, sql::kKeyBytes));
  auto db = sql::Db::open(folder() / "cases.db", key, raw->substr(sql::kKeyBytes));
  if (!db) throw std::runtime_error(db.error().where + ": " + db.error().detail);
  return std::move(*db);
}

std::unique_ptr<server::Repository> ServerProcess::open_repository() const {
  auto data = server::open_data_folder(folder(), {"localhost", "127.0.0.1"}, base::SystemClock().wall());
  if (!data) throw std::runtime_error(data.error().where + ": " + data.error().detail);
  return std::move(data->repository);
}

}  // namespace doorstep::support
