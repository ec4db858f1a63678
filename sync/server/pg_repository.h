#pragma once
#include <memory>
#include <string>

#include "platform/base/limits.h"
#include "platform/base/secret.h"
#include "sync/server/repository.h"

namespace doorstep::server {

struct PgOptions {
  std::string url;                                         ///< of the application's role; see pg::Db::open
  std::size_t connections = limits::kPostgresConnections;  ///< at once, from this process
  base::Millis wait = limits::kConnectionWait;             ///< for one of them; then Fault::Timeout
};

/// The cases kept in a PostgreSQL that any number of server processes share. Units of one device and its cases (write_within)
/// go on beside each other; write() waits for all of them and they for it. A unit that fails with a deadlock, with somebody
/// else's first insert or with a lost connection is worth_again(). Connections that were lost are made again when next asked
/// for; while PostgreSQL is away every unit is Fault::Offline.
/// Bodies, operations and workers' names are sealed under `key` (sealing.h); it is never sent.
/// Fault::NotFound: the schema is not there or older than this program, run prepare. Fault::Unsupported: it is newer.
/// Fault::Denied: the role owns something, or may do more than it should. Fault::Locked: the key is not this database's.
Result<std::unique_ptr<Repository>> open_pg_repository(const PgOptions& options, const base::Secret& key);

/// With the rights of the schema's owner: makes the schema or brings it up to date, lets `application` (a role that is there)
/// do what the case server does, and says under which key the database is written. Again and by several at once is harmless.
/// Fault::Locked: it is written under another.
Result<void> prepare_pg_repository(const std::string& owner_url, const std::string& application, const base::Secret& key);

/// The user named in such a url; empty when there is none.
std::string pg_user(const std::string& url);

}  // namespace doorstep::server
