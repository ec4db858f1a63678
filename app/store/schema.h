#pragma once
#include <span>

#include "platform/sql/db.h"

namespace doorstep::store {

/// The replica's tables, by numbered migrations. Ids are 16 raw bytes, times are ms UTC, bodies are their exact bytes.
std::span<const sql::Migration> migrations();

}  // namespace doorstep::store
