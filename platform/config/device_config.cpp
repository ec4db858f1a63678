#include "platform/config/device_config.h"

#include <algorithm>

#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/config/reader.h"

namespace doorstep::config {
namespace {

const std::vector<std::string> kAllKeys = {
    "version",          "council.id",          "council.name",            "server.url",     "server.enrol_url",
    "server.name",      "server.ca_pem",       "server.ca_file",          "server.proxy",   "policy.lock_s",
    "policy.visit_lock_s", "policy.curtain_s", "contacts.duty.label",     "contacts.duty.number", "contacts.duty",
    "contacts.out_of_hours", "tablet.data_dir", "tablet.theme"};

std::optional<Endpoint> endpoint(Table& table, const std::string& key) {
  const bool proxy = key == "proxy";
  const std::string example = key + (proxy          ? " = \"http://proxy.northmere.gov.uk:3128\""
                                     : key == "url" ? " = \"https://doorstep.northmere.gov.uk:8443\""
                                                    : " = \"https://doorstep.northmere.gov.uk:8444\"");
  auto found = proxy ? table.maybe_text(key, example) : table.text(key, example);
  if (!found) return std::nullopt;
  auto refuse = [&](std::string what) {
    table.problem(key, found->line, std::move(what), "write " + example);
    return std::nullopt;
  };
  const std::string_view scheme = proxy ? "http://" : "https://";
  std::string_view rest = found->value;
  if (!proxy && rest.starts_with("http://")) return refuse("http:// is not encrypted");
  if (proxy && rest.starts_with("https://")) return refuse("the proxy itself is spoken to without TLS; what goes through it is encrypted");
  if (!rest.starts_with(scheme)) return refuse("it does not begin with " + std::string(scheme));
  rest.remove_prefix(scheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#") != rest.npos) return refuse("there is a path after the port");
  if (rest.find('@') != rest.npos) return refuse("a name or password does not belong here");
  auto colon = rest.rfind(':');
  if (colon == rest.npos) return refuse("the port is missing");
  auto port = port_from(rest.substr(colon + 1), false);
  if (!port) return refuse("\"" + std::string(rest.substr(colon + 1)) + "\" is no port");
  std::string_view host = rest.substr(0, colon);
  if (!is_host(host)) return refuse("\"" + std::string(host) + "\" is no host name");
  return Endpoint{std::string(host), *port};
}

void read_server(Table& table, DeviceConfig::Server& server) {
  if (auto url = endpoint(table, "url")) server.sync = *url;
  auto enrol = endpoint(table, "enrol_url");
  if (enrol) server.enrol = *enrol;
  if (enrol && *enrol == server.sync)
    table.problem("enrol_url", table.line(), "it is the same as url", "enrolment has a port of its own, for example 8444");
  if (auto name = table.text("name", "name = \"doorstep.northmere.gov.uk\"")) {
    if (is_host(name->value)) server.name = name->value;
    else table.problem("name", name->line, "\"" + name->value + "\" is no host name",
                       "write the name in the server's certificate, without https:// and port: name = \"doorstep.northmere.gov.uk\"");
  }
  server.proxy = endpoint(table, "proxy");
  auto pem = table.maybe_text("ca_pem", "ca_pem = \"\"\"-----BEGIN CERTIFICATE----- ...\"\"\"");
  auto file = table.maybe_text("ca_file", "ca_file = \"ca.pem\"");
  if (pem && file)
    table.problem("ca_pem", pem->line, "both ca_pem and ca_file are given", "keep one of them");
  else if (!table.has("ca_pem") && !table.has("ca_file"))
    table.problem("ca_file", table.line(), "neither ca_file nor ca_pem is given",
                  "write ca_file = \"ca.pem\": the certificate that `doorstep-server init` made");
  if (pem) {
    if (pem->value.find("-----BEGIN CERTIFICATE-----") == std::string::npos)
      table.problem("ca_pem", pem->line, "this is no PEM certificate", "paste the whole file, from -----BEGIN CERTIFICATE----- on");
    else if (pem->value.find("PRIVATE KEY") != std::string::npos)
      table.problem("ca_pem", pem->line, "a private key does not belong in this file", "paste the certificate alone");
    server.ca_pem = pem->value;
  }
  if (file) server.ca_file = file->value;
}

void read_policy(Table& table, DeviceConfig::Policy& policy) {
  auto seconds = [&](const std::string& key, int low, int high, int& out) {
    if (auto found = table.maybe_number(key, low, high, " seconds")) out = static_cast<int>(found->value);
  };
  seconds("lock_s", 30, 600, policy.lock_s);  // longer, and a tablet left on a sofa is open
  seconds("visit_lock_s", 60, 1800, policy.visit_lock_s);
  seconds("curtain_s", 15, 600, policy.curtain_s);
  if (policy.visit_lock_s < policy.lock_s)
    table.problem("visit_lock_s", table.line(), "it is shorter than lock_s", "during a visit the lock waits longer, so that talk is not interrupted");
  if (policy.curtain_s > policy.visit_lock_s)
    table.problem("curtain_s", table.line(), "it is longer than visit_lock_s", "the curtain comes before the lock");
}

std::vector<Contact> read_contacts(Table& contacts, const std::string& key) {
  const std::string example = "[[contacts." + key + "]] with label = \"Duty team\" and number = \"01632 960101\" below it";
  std::vector<Contact> out;
  for (auto& entry : contacts.list(key, example)) {
    Contact contact;
    if (auto label = entry.text("label", "label = \"Duty team\"")) contact.label = label->value;
    if (auto number = entry.text("number", "number = \"01632 960101\"")) {
      auto digits = std::count_if(number->value.begin(), number->value.end(), [](char c) { return c >= '0' && c <= '9'; });
      bool fit = number->value.find_first_not_of("0123456789 +()-") == std::string::npos && digits >= 3 && digits <= 15;
      if (fit) contact.number = number->value;
      else entry.problem("number", number->line, "\"" + number->value + "\" is no telephone number", "write number = \"01632 960101\"");
    }
    entry.finish({});
    out.push_back(std::move(contact));
  }
  return out;
}

void read_tablet(Table& table, DeviceConfig& config) {
  if (auto folder = table.maybe_text("data_dir", "data_dir = \"/var/lib/doorstep\"")) {
    if (std::filesystem::path(folder->value).is_absolute()) config.data_dir = folder->value;
    else table.problem("data_dir", folder->line, "\"" + folder->value + "\" is not a full path", "begin with /: data_dir = \"/var/lib/doorstep\"");
  }
  if (auto theme = table.maybe_text("theme", "theme = \"system\"")) {
    if (theme->value == "system") config.theme = Theme::System;
    else if (theme->value == "light") config.theme = Theme::Light;
    else if (theme->value == "dark") config.theme = Theme::Dark;
    else table.problem("theme", theme->line, "\"" + theme->value + "\" is no theme", "write \"system\", \"light\" or \"dark\"");
  }
}

}  // namespace

std::string Endpoint::url() const { return "https://" + host + ":" + std::to_string(port); }

Parsed<DeviceConfig> parse_device_config(std::string_view text, const std::string& file_name) {
  File file(file_name);
  auto document = file.parse(text);
  if (!document) return file.take();

  DeviceConfig config;
  Table root(file, &*document, "", 1);
  root.number("version", 1, 1, "");
  config.council = read_council(root, kAllKeys);
  if (auto table = root.table("server", "[server] with url, enrol_url, name and ca_file")) {
    read_server(*table, config.server);
    table->finish(kAllKeys);
  }
  if (auto table = root.maybe_table("policy")) {
    read_policy(*table, config.policy);
    table->finish(kAllKeys);
  }
  if (auto table = root.table("contacts", "[[contacts.duty]] and [[contacts.out_of_hours]]: whom a worker calls")) {
    config.contacts.duty = read_contacts(*table, "duty");
    config.contacts.out_of_hours = read_contacts(*table, "out_of_hours");
    table->finish(kAllKeys);
  }
  if (auto table = root.maybe_table("tablet")) {
    read_tablet(*table, config);
    table->finish(kAllKeys);
  }
  root.finish(kAllKeys);
  if (!file.good()) return file.take();
  return config;
}

Parsed<DeviceConfig> load_device_config(const std::filesystem::path& path) {
  std::string name = path.filename().string();
  auto text = base::read_file(path, limits::kConfigBytes);
  if (text.has_error()) {
    File file(name);
    file.problem(1, "", "the file cannot be read: " + text.error().detail, "");
    return file.take();
  }
  auto parsed = parse_device_config(*text, name);
  auto* config = std::get_if<DeviceConfig>(&parsed);
  if (!config || config->server.ca_file.empty()) return parsed;

  auto pem = base::read_file(path.parent_path() / config->server.ca_file, limits::kConfigBytes);
  bool certificate = pem.has_value() && pem->find("-----BEGIN CERTIFICATE-----") != std::string::npos;
  if (certificate && pem->find("PRIVATE KEY") == std::string::npos) {
    config->server.ca_pem = *pem;
    return parsed;
  }
  File file(name);
  auto document = file.parse(*text);
  std::string what = pem.has_error() ? "the file cannot be read: " + pem.error().detail
                     : certificate  ? config->server.ca_file.string() + " holds a private key, which must not leave the server"
                                    : config->server.ca_file.string() + " is no PEM certificate";
  file.problem(line_of(*document->at_path("server.ca_file").node()), "server.ca_file", what,
               "name the certificate that `doorstep-server init` made, relative to this file");
  return file.take();
}

std::string_view example_device_toml() {
  return R"(# device.toml: what your council decides about its tablets. The same file serves every tablet.
# Lines that begin with # are remarks. Wherever it says CHANGE ME, only you can know the value.
# Check it with:  doorstep-provision check device.toml

version = 1                                # of this file's format

[council]
id = "CHANGE ME"                           # lower-case letters, digits, hyphens:  northmere
name = "CHANGE ME"                         # as people say it:  Northmere Council

[server]
url = "CHANGE ME"                          # the case server:  https://doorstep.northmere.gov.uk:8443
enrol_url = "CHANGE ME"                    # its other port, for enrolment only:  https://doorstep.northmere.gov.uk:8444
name = "CHANGE ME"                         # the name in its certificate:  doorstep.northmere.gov.uk
ca_file = "ca.pem"                         # the certificate that `doorstep-server init` made, beside this file
# proxy = "http://proxy.northmere.gov.uk:3128"  # only where the network lets nothing else out; no name, no password

[policy]                                   # in seconds, without a touch or key
lock_s = 120                               # the tablet locks
visit_lock_s = 600                         # it locks while a visit is being recorded
curtain_s = 60                             # the screen is covered while a visit is being recorded

# Whom a worker calls about a disclosure, an injury or an unseen child, in this order. 999 is always shown first.
[[contacts.duty]]
label = "CHANGE ME"                        # Duty team
number = "CHANGE ME"                       # 01632 960101

[[contacts.out_of_hours]]
label = "CHANGE ME"                        # Emergency duty team
number = "CHANGE ME"                       # 01632 960102

[tablet]
theme = "system"                           # system, light or dark
# data_dir = "/var/lib/doorstep"           # only when the user's own folder is not the place
)";
}

}  // namespace doorstep::config
