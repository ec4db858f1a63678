#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "platform/base/sealed_copy.h"
#include "platform/tls/signature.h"
#include "sync/server/pg_repository.h"
#include "sync/server/sqlcipher_repository.h"

namespace doorstep::server {

/// The case server's own folder (mode 0700): cases.db and its key cases.key, the authority ca.pem and ca.key, the server's
/// certificate server.pem and server.key, and what it signs receipts with, receipts.pem and receipts.key. Keys have mode 0600.
/// Whoever copies the folder without cases.key can read no case. With PostgreSQL there is no cases.db, and cases.key is what
/// records are sealed with: the same file on every server.
struct DataFolder {
  std::unique_ptr<Repository> repository;
  tls::Authority ca;
  std::string certificate;  ///< PEM
  base::Secret key;         ///< PEM
  tls::Signer signer;       ///< of receipts
  base::OutboxKeys outbox;  ///< of sealed copies: made of cases.key, so the same on every server, and restored with it
};

enum class Keep { File, Postgres };  ///< where cases are to be

/// Makes what is not there yet; an interrupted run is finished by the next. `names`: what tablets reach the server by, the
/// first is the one device.toml names.
base::Result<void> init_data_folder(const std::filesystem::path& folder, const std::string& council_name,
                                    const std::vector<std::string>& names, Instant now, Keep keep = Keep::File);

/// Opens it. A server certificate with less than 30 days left is made anew for the same key, with `names`. What signs receipts is
/// made anew, key and all, when its certificate has less than 30 days left or the files are not there: receipts carry the
/// certificate that was theirs.
/// Fault::NotFound: not initialised, or the cases are gone: they are never begun anew here.
base::Result<DataFolder> open_data_folder(const std::filesystem::path& folder, const std::vector<std::string>& names, Instant now,
                                          const RepositoryOptions& options = {});

/// Cases in PostgreSQL, and the file they are sealed with.
struct PgPlace {
  PgOptions options;
  std::filesystem::path key_file;
};
/// The same with cases in PostgreSQL. Faults also as open_pg_repository.
base::Result<DataFolder> open_data_folder(const std::filesystem::path& folder, const std::vector<std::string>& names, Instant now,
                                          const PgPlace& place);
/// prepare_pg_repository with the key of `key_file`.
base::Result<void> prepare_postgres(const std::string& owner_url, const PgPlace& place);

}  // namespace doorstep::server
