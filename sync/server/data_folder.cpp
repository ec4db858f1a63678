#include "sync/server/data_folder.h"

#include "platform/base/bytes.h"
#include "platform/base/file.h"
#include "platform/base/limits.h"
#include "platform/sql/db.h"

namespace doorstep::server {

namespace {

namespace fs = std::filesystem;
using base::Access;
using base::Error;
using base::Fault;
using base::Secret;

constexpr auto kRenewBefore = std::chrono::hours(24 * 30);

bool there(const fs::path& file) {
  std::error_code cannot_look;
  return fs::exists(file, cannot_look);
}

Result<Secret> read_secret(const fs::path& path) {
  DOORSTEP_TRY_ASSIGN(std::string text, base::read_file(path, limits::kKeyFileBytes));
  Secret out = Secret::copy_of(text);
  base::wipe(text);
  return out;
}

Result<Secret> read_cases_key(const fs::path& file) {
  DOORSTEP_TRY_ASSIGN(std::string text, base::read_file(file, limits::kKeyFileBytes));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  auto raw = base::from_hex(text);
  base::wipe(text);
  if (!raw || raw->size() != sql::kKeyBytes + sql::kSaltBytes)
    return Error{Fault::Corrupt, file.filename().string(), "it is not 96 hex digits"};
  Secret out = Secret::copy_of(*raw);
  base::wipe(*raw);
  return out;
}

base::OutboxKeys outbox_of(const Secret& cases_key) {
  std::string bytes = base::hmac_sha256(cases_key.view(), "doorstep/outbox/v1");
  const Secret seed = Secret::copy_of(bytes);
  base::wipe(bytes);
  return base::outbox_keys(seed);
}

Result<tls::Authority> read_authority(const fs::path& folder) {
  tls::Authority ca;
  DOORSTEP_TRY_ASSIGN(ca.cert, base::read_file(folder / "ca.pem", limits::kKeyFileBytes));
  DOORSTEP_TRY_ASSIGN(ca.key, read_secret(folder / "ca.key"));
  return ca;
}

Result<std::string> certify(const fs::path& folder, const tls::Authority& ca, const Secret& key,
                            const std::vector<std::string>& names, Instant now) {
  DOORSTEP_TRY_ASSIGN(auto request, tls::make_request(key));
  DOORSTEP_TRY_ASSIGN(auto pem, tls::issue(ca, request, tls::Subject::of_server(names), tls::kServerDays, now));
  DOORSTEP_TRY(base::write_file_atomic(folder / "server.pem", pem, Access::Everybody));
  return pem;
}

/// What signs receipts: as it is in the folder while it is good for another 30 days, else made anew.
Result<tls::Signer> signer_of(const fs::path& folder, const tls::Authority& ca, const std::vector<std::string>& names, Instant now) {
  auto cert = base::read_file(folder / "receipts.pem", limits::kKeyFileBytes);
  auto key = read_secret(folder / "receipts.key");
  if (cert && key && tls::matches(*cert, *key)) {
    auto identity = tls::inspect(*cert);
    if (identity && identity->kind == tls::Kind::Receipts && identity->not_after >= now + kRenewBefore)
      return tls::signer_of(std::move(*cert), std::move(*key));
  }
  DOORSTEP_TRY_ASSIGN(tls::Signer made, tls::make_signer(ca, names, tls::kServerDays, now));
  DOORSTEP_TRY(base::write_file_atomic(folder / "receipts.key", made.key.view(), Access::Owner));
  DOORSTEP_TRY(base::write_file_atomic(folder / "receipts.pem", made.cert, Access::Everybody));
  return made;
}

/// Everything but where cases are.
Result<DataFolder> open_keys(const fs::path& folder, const std::vector<std::string>& names, Instant now) {
  DataFolder out;
  DOORSTEP_TRY_ASSIGN(out.ca, read_authority(folder));
  DOORSTEP_TRY_ASSIGN(out.key, read_secret(folder / "server.key"));
  DOORSTEP_TRY_ASSIGN(out.certificate, base::read_file(folder / "server.pem", limits::kKeyFileBytes));
  DOORSTEP_TRY_ASSIGN(auto identity, tls::inspect(out.certificate));
  if (identity.not_after < now + kRenewBefore) {
    DOORSTEP_TRY_ASSIGN(out.certificate, certify(folder, out.ca, out.key, names, now));
  }
  DOORSTEP_TRY_ASSIGN(out.signer, signer_of(folder, out.ca, names, now));
  return out;
}

}  // namespace

Result<void> init_data_folder(const fs::path& folder, const std::string& council_name, const std::vector<std::string>& names,
                              Instant now, Keep keep) {
  DOORSTEP_TRY(base::make_private_folder(folder));
  if (!there(folder / "cases.key")) {
    std::string hex = base::to_hex(base::random_bytes(sql::kKeyBytes + sql::kSaltBytes)) + "\n";
    auto written = base::write_file_atomic(folder / "cases.key", hex, Access::Owner);
    base::wipe(hex);
    DOORSTEP_TRY(written);
  }
  if (!there(folder / "ca.pem")) {  // written last: its key is there when it is
    DOORSTEP_TRY_ASSIGN(auto ca, tls::make_authority(council_name, now));
    DOORSTEP_TRY(base::write_file_atomic(folder / "ca.key", ca.key.view(), Access::Owner));
    DOORSTEP_TRY(base::write_file_atomic(folder / "ca.pem", ca.cert, Access::Everybody));
  }
  if (!there(folder / "server.pem")) {
    DOORSTEP_TRY_ASSIGN(auto ca, read_authority(folder));
    DOORSTEP_TRY_ASSIGN(auto key, tls::make_key());
    DOORSTEP_TRY(base::write_file_atomic(folder / "server.key", key.view(), Access::Owner));
    DOORSTEP_TRY(certify(folder, ca, key, names, now));
  }
  DOORSTEP_TRY_ASSIGN(auto key, read_cases_key(folder / "cases.key"));
  if (keep == Keep::File) DOORSTEP_TRY(open_sqlcipher_repository(folder / "cases.db", key));
  return {};
}

Result<DataFolder> open_data_folder(const fs::path& folder, const std::vector<std::string>& names, Instant now,
                                    const RepositoryOptions& options) {
  DOORSTEP_TRY_ASSIGN(DataFolder out, open_keys(folder, names, now));
  DOORSTEP_TRY_ASSIGN(auto key, read_cases_key(folder / "cases.key"));
  if (!there(folder / "cases.db"))  // an empty one in its place would know no tablet
    return Error{Fault::NotFound, "cases.db",
                 "it is not in " + folder.string() + ", and nothing was made in its place; put it back from the backup"};
  out.outbox = outbox_of(key);
  DOORSTEP_TRY_ASSIGN(out.repository, open_sqlcipher_repository(folder / "cases.db", key, options));
  return out;
}

Result<DataFolder> open_data_folder(const fs::path& folder, const std::vector<std::string>& names, Instant now,
                                    const PgPlace& place) {
  DOORSTEP_TRY_ASSIGN(DataFolder out, open_keys(folder, names, now));
  DOORSTEP_TRY_ASSIGN(auto key, read_cases_key(place.key_file));
  out.outbox = outbox_of(key);
  DOORSTEP_TRY_ASSIGN(out.repository, open_pg_repository(place.options, key));
  return out;
}

Result<void> prepare_postgres(const std::string& owner_url, const PgPlace& place) {
  DOORSTEP_TRY_ASSIGN(auto key, read_cases_key(place.key_file));
  return prepare_pg_repository(owner_url, pg_user(place.options.url), key);
}

}  // namespace doorstep::server
