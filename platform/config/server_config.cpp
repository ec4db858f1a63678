#include "platform/config/server_config.h"

#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/config/reader.h"

namespace doorstep::config {
namespace {

const std::vector<std::string> kAllKeys = {"version",      "server.listen",   "server.enrol_listen", "server.name",
                                           "server.data_dir", "server.demonstration", "council.id", "council.name",
                                           "postgres.url", "postgres.connections", "postgres.key_file"};

std::optional<ListenAddress> address(Table& table, const std::string& key, const std::string& example) {
  auto found = table.text(key, example);
  if (!found) return std::nullopt;
  auto refuse = [&](std::string what) {
    table.problem(key, found->line, std::move(what), "write " + example);
    return std::nullopt;
  };
  std::string_view text = found->value;
  auto colon = text.rfind(':');
  if (colon == text.npos) return refuse("the port is missing");
  auto port = port_from(text.substr(colon + 1), true);
  if (!port) return refuse("\"" + std::string(text.substr(colon + 1)) + "\" is no port");
  std::string_view host = text.substr(0, colon);
  bool six = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (six) host = host.substr(1, host.size() - 2);
  bool digits = six ? host.find_first_not_of("0123456789abcdefABCDEF:.") == host.npos
                    : !host.empty() && host.find_first_not_of("0123456789.") == host.npos;
  if (!digits) return refuse("\"" + std::string(host) + "\" is no address of this machine");
  return ListenAddress{std::string(host), *port};
}

/// What is wrong with a url, and what would be right; both empty: nothing. What the url says beyond this is for whoever connects.
std::pair<std::string, std::string> wrong_with(std::string_view url) {
  static const std::string example = "write url = \"postgresql://doorstep_app@db.northmere.gov.uk/doorstep\"";
  const auto scheme = url.find("://");
  if (scheme == url.npos || (url.substr(0, scheme) != "postgresql" && url.substr(0, scheme) != "postgres"))
    return {"it does not begin with postgresql://", example};
  const auto rest = url.substr(scheme + 3);
  const auto path = rest.find_first_of("/?");
  const auto authority = rest.substr(0, path);
  const auto at = authority.rfind('@');
  const auto user = at == authority.npos ? std::string_view() : authority.substr(0, at);
  if (user.find(':') != user.npos || rest.find("password=") != rest.npos)
    return {"a password stands in it", "put the password into a file of mode 0600, as PostgreSQL's .pgpass has it, and name that: "
                                       "\"postgresql://doorstep_app@db.northmere.gov.uk/doorstep?passfile=/etc/doorstep/pgpass\""};
  if (user.empty()) return {"it names no role", example};
  if (path == rest.npos || rest[path] != '/' || path + 1 == rest.size() || rest[path + 1] == '?')
    return {"it names no database", example};
  if (at + 1 == authority.size() && rest.find("host=") == rest.npos)
    return {"it names no host",
            example + ", or the folder of a socket: \"postgresql://doorstep_app@/doorstep?host=/run/postgresql\""};
  if (auto mode = rest.find("sslmode="); mode != rest.npos && rest.substr(mode + 8, 11) != "verify-full")
    return {"with this sslmode somebody else could answer", "write sslmode=verify-full, or leave it out"};
  return {};
}

ServerConfig::Postgres postgres(Table& table) {
  ServerConfig::Postgres out;
  if (auto url = table.text("url", "url = \"postgresql://doorstep_app@db.northmere.gov.uk/doorstep\"")) {
    auto [what, right] = wrong_with(url->value);
    if (what.empty()) out.url = url->value;
    else table.problem("url", url->line, std::move(what), std::move(right));
  }
  // One unit at a time needs one; a reader beside a writer two.
  if (auto most = table.maybe_number("connections", 2, static_cast<std::int64_t>(limits::kPostgresConnectionsMost), ""))
    out.connections = static_cast<std::size_t>(most->value);
  if (auto folder = table.maybe_text("blobs_dir", "blobs_dir = \"/srv/doorstep/blobs\"")) out.blobs_dir = folder->value;
  if (auto file = table.maybe_text("key_file", "key_file = \"/etc/doorstep-server/cases.key\"")) out.key_file = file->value;
  return out;
}

}  // namespace

Parsed<ServerConfig> parse_server_config(std::string_view text, const std::string& file_name) {
  File file(file_name);
  auto document = file.parse(text);
  if (!document) return file.take();

  ServerConfig config;
  Table root(file, &*document, "", 1);
  root.number("version", 1, 1, "");
  if (auto table = root.table("server", "[server] with listen, enrol_listen, name and data_dir")) {
    auto listen = address(*table, "listen", "listen = \"0.0.0.0:8443\"");
    auto enrol = address(*table, "enrol_listen", "enrol_listen = \"0.0.0.0:8444\"");
    if (listen) config.listen = *listen;
    if (enrol) config.enrol_listen = *enrol;
    if (listen && enrol && *listen == *enrol && listen->port != 0)
      table->problem("enrol_listen", table->line(), "it is the same as listen",
                     "enrolment has a port of its own: enrol_listen = \"0.0.0.0:8444\"");
    if (auto name = table->text("name", "name = \"doorstep.northmere.gov.uk\"")) {
      if (is_host(name->value)) config.server_name = name->value;
      else table->problem("name", name->line, "\"" + name->value + "\" is no host name",
                          "write the name tablets reach it by, without https:// and port: name = \"doorstep.northmere.gov.uk\"");
    }
    if (auto folder = table->text("data_dir", "data_dir = \"/var/lib/doorstep-server\"")) config.data_dir = folder->value;
    config.demonstration = table->flag("demonstration");
    table->finish(kAllKeys);
  }
  config.council = read_council(root, kAllKeys);
  if (auto table = root.maybe_table("postgres")) {
    config.postgres = postgres(*table);
    table->finish(kAllKeys);
  }
  root.finish(kAllKeys);
  if (!file.good()) return file.take();
  return config;
}

Parsed<ServerConfig> load_server_config(const std::filesystem::path& path) {
  std::string name = path.filename().string();
  auto text = base::read_file(path, limits::kConfigBytes);
  if (text.has_error()) {
    File file(name);
    file.problem(1, "", "the file cannot be read: " + text.error().detail, "");
    return file.take();
  }
  auto parsed = parse_server_config(*text, name);
  std::error_code error;
  if (auto* config = std::get_if<ServerConfig>(&parsed)) {
    const auto folder = std::filesystem::absolute(path, error).parent_path();
    config->data_dir = folder / config->data_dir;  // an absolute one stays as it is
    if (config->postgres)
      for (auto* path : {&config->postgres->blobs_dir, &config->postgres->key_file})
        if (!path->empty()) *path = folder / *path;
  }
  return parsed;
}

std::string_view example_server_toml() {
  return R"(# server.toml: one case server. Lines that begin with # are remarks.

version = 1                                # of this file's format

[server]
listen = "0.0.0.0:8443"                    # tablets, with their certificates
enrol_listen = "0.0.0.0:8444"              # enrolment only
name = "doorstep.northmere.gov.uk"         # the name tablets reach it by; goes into its certificate
data_dir = "/var/lib/doorstep-server"      # keys and cases; back it up
# demonstration = true                     # every family is invented: only tablets that say so on every screen are enrolled

[council]
id = "northmere"                           # the same as in device.toml
name = "Northmere Council"

# Without this table cases are kept in data_dir, on this machine alone.
# [postgres]
# url = "postgresql://doorstep_app@db.northmere.gov.uk/doorstep?sslrootcert=/etc/doorstep/db-ca.pem&passfile=/etc/doorstep/pgpass"
# connections = 8                          # at once, from this server
# blobs_dir = "/srv/doorstep/blobs"        # photos and drawings, encrypted; more than one server: a folder that all of them reach
# key_file = "/etc/doorstep/cases.key"     # what records are sealed with: the same on every server, never in the database
)";
}

}  // namespace doorstep::config
