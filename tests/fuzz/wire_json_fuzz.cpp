#include <boost/json.hpp>

#include "sync/wire/codec.h"
#include "tests/fuzz/fuzz.h"

using namespace doorstep;

FUZZ(wire_json) {
  const auto value = wire::parse_json(input);
  if (!value) return fuzz::names_a_place(value.error());
  const auto again = wire::parse_json(boost::json::serialize(*value));
  DOORSTEP_ASSERT(again.has_value() && *again == *value);
}
