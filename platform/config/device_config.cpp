#include "platform/config/device_config.h"

#include <algorithm>

#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/config/reader.h"

namespace doorstep::config {
namespace {

const std::vector<std::string> kAllKeys = {
    "version",       "serial",              "not_before",          "not_after",            "council.id",
    "council.name",  "server.url",          "server.enrol_url",    "server.name",          "server.ca_pem",
    "server.ca_file", "server.proxy", "policy.lock_s",      "policy.visit_lock_s", "policy.curtain_s",     "policy.clipboard_s",
    "policy.lease_days", "policy.pin", "contacts.it", "contacts.duty", "contacts.duty.label", "contacts.duty.number",
    "contacts.out_of_hours", "tablet.theme", "tablet.language", "tablet.photos_dir", "tablet.demonstration"};

constexpr std::int64_t kSerialMost = 2'000'000'000;  // one a second for sixty years

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
  seconds("clipboard_s", 0, 60, policy.clipboard_s);  // longer, and it is another program's
  if (auto found = table.maybe_number("lease_days", 1, limits::kLeaseDaysMost, " days")) policy.lease_days = static_cast<int>(found->value);
  policy.pin = table.flag("pin");
  if (policy.visit_lock_s < policy.lock_s)
    table.problem("visit_lock_s", table.line(), "it is shorter than lock_s",
                  "during a visit the lock waits longer, so that talk is not interrupted");
  if (policy.curtain_s > policy.visit_lock_s)
    table.problem("curtain_s", table.line(), "it is longer than visit_lock_s", "the curtain comes before the lock");
}

/// Text that can be dialled; empty, with a problem, when it cannot.
std::string dialled(Table& table, const std::string& key, Found<std::string> number, const std::string& example) {
  const auto digits = std::count_if(number.value.begin(), number.value.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (number.value.find_first_not_of("0123456789 +()-") == std::string::npos && digits >= 3 && digits <= 15) return number.value;
  table.problem(key, number.line, "\"" + number.value + "\" is no telephone number", "write " + example);
  return {};
}

std::vector<Contact> read_contacts(Table& contacts, const std::string& key) {
  const bool duty = key == "duty";
  const std::string label_example = duty ? "label = \"Duty team\"" : "label = \"Emergency duty team\"";
  const std::string number_example = duty ? "number = \"01632 960101\"" : "number = \"01632 960102\"";
  const std::string example = "[[contacts." + key + "]] with " + label_example + " and " + number_example + " below it";
  std::vector<Contact> out;
  for (auto& entry : contacts.list(key, example)) {
    Contact contact;
    if (auto label = entry.text("label", label_example)) contact.label = label->value;
    if (auto number = entry.text("number", number_example)) contact.number = dialled(entry, "number", *number, number_example);
    entry.finish({});
    out.push_back(std::move(contact));
  }
  return out;
}

void read_tablet(Table& table, DeviceConfig& config) {
  if (auto folder = table.maybe_text("photos_dir", "photos_dir = \"/home/worker/Pictures\"")) {
    if (std::filesystem::path(folder->value).is_absolute()) config.photos_dir = folder->value;
    else table.problem("photos_dir", folder->line, "\"" + folder->value + "\" is not a full path",
                       "begin with /: photos_dir = \"/home/worker/Pictures\"");
  }
  if (auto theme = table.maybe_text("theme", "theme = \"light\"")) {
    if (theme->value == "light") config.theme = Theme::Light;
    else if (theme->value == "dark") config.theme = Theme::Dark;
    else if (theme->value == "high-contrast") config.theme = Theme::HighContrast;
    else table.problem("theme", theme->line, "\"" + theme->value + "\" is no theme", "write \"light\", \"dark\" or \"high-contrast\"");
  }
  if (auto language = table.maybe_text("language", "language = \"en\"")) {
    if (language->value == "en") config.language = Language::English;
    else if (language->value == "cy") config.language = Language::Welsh;
    else table.problem("language", language->line, "\"" + language->value + "\" is no language Doorstep speaks", "write \"en\" or \"cy\"");
  }
  config.demonstration = table.flag("demonstration");
}

void read_issue(Table& root, DeviceConfig& config) {
  if (auto serial = root.maybe_number("serial", 1, kSerialMost, "")) {
    config.serial = serial->value;
    config.serial_line = serial->line;
  }
  if (auto day = root.maybe_date("not_before")) config.not_before = Day{day->value, day->line};
  if (auto day = root.maybe_date("not_after")) config.not_after = Day{day->value, day->line};
  if (config.not_before && config.not_after && config.not_after->date < config.not_before->date)
    root.problem("not_after", config.not_after->line, "it is before not_before", "write the last day on which tablets take this file");
}

/// What is wrong with a certificate that ca_file names; empty: nothing.
std::string wrong_with_ca(const base::Result<std::string>& pem, const std::string& name) {
  if (pem.has_error()) return "the file cannot be read: " + pem.error().detail;
  if (pem->find("-----BEGIN CERTIFICATE-----") == std::string::npos) return name + " is no PEM certificate";
  if (pem->find("PRIVATE KEY") != std::string::npos) return name + " holds a private key, which must not leave the server";
  return {};
}

/// What keeps a file from being believed before it is read; empty: nothing.
std::optional<Problem> not_believed(const std::string& name, std::string_view text, const base::Result<std::string>& signatures,
                                    const Trust& trust) {
  if (trust.empty()) return std::nullopt;
  const std::string sig = name + std::string(kSignatureEnding);
  if (signatures.has_error() && signatures.error().fault == base::Fault::NotFound)
    return Problem{name, 0, "", "it is not signed, and this machine takes only what its council has signed",
                   "sign it with `doorstep-provision sign`, and put " + sig + " beside it"};
  if (signatures.has_error())
    return Problem{name, 0, "", "its signature cannot be read: " + signatures.error().detail,
                   "sign it again with `doorstep-provision sign`"};
  if (is_signed(text, *signatures, trust)) return std::nullopt;
  std::string keys;
  for (const auto& key : trust) keys += (keys.empty() ? "" : " or ") + key_name(key);
  return Problem{name, 0, "", "it was changed after it was signed, or signed by somebody else than " + keys,
                 "use the file as it was signed, with its own " + sig};
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
  read_issue(root, config);
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
    const std::string it = "it = \"01632 960103\"";
    if (auto number = table->maybe_text("it", it)) config.contacts.it = dialled(*table, "it", *number, it);
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

Parsed<DeviceFile> load_device_file(const std::filesystem::path& path, const Trust& trust) {
  const std::string name = path.filename().string();
  auto text = base::read_file(path, limits::kConfigBytes);
  if (text.has_error()) return std::vector{Problem{name, 0, "", "the file cannot be read: " + text.error().detail, ""}};
  return check_device_text(path, std::move(*text),
                           base::read_file(path.string() + std::string(kSignatureEnding), limits::kSignatures * kSignatureBytes), trust);
}

Parsed<DeviceFile> check_device_text(const std::filesystem::path& path, std::string text, const base::Result<base::Bytes>& signatures,
                                     const Trust& trust) {
  const std::string name = path.filename().string();
  if (auto problem = not_believed(name, text, signatures, trust)) return std::vector{std::move(*problem)};
  auto parsed = parse_device_config(text, name);
  if (auto* problems = std::get_if<std::vector<Problem>>(&parsed)) return std::move(*problems);
  DeviceFile out{std::get<DeviceConfig>(std::move(parsed)), std::move(text), signatures.has_value() ? *signatures : base::Bytes()};
  auto& server = out.config.server;
  File file(name);
  auto ca_problem = [&](std::string what, std::string right) {
    auto document = file.parse(out.text);
    file.problem(line_of(*document->at_path("server.ca_file").node()), "server.ca_file", std::move(what), std::move(right));
  };
  if (!trust.empty() && out.config.serial == 0)
    file.problem(1, "serial", "it is missing", "write serial = 1, and one more with every file that is signed");
  if (!server.ca_file.empty() && !trust.empty()) {
    ca_problem("the signature does not cover " + server.ca_file.string(),
               "put the certificate into the file as ca_pem; `doorstep-provision new --ca ca.pem` shows how");
  } else if (!server.ca_file.empty()) {
    auto pem = base::read_file(path.parent_path() / server.ca_file, limits::kConfigBytes);
    if (auto what = wrong_with_ca(pem, server.ca_file.string()); !what.empty())
      ca_problem(std::move(what), "name the certificate that `doorstep-server init` made, relative to this file");
    else server.ca_pem = std::move(*pem);
  }
  if (!file.good()) return file.take();
  return out;
}

std::optional<Problem> not_today(const DeviceConfig& config, base::Instant now, base::Instant certain, const std::string& file_name) {
  const std::string is = "this machine's date is " + base::to_rfc3339(now).substr(0, 10);
  if (now < certain)
    return Problem{file_name, 0, "", is + ", but the council's authority was made on " + base::to_rfc3339(certain).substr(0, 10) +
                                         ": the clock is wrong", "set the clock, then try again"};
  const base::Date today{std::chrono::floor<std::chrono::days>(std::chrono::sys_time<base::Millis>(base::Millis(now.ms)))};
  const std::string clock = "if the date is wrong, set the clock and try again; else ";
  if (config.not_before && today < config.not_before->date)
    return Problem{file_name, config.not_before->line, "not_before",
                   is + ", and tablets take the file from " + base::to_iso(config.not_before->date) + " on",
                   clock + "use it when its day has come"};
  if (config.not_after && today > config.not_after->date)
    return Problem{file_name, config.not_after->line, "not_after",
                   is + ", and tablets took the file until " + base::to_iso(config.not_after->date),
                   clock + "hand out a file with a later not_after and a higher serial"};
  return std::nullopt;
}

std::optional<Problem> pin_without_chip(const DeviceFile& file, const std::string& file_name) {
  if (!file.config.policy.pin) return std::nullopt;
  const auto document = File(file_name).parse(file.text);
  return Problem{file_name, line_of(*document->at_path("policy.pin").node()), "policy.pin",
                 "a PIN needs a security chip that counts the tries, and this tablet's key is, or would be, in a file",
                 "bring this tablet a file with pin = false; or let its account use the chip (usermod -aG tss ACCOUNT), then enrol it, "
                 "anew if it was"};
}

std::string with_ca_pem(std::string example, const std::string& pem) {
  const auto from = example.find("ca_file = "), to = example.find("\n# proxy", from);
  return example.replace(from, to - from, "ca_pem = '''\n" + pem + "'''");
}

std::string_view example_device_toml() {
  return R"(# device.toml: what your council decides about its tablets. The same file serves every tablet.
# Lines that begin with # are remarks. Wherever it says CHANGE ME, only you can know the value.
# Check it with:  doorstep-provision check device.toml

version = 1                                # of this file's format
serial = 1                                 # one more with every file you hand out; tablets refuse an older one
# not_before = 2026-12-01                  # first and last day on which tablets take this file
# not_after = 2027-11-30

[council]
id = "CHANGE ME"                           # lower-case letters, digits, hyphens:  northmere
name = "CHANGE ME"                         # as people say it:  Northmere Council

[server]
url = "CHANGE ME"                          # the case server:  https://doorstep.northmere.gov.uk:8443
enrol_url = "CHANGE ME"                    # its other port, for enrolment only:  https://doorstep.northmere.gov.uk:8444
name = "CHANGE ME"                         # the name in its certificate:  doorstep.northmere.gov.uk
ca_file = "ca.pem"                         # the certificate that `doorstep-server init` made, beside this file; a signed file has
                                           # the certificate itself instead, as ca_pem: `doorstep-provision new --ca ca.pem`
# proxy = "http://proxy.northmere.gov.uk:3128"  # only where the network lets nothing else out; no name, no password

[policy]                                   # in seconds, without a touch or key
lock_s = 120                               # the tablet locks
visit_lock_s = 600                         # it locks while a visit is being recorded
curtain_s = 60                             # the screen is covered while a visit is being recorded
clipboard_s = 60                           # what was copied stays on the machine's clipboard so long; 0: it never gets there
lease_days = 7                             # in days: so long a tablet that does not reach the server shows its cases
pin = false                                # true: a PIN of six digits will do, on tablets with a security chip; others refuse the file

[contacts]
# it = "01632 960103"                      # with it, wherever Doorstep tells a worker to call IT, the locked tablet too, it says the number

# Whom a worker calls about a disclosure, an injury or an unseen child, in this order. 999 is always shown first.
[[contacts.duty]]
label = "CHANGE ME"                        # Duty team
number = "CHANGE ME"                       # 01632 960101

[[contacts.out_of_hours]]
label = "CHANGE ME"                        # Emergency duty team
number = "CHANGE ME"                       # 01632 960102

[tablet]
theme = "light"                            # light, dark or high-contrast, until the worker chooses another
language = "en"                            # en (English) or cy (Welsh, not complete yet), until the worker chooses another
# photos_dir = "/home/worker/Pictures"     # with it photos may be attached, from there or dropped on the window; without it not
# demonstration = true                     # every screen says that every family is invented; only with a server that is one too
)";
}

}  // namespace doorstep::config
