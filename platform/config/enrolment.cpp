#include "platform/config/enrolment.h"

#include <toml++/toml.h>

#include "platform/base/file.h"
#include "platform/base/limits.h"

namespace doorstep::config {
namespace {

using base::Access;
using base::Error;
using base::Fault;
using base::Result;

constexpr const char* kEnrolment = "enrolment.toml";
constexpr const char* kKey = "device.key";
constexpr const char* kCertificate = "device.crt";
constexpr const char* kCa = "ca.crt";
constexpr const char* kTicket = "activation.ticket";

Error corrupt(const std::filesystem::path& file, std::string what) {
  return {Fault::Corrupt, "enrolment", file.string() + ": " + std::move(what) + ". Enrol this tablet again; what it holds is not touched."};
}

Result<std::string> part(const std::filesystem::path& folder, const char* name) {
  auto text = base::read_file(folder / name, limits::kKeyFileBytes);
  if (!text) return corrupt(folder / name, text.error().detail);
  return *text;
}

}  // namespace

std::filesystem::path device_toml(const std::filesystem::path& folder) { return folder / "device.toml"; }

Result<void> write_enrolment(const std::filesystem::path& folder, const Enrolment& e, std::string_view toml_text) {
  std::error_code ignored;
  if (std::filesystem::exists(folder / kEnrolment, ignored))
    return Error{Fault::Conflict, "enrolment", folder.string() + " is enrolled already. To enrol it anew, give another folder."};
  DOORSTEP_TRY(base::make_private_folder(folder));
  DOORSTEP_TRY(base::write_file_atomic(device_toml(folder), toml_text, Access::Owner));
  DOORSTEP_TRY(base::write_file_atomic(folder / kKey, e.device_key.view(), Access::Owner));
  DOORSTEP_TRY(base::write_file_atomic(folder / kCertificate, e.device_certificate, Access::Owner));
  DOORSTEP_TRY(base::write_file_atomic(folder / kCa, e.ca, Access::Owner));
  DOORSTEP_TRY(base::write_file_atomic(folder / kTicket, e.ticket, Access::Owner));
  std::ostringstream out;
  out << toml::table{{"version", 1}, {"device", e.device.str()}, {"worker", e.worker.str()}, {"worker_name", e.worker_name}} << "\n";
  return base::write_file_atomic(folder / kEnrolment, out.str(), Access::Owner);
}

Result<Enrolment> read_enrolment(const std::filesystem::path& folder) {
  auto file = folder / kEnrolment;
  DOORSTEP_TRY_ASSIGN(auto text, base::read_file(file, limits::kKeyFileBytes));
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return corrupt(file, std::string(error.description()));
  }
  auto device = base::Id::parse(table["device"].value_or(std::string()));
  auto worker = base::Id::parse(table["worker"].value_or(std::string()));
  if (!device || !worker) return corrupt(file, "device or worker is no id");
  Enrolment out;
  out.device = *device;
  out.worker = *worker;
  out.worker_name = table["worker_name"].value_or(std::string());
  DOORSTEP_TRY_ASSIGN(auto key, part(folder, kKey));
  out.device_key = base::Secret::copy_of(key);
  base::wipe(key);
  DOORSTEP_TRY_ASSIGN(out.device_certificate, part(folder, kCertificate));
  DOORSTEP_TRY_ASSIGN(out.ca, part(folder, kCa));
  DOORSTEP_TRY_ASSIGN(out.ticket, part(folder, kTicket));
  return out;
}

}  // namespace doorstep::config
