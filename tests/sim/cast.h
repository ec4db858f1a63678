#pragma once
#include <map>
#include <string>
#include <vector>

#include "platform/base/secret.h"
#include "platform/tls/signature.h"
#include "tests/sim/random.h"
#include "tests/sim/reference.h"

/// Who there is: two teams, two families, and a tablet for each, two for Wren.
namespace doorstep::sim {

struct Part {
  Id device, worker;
  std::string serial;
};
const std::vector<Part>& cast();
std::vector<Part> chosen_cast(int tablets, Random& random);

Council first_council();
/// The nightly extract that says what the council says.
std::map<std::string, std::string> extract_of(const Council& council);
base::Secret server_key();

/// Who signs receipts.
struct Signers {
  tls::Authority council;
  tls::Signer first, next;  ///< the server's, one after the other
  tls::Signer foreign;      ///< certified by nobody the tablets know
};
const Signers& signers();
/// What a tablet asks about a receipt: whether the council's server signed it.
bool is_signed(const wire::SignedReceipt& receipt, base::Instant at);

}  // namespace doorstep::sim
