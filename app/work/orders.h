#pragma once
#include <cstdint>
#include <filesystem>

#include "platform/base/error.h"
#include "platform/base/id.h"

namespace doorstep::work {

/// What this tablet was told to do, and what of it is done. Kept beside the vault, not in it: a locked tablet hears commands too, and
/// one that is wiped has no vault any more.
struct Orders {
  std::int64_t number = 0;  ///< neither it nor one below it is obeyed again; 0: none was
  std::int64_t pending = 0; ///< of the command to wipe everything as soon as nothing waits to be sent; 0: none is
  bool wiped = false;       ///< the last was that one, and it was begun
  bool told = false;        ///< the server knows
};

/// What is kept in the tablet's folder for this device; nothing, where the file is gone, damaged or another device's.
Orders read_orders(const std::filesystem::path& folder, base::Id device);
/// Durable when it returns.
base::Result<void> keep_orders(const std::filesystem::path& folder, base::Id device, const Orders& orders);

}  // namespace doorstep::work
