#pragma once
#include "sync/server/pg_repository.h"
#include "tests/support/field.h"
#include "tests/support/postgres.h"

namespace doorstep::support {

/// Cases in a database of their own on this program's PostgreSQL.
inline CaseServerOptions on_postgres() {
  CaseServerOptions options;
  options.open = [](const base::Secret& key) -> base::Result<std::unique_ptr<server::Repository>> {
    auto& cluster = Postgres::shared();
    const auto database = cluster.make_database("cases_owner", "cases_app");
    DOORSTEP_TRY(server::prepare_pg_repository(cluster.url("cases_owner", database), "cases_app", key));
    return server::open_pg_repository({.url = cluster.url("cases_app", database)}, key);
  };
  return options;
}

}  // namespace doorstep::support
