#include "platform/vault/slot.h"
#include "tests/fuzz/fuzz.h"

using namespace doorstep;

namespace {

void read(std::string_view file) {
  const auto header = vault::read_slot_header(file, vault::kTestCost);
  if (!header) return fuzz::names_a_place(header.error());
  const auto kek = base::Secret::copy_of(std::string(32, 'k')), key = base::Secret::copy_of(std::string(32, 'd'));
  (void)vault::open_slot(file, *header, kek);
  const std::string sealed = vault::seal_slot(*header, kek, key);
  const auto again = vault::read_slot_header(sealed, vault::kTestCost);
  DOORSTEP_ASSERT(again.has_value() && again->level == header->level && again->cost == header->cost);
  DOORSTEP_ASSERT(again->device == header->device && again->user == header->user && again->slot == header->slot);
  DOORSTEP_ASSERT(again->sequence == header->sequence && again->salt == header->salt && again->db_salt == header->db_salt);
  DOORSTEP_ASSERT(again->key_name == header->key_name);
  const auto opened = vault::open_slot(sealed, *again, kek);
  DOORSTEP_ASSERT(opened.has_value() && opened->key.view() == key.view() && opened->db_salt == header->db_salt);
}

}  // namespace

FUZZ(vault_slot) {
  read(input);
  read(std::string(input) + base::sha256(input));  // with its sum right: past the first check
}
