#include <CLI/CLI.hpp>
#include <signal.h>

#include <charconv>
#include <iostream>

#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/base/log.h"
#include "platform/config/server_config.h"
#include "platform/os/os.h"
#include "platform/tls/context.h"
#include "sync/rules/calendar.h"
#include "sync/server/commands.h"
#include "sync/server/data_folder.h"
#include "sync/server/erase.h"
#include "sync/server/export.h"
#include "sync/server/http_listener.h"
#include "sync/server/import.h"
#include "sync/server/push.h"
#include "sync/server/receipts.h"
#include "sync/server/service.h"
#include "sync/server/witness.h"
#include "sync/wire/codec.h"

namespace {

namespace fs = std::filesystem;
namespace server = doorstep::server;
namespace tls = doorstep::tls;
namespace limits = doorstep::limits;
using doorstep::base::Error;
using doorstep::base::Result;

constexpr int kRefused = 1;  ///< exit code: what was asked for could not be done; standard error says why
constexpr int kWrongCommand = 2;  ///< exit code: no such command or option

struct Arguments {
  fs::path config = "/var/lib/doorstep-server/server.toml";
  fs::path data;    ///< a folder whose server.toml is meant
  fs::path assets;  ///< forms and rules
  std::string council_id, council_name, name;
  std::string listen = "0.0.0.0:8443", enrol_listen = "0.0.0.0:8444";
  std::vector<std::string> also;
  std::string serve_listen, serve_enrol_listen;
  fs::path ports_file;
  std::size_t requests_per_minute = limits::kRequestsPerMinute;
  std::int64_t next_s = 300;
  fs::path folder, file;
  std::vector<fs::path> files;
  bool relative_dates = false, demonstration = false;
  std::string worker, device;
  std::int64_t number = 0;  ///< of a receipt
  std::string record, by, reason;  ///< of an erasure
  bool confirm = false;
  std::string postgres, owner;  ///< urls: the application's, the schema owner's
};

/// Everything a command needs, opened.
struct Opened {
  doorstep::config::ServerConfig config;
  server::DataFolder data;
};

int fail(const Error& error) {
  std::cerr << "doorstep-server: " << error.where << ": "
            << (error.detail.empty() ? std::string(fault_word(error.fault)) : error.detail) << "\n";
  return kRefused;
}

std::vector<std::string> names_of(const std::string& name, const std::vector<std::string>& also) {
  std::vector<std::string> names = {name};
  for (const std::string& other : also)
    if (std::find(names.begin(), names.end(), other) == names.end()) names.push_back(other);
  return names;
}

Result<doorstep::config::ServerConfig> read_config(const Arguments& args) {
  fs::path file = args.data.empty() ? args.config : args.data / "server.toml";
  if (std::error_code none; !fs::exists(file, none) && !none)
    return Error{doorstep::base::Fault::NotFound, file.parent_path().string(),
                 "no case server's folder: it has no server.toml; make one with --data FOLDER init, or name it with --data"};
  auto parsed = doorstep::config::load_server_config(file);
  if (auto* problems = std::get_if<std::vector<doorstep::config::Problem>>(&parsed)) {
    std::string text;
    for (const auto& problem : *problems) text += "\n" + problem.str();
    return Error{doorstep::base::Fault::Invalid, file.string(), text};
  }
  return std::get<doorstep::config::ServerConfig>(std::move(parsed));
}

/// Where server.toml says cases are; empty: in a file of the data folder.
std::optional<server::PgPlace> postgres_of(const doorstep::config::ServerConfig& config) {
  if (!config.postgres) return std::nullopt;
  const auto& said = *config.postgres;
  return server::PgPlace{{.url = said.url, .connections = said.connections},
                         said.key_file.empty() ? config.data_dir / "cases.key" : said.key_file};
}

/// Beside the cases, or where server.toml says that every server reaches them.
server::BlobFolder blobs_of(const doorstep::config::ServerConfig& config) {
  const bool shared = config.postgres && !config.postgres->blobs_dir.empty();
  return {shared ? config.postgres->blobs_dir : config.data_dir / "blobs"};
}

Result<Opened> open(const Arguments& args, const doorstep::base::Clock& clock) {
  Opened out;
  DOORSTEP_TRY_ASSIGN(out.config, read_config(args));
  const auto names = names_of(out.config.server_name, args.also);
  const auto place = postgres_of(out.config);
  DOORSTEP_TRY_ASSIGN(out.data, place ? server::open_data_folder(out.config.data_dir, names, clock.wall(), *place)
                                      : server::open_data_folder(out.config.data_dir, names, clock.wall()));
  return out;
}

fs::path assets_of(const Arguments& args) { return args.assets.empty() ? fs::path(DOORSTEP_ASSETS_DIR) : args.assets; }

Result<std::vector<doorstep::rules::Form>> load_forms(const Arguments& args) {
  fs::path folder = assets_of(args) / "forms";
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  // Earlier versions are kept as visit-<version>.json: records are checked with the form they were written under.
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return std::pair(a.stem() == "visit", a) < std::pair(b.stem() == "visit", b);
  });
  std::vector<doorstep::rules::Form> forms;
  for (const fs::path& file : files) {
    DOORSTEP_TRY_ASSIGN(auto text, doorstep::base::read_file(file, limits::kAssetBytes));
    auto form = doorstep::rules::parse_form(text);
    if (!form) return Error{form.error().fault, file.string(), form.error().where + ": " + form.error().detail};
    forms.push_back(std::move(*form));
  }
  if (forms.empty()) return Error{doorstep::base::Fault::NotFound, folder.string(), "there is no visit form"};
  return forms;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

int init(const Arguments& args, const doorstep::base::Clock& clock) {
  const fs::path folder = args.data.empty() ? args.config.parent_path() : args.data;
  std::error_code cannot_look;  // then it cannot be made either, which says why
  if (fs::exists(folder / "server.toml", cannot_look))
    return fail({doorstep::base::Fault::Conflict, folder.string(), "is a case server's folder already"});
  std::string toml =
      "# One case server. Written by doorstep-server init.\nversion = 1\n\n[server]\n"
                     "# Tablets, client certificates only.\nlisten = " +
      quoted(args.listen) + "\n# Enrolment only.\nenrol_listen = " + quoted(args.enrol_listen) +
      "\n# What tablets reach it by.\nname = " + quoted(args.name) +
      "\n# Counts from this file.\ndata_dir = \".\"\n" +
      (args.demonstration ? "# Every family is invented: only tablets that say so on every screen are enrolled.\ndemonstration = true\n" : "") +
      "\n[council]\nid = " + quoted(args.council_id) +
      "\nname = " + quoted(args.council_name) + "\n";
  if (!args.postgres.empty())
    toml += "\n[postgres]\n# The role owns nothing; the schema's owner is named to doorstep-server prepare alone.\nurl = " +
            quoted(args.postgres) + "\n";
  auto checked = doorstep::config::parse_server_config(toml, "server.toml");
  if (auto* problems = std::get_if<std::vector<doorstep::config::Problem>>(&checked)) {
    for (const auto& problem : *problems) std::cerr << problem.str() << "\n";
    return kRefused;
  }
  const auto keep = args.postgres.empty() ? server::Keep::File : server::Keep::Postgres;
  const auto names = names_of(args.name, args.also);
  if (auto done = server::init_data_folder(folder, args.council_name, names, clock.wall(), keep); !done) return fail(done.error());
  if (!args.postgres.empty() && !args.owner.empty())
    if (auto done = server::prepare_postgres(args.owner, {{.url = args.postgres}, folder / "cases.key"}); !done)
      return fail(done.error());
  if (auto done = doorstep::base::write_file_atomic(folder / "server.toml", toml, doorstep::base::Access::Owner); !done)
    return fail(done.error());
  std::cout << "folder " << folder.string() << "\nconfig " << (folder / "server.toml").string() << "\nca "
            << (folder / "ca.pem").string() << "\n";
  return 0;
}

/// The schema on PostgreSQL, made or brought up to date.
int prepare(const Arguments& args) {
  auto config = read_config(args);
  if (!config) return fail(config.error());
  const auto place = postgres_of(*config);
  if (!place)
    return fail({doorstep::base::Fault::Invalid, "prepare", "server.toml has no [postgres]: cases are in a file, which needs none"});
  if (auto done = server::prepare_postgres(args.owner, *place); !done) return fail(done.error());
  std::cout << "prepared for " << server::pg_user(place->options.url) << "\n";
  return 0;
}

/// "address:port", with brackets around IPv6.
bool split(const std::string& text, doorstep::config::ListenAddress& out) {
  auto colon = text.rfind(':');
  if (colon == std::string::npos) return false;
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  auto [end, code] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), out.port);
  out.address = host;
  return !host.empty() && code == std::errc() && end == text.data() + text.size();
}

Result<std::unique_ptr<server::HttpListener>> listen(const doorstep::config::ListenAddress& at, const Opened& opened,
                                                     tls::ClientCertificates clients, server::HttpHandler handler) {
  DOORSTEP_TRY_ASSIGN(auto context,
                      tls::server_context({opened.data.ca.cert, opened.data.certificate, opened.data.key, clients}));
  server::ListenerConfig config;
  config.address = at.address;
  config.port = at.port;
  config.context = std::move(context);
  if (clients == tls::ClientCertificates::None) config.max_body_bytes = limits::kEnrolBodyBytes;
  if (opened.config.postgres) config.workers = opened.config.postgres->connections;  // one each
  config.headers = {{doorstep::wire::kProtoHeader, std::to_string(doorstep::wire::kProto)}};
  return server::HttpListener::start(std::move(config), std::move(handler));
}

int serve(const Arguments& args, const doorstep::base::Clock& clock) {
  // Before any thread: all of them leave these signals to the wait below.
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stops, nullptr);
  signal(SIGPIPE, SIG_IGN);

  auto opened = open(args, clock);
  if (!opened) return fail(opened.error());
  auto forms = load_forms(args);
  if (!forms) return fail(forms.error());
  if (!args.serve_listen.empty() && !split(args.serve_listen, opened->config.listen))
    return fail({doorstep::base::Fault::Invalid, "--listen", "write address:port"});
  if (!args.serve_enrol_listen.empty() && !split(args.serve_enrol_listen, opened->config.enrol_listen))
    return fail({doorstep::base::Fault::Invalid, "--enrol-listen", "write address:port"});

  server::ServiceOptions options;
  options.version = DOORSTEP_VERSION;
  options.blobs = blobs_of(opened->config);
  options.requests_per_minute = args.requests_per_minute;
  options.next_after_s = options.next_spread_s = args.next_s;
  options.signer = &opened->data.signer;
  options.outbox = &opened->data.outbox;
  options.terms.demonstration = opened->config.demonstration;
  options.terms.council = opened->config.council.id;
  server::Service service(*opened->data.repository, opened->data.ca, clock, server::validate_with(std::move(*forms)), options);
  auto main = listen(opened->config.listen, *opened, tls::ClientCertificates::Required,
                     [&](const server::HttpRequest& request) { return service.handle(request); });
  if (!main) return fail(main.error());
  auto enrolment = listen(opened->config.enrol_listen, *opened, tls::ClientCertificates::None,
                          [&](const server::HttpRequest& request) { return service.handle_enrolment(request); });
  if (!enrolment) return fail(enrolment.error());

  std::string ports = "sync " + opened->config.listen.address + ":" + std::to_string((*main)->port()) + "\nenrol " +
                      opened->config.enrol_listen.address + ":" + std::to_string((*enrolment)->port()) + "\n";
  if (!args.ports_file.empty())
    if (auto done = doorstep::base::write_file_atomic(args.ports_file, ports, doorstep::base::Access::Owner); !done)
      return fail(done.error());
  std::cout << ports << std::flush;
  doorstep::base::log_event("serving", (*main)->port());

  constexpr timespec kDay{24 * 60 * 60, 0};
  int signal_number = 0;
  do {
    auto collected = server::collect_blobs(*opened->data.repository, options.blobs, clock.wall());
    if (!collected) doorstep::base::log_error("collect", collected.error());
    signal_number = sigtimedwait(&stops, nullptr, &kDay);
  } while (signal_number < 0);
  doorstep::base::log_event("stopping", signal_number);
  (*enrolment)->stop();
  (*main)->stop();  // requests in progress are answered; what they committed is whole
  doorstep::base::log_event("stopped");
  return 0;
}

int import(const Arguments& args, const doorstep::base::Clock& clock) {
  auto opened = open(args, clock);
  if (!opened) return fail(opened.error());
  if (std::error_code unreadable; !fs::is_directory(args.folder, unreadable))
    return fail({doorstep::base::Fault::NotFound, args.folder.string(), "is no folder that can be read; nothing was changed"});
  std::map<std::string, std::string> files;
  for (std::string_view name : server::kExtractFiles) {
    auto text = doorstep::base::read_file(args.folder / name, limits::kCsvBytes);
    if (text) files[std::string(name)] = std::move(*text);
    else if (text.error().fault != doorstep::base::Fault::NotFound) return fail(text.error());
  }
  server::ImportOptions options;
  if (args.relative_dates) options.relative_to = doorstep::rules::uk_date(clock.wall());
  auto report = server::import_extract(*opened->data.repository, files, options, clock.wall());
  if (!report) return fail(report.error());
  for (const auto& [name, rows] : report->taken) std::cout << name << ": " << rows << " rows\n";
  std::cout << "workers changed " << report->workers_changed << ", left " << report->workers_left << "; families changed "
            << report->families_changed << "; children changed " << report->children_changed << "; cases moved "
            << report->cases_moved << "\n";
  for (const auto& problem : report->problems) std::cerr << problem.str() << "\n";
  if (report->problems.empty()) return 0;
  std::string left;
  for (std::string_view name : server::kExtractFiles)
    if (!report->taken.contains(std::string(name))) (left += left.empty() ? "" : ", ") += name;
  std::cerr << "Not taken: " << left << ". What it would have said stays as it was; mend it and run the same again.\n";
  return kRefused;
}

int import_filed(const Arguments& args, const doorstep::base::Clock& clock) {
  auto opened = open(args, clock);
  if (!opened) return fail(opened.error());
  auto text = doorstep::base::read_file(args.file, limits::kCsvBytes);
  if (!text) return fail(text.error());
  auto report = server::import_filed(*opened->data.repository, args.file.filename().string(), *text, clock.wall());
  if (!report) return fail(report.error());
  for (const auto& problem : report->problems) std::cerr << problem.str() << "\n";
  std::cout << "filed " << report->filed << "\n";
  return report->problems.empty() ? 0 : kRefused;
}

int tokens(const Arguments& args, const doorstep::base::Clock& clock) {
  auto opened = open(args, clock);
  if (!opened) return fail(opened.error());
  auto text = doorstep::base::read_file(args.file, limits::kCsvBytes);
  if (!text) return fail(text.error());
  auto made = server::make_tokens(*opened->data.repository, *text, {}, clock.wall());
  if (!made) {
    std::cerr << args.file.filename().string() << ": " << made.error().where << ": " << made.error().detail
              << "\nNo code was made. Mend the line, then run the same command again.\n";
    return kRefused;
  }
  std::cout << *made;
  std::cerr << "Each code is good for one tablet, for " << server::EnrolmentTerms().token_life / std::chrono::hours(1)
            << " hours. On each, with its row's: doorstep-provision enrol device.toml --token TOKEN --tablet FOLDER\n";
  return 0;
}

int token(const Arguments& args, const doorstep::base::Clock& clock) {
  if (!args.file.empty()) return tokens(args, clock);
  auto opened = open(args, clock);
  if (!opened) return fail(opened.error());
  const server::EnrolmentTerms terms;
  auto made = server::make_token(*opened->data.repository, args.worker, terms, clock.wall());
  if (!made) return fail(made.error());
  std::cout << *made << "\n";
  std::cerr << "good for one tablet, for " << terms.token_life / std::chrono::hours(1) << " hours\n";
  return 0;
}

int revoke(const Arguments& args, const doorstep::base::Clock& clock) {
  auto opened = open(args, clock);
  if (!opened) return fail(opened.error());
  Result<void> done;
  if (!args.worker.empty()) {
    done = server::revoke_worker(*opened->data.repository, args.worker, clock.wall());
  } else {
    auto id = doorstep::base::Id::parse(args.device);
    if (!id) return fail({doorstep::base::Fault::Invalid, "--device", "write the id that status shows"});
    done = server::revoke_device(*opened->data.repository, *id, clock.wall());
  }
  if (!done) return fail(done.error());
  std::cout << "revoked " << (args.worker.empty() ? args.device : args.worker) << "\n";
  return 0;
}

/// The receipt with this number, as a tablet shows it and as a file that check-receipt reads.
int receipt(const Arguments& args, const doorstep::base::Clock& clock) {
  auto opened = open(args, clock);
  if (!opened) return fail(opened.error());
  auto found = server::read_receipt(*opened->data.repository, opened->data.signer, args.number);
  if (!found) return fail(found.error());
  std::cout << doorstep::wire::encode(*found) << "\n";
  return 0;
}

int check_receipt(const Arguments& args, const doorstep::base::Clock& clock) {
  auto opened = open(args, clock);
  if (!opened) return fail(opened.error());
  auto text = doorstep::base::read_file(args.file, limits::kConfigBytes);
  if (!text) return fail(text.error());
  auto read = doorstep::wire::decode<doorstep::wire::SignedReceipt>(*text);
  if (!read) return fail({doorstep::base::Fault::Invalid, args.file.string(), "it is not a receipt: " + read.error().detail});
  auto checked = server::check_receipt(*opened->data.repository, opened->data.ca.cert, *read);
  if (!checked) return fail(checked.error());
  const auto& said = checked->statement;
  std::cout << "signature good\nreceipt " << said.number << "\nat " << to_rfc3339(said.at) << "\n"
            << doorstep::model::code(said.kind) << " of record " << said.record.str() << "\nrevision " << said.rev << "\nhash "
            << said.hash << "\nsent " << said.sent << "\ntablet " << said.device.str() << " operation " << said.incarnation << "/"
            << said.operation << "\n";
  switch (checked->standing) {
    case server::Standing::Here: std::cout << "this server has exactly this\n"; return 0;
    case server::Standing::Erased: std::cout << "this server had exactly this, and erased it on an order\n"; return 0;
    case server::Standing::NotHere:
      std::cout << "this server does not have it: it was restored from a backup of before. The tablet sends it again at its next sync.\n";
      return kRefused;
    case server::Standing::Otherwise:
      std::cout << "this server has something else in its place: it was restored from a backup, and went on differently since. What "
                   "the tablet wrote was sent again under another number.\n";
      return kRefused;
  }
  return kRefused;
}

int erase(const Arguments& args, const doorstep::base::Clock& clock) {
  auto opened = open(args, clock);
  if (!opened) return fail(opened.error());
  const auto id = doorstep::base::Id::parse(args.record);
  if (!id) return fail({doorstep::base::Fault::Invalid, "erase", "write the record's id, as the export names its page"});
  auto& repository = *opened->data.repository;
  if (!args.confirm) {
    if (auto done = server::order_erasure(repository, *id, args.by, args.reason, clock.wall()); !done) return fail(done.error());
    std::cout << "ordered by " << args.by << "\n";
    std::cerr << "Nothing is erased yet: another person confirms it within "
              << std::chrono::duration_cast<std::chrono::days>(server::kErasureOrderLife).count() << " days, with --confirm.\n";
    return 0;
  }
  auto report = server::confirm_erasure(repository, blobs_of(opened->config), *id, args.by, clock.wall());
  if (!report) return fail(report.error());
  if (report->records == 0) std::cout << "it was erased before, and nothing of it is left here\n";
  else std::cout << "erased: records " << report->records << " with its decisions, addenda and drafts, photos " << report->photos << "\n";
  std::cerr << "Tablets lose it at their next sync. Backups, exports and PostgreSQL's own log of before still hold it.\n";
  return 0;
}

/// Where the audit ends, signed: for a file on another machine, which verify-audit reads.
int audit_heads(const Arguments& args, const doorstep::base::Clock& clock) {
  auto opened = open(args, clock);
  if (!opened) return fail(opened.error());
  auto heads = server::sign_audit(*opened->data.repository, opened->data.signer, clock.wall());
  if (!heads) return fail(heads.error());
  std::cout << doorstep::wire::encode(*heads) << "\n";
  return 0;
}

/// The whole audit, line by line, and then every file against it.
int verify_audit(const Arguments& args, const doorstep::base::Clock& clock) {
  auto opened = open(args, clock);
  if (!opened) return fail(opened.error());
  auto unit = opened->data.repository->read();
  if (!unit) return fail(unit.error());
  auto intact = (*unit)->audit_intact();
  if (!intact) return fail(intact.error());
  std::cout << (*intact ? "every line follows the one before it\n" : "BROKEN: a line was changed, taken away, moved or put in\n");
  bool good = *intact;
  for (const auto& file : args.files) {
    auto text = doorstep::base::read_file(file, limits::kAssetBytes);
    if (!text) return fail(text.error());
    auto read = doorstep::wire::decode<doorstep::wire::SignedAudit>(*text);
    if (!read) return fail({doorstep::base::Fault::Invalid, file.string(), "audit-heads did not write it: " + read.error().detail});
    auto checked = server::check_audit(**unit, opened->data.ca.cert, *read);
    if (!checked) return fail({checked.error().fault, file.string(), checked.error().detail});
    good = good && checked->standing == server::Standing::Here;
    std::cout << file.string() << ": as it was at " << to_rfc3339(checked->statement.at) << ", ";
    switch (checked->standing) {
      case server::Standing::Here:
      case server::Standing::Erased: std::cout << "every line is here\n"; break;
      case server::Standing::NotHere:
        std::cout << "CUT: lines are not here any more. A restore from a backup of before does that; nothing else may\n";
        break;
      case server::Standing::Otherwise: std::cout << "DIFFERS: other lines stand in their place\n"; break;
    }
  }
  return good ? 0 : kRefused;
}

int set_disabled(const Arguments& args, const doorstep::base::Clock& clock, bool disabled) {
  auto opened = open(args, clock);
  if (!opened) return fail(opened.error());
  if (auto done = server::disable_worker(*opened->data.repository, args.worker, disabled, clock.wall()); !done) return fail(done.error());
  std::cout << (disabled ? "disabled " : "enabled ") << args.worker << "\n";
  return 0;
}

int give(const Arguments& args, const doorstep::base::Clock& clock, doorstep::wire::CommandKind kind) {
  auto opened = open(args, clock);
  if (!opened) return fail(opened.error());
  auto id = doorstep::base::Id::parse(args.device);
  if (!id) return fail({doorstep::base::Fault::Invalid, "device", "write the id that status shows"});
  auto number = server::give_command(*opened->data.repository, *id, kind, clock.wall());
  if (!number) return fail(number.error());
  std::cout << "command " << *number << " waits for the tablet\n";
  std::cerr << "It hears it at its next word with this server, for "
            << std::chrono::duration_cast<std::chrono::days>(server::kCommandLife).count() << " days; status says when it has obeyed.\n";
  return 0;
}

/// What a tablet was told to do last, as status shows it.
std::string told(const server::CommandRow& command, doorstep::base::Instant now) {
  const bool wipe = command.kind == doorstep::wire::CommandKind::Wipe;
  if (command.obeyed_at) return std::string(wipe ? " wiped " : " locked ") + to_rfc3339(*command.obeyed_at);
  return std::string(now > command.expires ? " did not hear: " : " told to ") + (wipe ? "wipe " : "lock ") + to_rfc3339(command.at);
}

const char* word_of(const std::optional<server::WorkerRow>& worker, const server::DeviceRow& device) {
  const auto access = worker ? server::access_of(*worker, device) : server::Access::None;
  if (access == server::Access::None) return "revoked";
  if (access == server::Access::Drain) return "draining";
  return device.activated_at ? "active" : "enrolled";
}

int status(const Arguments& args, const doorstep::base::Clock& clock) {
  auto opened = open(args, clock);
  if (!opened) return fail(opened.error());
  auto unit = opened->data.repository->read();
  if (!unit) return fail(unit.error());
  auto counts = (*unit)->counts();
  auto devices = (*unit)->devices();
  auto intact = (*unit)->audit_intact();
  if (!counts) return fail(counts.error());
  if (!devices) return fail(devices.error());
  if (!intact) return fail(intact.error());
  std::cout << "workers " << counts->workers << "\ntablets " << counts->devices << "\ncases " << counts->cases << " (provisional "
            << counts->provisional << ")\nrecords " << counts->records << " (submitted " << counts->submitted << ", returned "
            << counts->returned << ", approved " << counts->approved << ", filed " << counts->filed << ", erased " << counts->erased
            << ")\noperations " << counts->operations << " (refused " << counts->refused << ")\nreceipts " << counts->receipts << "\naudit "
            << (*intact ? "intact" : "BROKEN") << "\nwitnesses against it " << counts->witnesses << "\n";
  for (const auto& device : *devices) {
    auto worker = (*unit)->worker(device.worker);
    if (!worker) return fail(worker.error());
    std::cout << "tablet " << device.id.str() << " " << (*worker ? (*worker)->external_ref : "?") << " "
              << word_of(*worker, device) << " last seen "
              << (device.seen_at ? to_rfc3339(*device.seen_at) : "never");
    auto purged = (*unit)->purged_at(device.id);
    if (!purged) return fail(purged.error());
    if (*purged) std::cout << " last purged " << to_rfc3339(**purged);
    if (device.command) std::cout << told(*device.command, clock.wall());
    std::cout << "\n";
  }
  return *intact ? 0 : kRefused;
}

int export_all(const Arguments& args, const doorstep::base::Clock& clock) {
  auto opened = open(args, clock);
  if (!opened) return fail(opened.error());
  auto forms = load_forms(args);
  if (!forms) return fail(forms.error());
  auto rules = doorstep::base::read_file(assets_of(args) / "rules" / "thresholds.json", limits::kAssetBytes);
  if (!rules) return fail(rules.error());
  auto levels = doorstep::rules::parse_thresholds(*rules);
  if (!levels) return fail(levels.error());
  auto report = server::export_records(*opened->data.repository, *forms, *levels, blobs_of(opened->config), args.folder, clock.wall());
  if (!report) return fail(report.error());
  std::cout << "records " << report->records << ", visits " << report->visits << ", not seen " << report->not_seen << ", photos "
            << report->blobs << ", family copies " << report->family_copies << ", files " << report->files.size() << "\nmanifest "
            << (args.folder / "manifest.json").string() << "\n";
  if (report->blobs_unread > 0)
    std::cerr << report->blobs_unread << " photos could not be read: their pages say so. Put their files back from a backup.\n";
  return report->blobs_unread > 0 ? kRefused : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto hardened = doorstep::os::harden_process(); !hardened) return fail(hardened.error());
  Arguments args;
  CLI::App app{"The case server that tablets reconcile with.\n"
               "Exit codes: 0 done; 1 refused, or not all of it done, and standard error says why; 2 the command line is wrong."};
  app.require_subcommand(1);
  app.set_version_flag("--version", DOORSTEP_VERSION);
  app.add_option("-c,--config", args.config, "server.toml");
  app.add_option("-d,--data", args.data, "folder whose server.toml is meant");
  app.add_option("--assets", args.assets, "folder with forms/ and rules/");
  app.fallthrough();

  auto* init_command = app.add_subcommand("init", "make the folder (--data): keys, authority, certificate, server.toml");
  init_command->add_option("--name", args.name, "name tablets reach it by")->required();
  init_command->add_option("--also", args.also, "further names or addresses in its certificate");
  init_command->add_option("--council", args.council_name, "the council's name")->required();
  init_command->add_option("--council-id", args.council_id, "lower-case letters, digits, hyphens")->required();
  init_command->add_option("--listen", args.listen, "address:port for tablets");
  init_command->add_option("--enrol-listen", args.enrol_listen, "address:port for enrolment");
  init_command->add_flag("--demonstration", args.demonstration, "every family will be invented; its tablets say so on every screen");
  init_command->add_option("--postgres", args.postgres, "keep cases there: postgresql://role@host/database, a role that owns nothing");
  init_command->add_option("--owner", args.owner, "with --postgres: prepare it too, as prepare does");
  auto* prepare_command = app.add_subcommand("prepare", "make the schema on PostgreSQL, or bring it up to date");
  prepare_command->add_option("--owner", args.owner, "postgresql://role@host/database, the role that owns the schema")->required();
  auto* serve_command = app.add_subcommand("serve", "answer tablets until SIGTERM");
  serve_command->add_option("--listen", args.serve_listen, "instead of server.toml's; port 0: any free one");
  serve_command->add_option("--enrol-listen", args.serve_enrol_listen, "the same for enrolment");
  serve_command->add_option("--ports-file", args.ports_file, "write \"sync address:port\" and \"enrol address:port\" there");
  serve_command->add_option("--requests-per-minute", args.requests_per_minute, "per tablet");
  serve_command->add_option("--next", args.next_s, "seconds after which tablets come back by themselves");
  auto* import_command = app.add_subcommand("import", "take in the nightly extract");
  import_command->add_option("folder", args.folder, "with the nine CSV files")->required();
  import_command->footer(
      "Exit codes: 0 every file was taken; 1 a file was not taken (what it would have said stays as it was, and the others were taken),\n"
      "or nothing was, and standard error says why: mend it and run the same again; 2 the command line is wrong.");
  import_command->add_flag("--relative-dates", args.relative_dates, "accept T-14 and the like (demonstrations)");
  auto* filed_command = app.add_subcommand("import-filed", "take in the case system's acknowledgements");
  filed_command->add_option("file", args.file, "CSV: record,hash,filed_at,reference")->required();
  auto* token_command = app.add_subcommand("token", "enrolment codes: each for one worker and one tablet");
  auto* whom = token_command->add_option_group("whom");
  whom->add_option("worker", args.worker, "worker_ref of the extract");
  whom->add_option("--csv", args.file,
                   "one for each row of this table with a column worker_ref; to standard output, with the column token behind the others: "
                   "each tablet is enrolled with its row's");
  whom->require_option(1);
  auto* revoke_command = app.add_subcommand("revoke", "refuse a tablet, or a worker with every tablet");
  auto* which = revoke_command->add_option_group("which");
  which->add_option("--device", args.device, "id as status shows it");
  which->add_option("--worker", args.worker, "worker_ref");
  which->require_option(1);
  auto* disable_command = app.add_subcommand("disable", "end a worker's access: their tablets send what waits, read nothing, and purge");
  disable_command->add_option("worker", args.worker, "worker_ref")->required();
  auto* enable_command = app.add_subcommand("enable", "take a disable back");
  enable_command->add_option("worker", args.worker, "worker_ref")->required();
  auto* lock_command = app.add_subcommand("lock", "lock a tablet at once: nothing is shown before its passphrase was given again");
  lock_command->add_option("device", args.device, "id as status shows it")->required();
  auto* wipe_command = app.add_subcommand("wipe", "a tablet sends what waits, then destroys its key and everything on it");
  wipe_command->add_option("device", args.device, "id as status shows it")->required();
  auto* receipt_command = app.add_subcommand("receipt", "the receipt of a record or a decision, signed, as JSON");
  receipt_command->add_option("number", args.number, "as the tablet shows it")->required();
  auto* check_command = app.add_subcommand("check-receipt", "whether a receipt is this council's, and what it names is here");
  check_command->add_option("file", args.file, "as receipt wrote it")->required();
  auto* erase_command =
      app.add_subcommand("erase", "erase a child's record: one person orders it, another confirms it");
  erase_command->add_option("record", args.record, "its id, as the export names its page")->required();
  erase_command->add_option("--by", args.by, "worker_ref of whoever does this; not of somebody who wrote in it")->required();
  auto* step = erase_command->add_option_group("step");
  step->add_option("--reason", args.reason, "order it, and say why; nothing is erased yet");
  step->add_flag("--confirm", args.confirm, "confirm another person's order: it is erased, for good");
  step->require_option(1);
  auto* heads_command = app.add_subcommand("audit-heads", "where the audit ends, signed, as JSON: to be kept on another machine");
  auto* verify_command = app.add_subcommand("verify-audit", "whether every line of the audit follows, and is what these files say");
  verify_command->add_option("files", args.files, "as audit-heads wrote them");
  auto* status_command = app.add_subcommand("status", "counts, tablets, and whether the audit is intact");
  auto* export_command =
      app.add_subcommand("export", "approved records as HTML and JSON, what was agreed for the family, visit tables, manifest");
  export_command->add_option("folder", args.folder, "made when it is not there")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongCommand;
  }

  doorstep::base::SystemClock clock;
  // As root it could write into anybody's folder, and leave files there that its owner cannot read.
  if (const auto owner = doorstep::os::other_owner(args.data.empty() ? args.config.parent_path() : args.data))
    return fail({doorstep::base::Fault::Denied, "folder", "it belongs to " + *owner + ": run this as runuser -u " + *owner + " -- doorstep-server ..."});
  if (*init_command) return init(args, clock);
  if (*prepare_command) return prepare(args);
  if (*serve_command) return serve(args, clock);
  if (*import_command) return import(args, clock);
  if (*filed_command) return import_filed(args, clock);
  if (*token_command) return token(args, clock);
  if (*revoke_command) return revoke(args, clock);
  if (*disable_command) return set_disabled(args, clock, true);
  if (*enable_command) return set_disabled(args, clock, false);
  if (*lock_command) return give(args, clock, doorstep::wire::CommandKind::Lock);
  if (*wipe_command) return give(args, clock, doorstep::wire::CommandKind::Wipe);
  if (*receipt_command) return receipt(args, clock);
  if (*check_command) return check_receipt(args, clock);
  if (*erase_command) return erase(args, clock);
  if (*heads_command) return audit_heads(args, clock);
  if (*verify_command) return verify_audit(args, clock);
  if (*status_command) return status(args, clock);
  if (*export_command) return export_all(args, clock);
  return kRefused;
}
