#include "platform/base/sealed_copy.h"

#include <sodium.h>

#include <algorithm>
#include <charconv>

#include "platform/base/bytes.h"

namespace doorstep::base {
namespace {

constexpr std::string_view kFamily = "DSCOPY", kMagic = "DSCOPY01";
constexpr std::size_t kHeader = 8 + 16 + 8 + 8;  // magic, device, incarnation, number
constexpr std::size_t kPadTo = 4096;             // a note is as long as another to whoever counts bytes
constexpr std::size_t kIdLength = 36;

const unsigned char* raw(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

void put_number(Bytes& out, std::int64_t number) {
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(static_cast<std::uint64_t>(number) >> shift & 0xff);
}
std::int64_t number_at(std::string_view bytes) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < 8; ++i) out |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return static_cast<std::int64_t>(out);
}

Bytes header_of(const CopyName& name) {
  Bytes out(kMagic);
  out += name.device.bytes();
  put_number(out, name.incarnation);
  put_number(out, name.number);
  return out;
}

}  // namespace

std::string CopyName::file() const { return device.str() + "-" + std::to_string(incarnation) + "-" + std::to_string(number); }

OutboxKeys outbox_keys(const Secret& seed) {
  DOORSTEP_ASSERT(seed.size() == crypto_box_SEEDBYTES);
  OutboxKeys out{Bytes(crypto_box_PUBLICKEYBYTES, '\0'), Secret(crypto_box_SECRETKEYBYTES)};
  DOORSTEP_ASSERT(crypto_box_seed_keypair(reinterpret_cast<unsigned char*>(out.open.data()), out.secret.data(), seed.data()) == 0);
  return out;
}

Result<Bytes> seal_copy(const CopyName& name, std::string_view outbox_key, std::string_view text) {
  const Error no_key{Fault::Invalid, "sealed_copy.key", "the case server's outbox key is not one that anything can be sealed to"};
  if (outbox_key.size() != crypto_box_PUBLICKEYBYTES) return no_key;
  Bytes out = header_of(name);
  // A sealed box authenticates nothing beside it: so the header lies in it once more.
  std::string inside = out;
  inside += text;
  std::size_t size = inside.size();
  inside.resize((size / kPadTo + 1) * kPadTo);
  DOORSTEP_ASSERT(sodium_pad(&size, reinterpret_cast<unsigned char*>(inside.data()), size, kPadTo, inside.size()) == 0);
  out.resize(kHeader + size + crypto_box_SEALBYTES);
  const int sealed = crypto_box_seal(reinterpret_cast<unsigned char*>(out.data()) + kHeader, raw(inside), size, raw(outbox_key));
  wipe(inside);
  if (sealed != 0) return no_key;  // a key of low order
  return out;
}

Result<CopyName> read_copy_name(std::string_view file) {
  if (file.size() < kHeader + crypto_box_SEALBYTES || !file.starts_with(kFamily))
    return Error{Fault::Invalid, "sealed_copy", "it is not a sealed copy"};
  if (!file.starts_with(kMagic))
    return Error{Fault::Unsupported, "sealed_copy", "a sealed copy of a newer version than this program reads"};
  CopyName out;
  out.device = *Id::from_bytes(file.substr(kMagic.size(), 16));
  out.incarnation = number_at(file.substr(24));
  out.number = number_at(file.substr(32));
  if (!out.device || out.incarnation < 1 || out.number < 1) return Error{Fault::Invalid, "sealed_copy", "it names no work of a tablet"};
  return out;
}

Result<std::string> open_copy(std::string_view file, const OutboxKeys& keys) {
  DOORSTEP_TRY(read_copy_name(file));
  const Error damaged{Fault::Corrupt, "sealed_copy", "it was changed, or sealed to another server's key"};
  const std::string_view box = file.substr(kHeader);
  std::string inside(box.size() - crypto_box_SEALBYTES, '\0');
  if (crypto_box_seal_open(reinterpret_cast<unsigned char*>(inside.data()), raw(box), box.size(), raw(keys.open), keys.secret.data()) != 0)
    return damaged;
  std::size_t size = 0;
  if (inside.empty() || sodium_unpad(&size, raw(inside), inside.size(), kPadTo) != 0 || size < kHeader ||
      std::string_view(inside).substr(0, kHeader) != file.substr(0, kHeader))
    return damaged;
  std::string text = inside.substr(kHeader, size - kHeader);
  wipe(inside);
  return text;
}

Result<std::vector<CopyName>> copies_in(const std::filesystem::path& folder) {
  std::vector<CopyName> out;
  std::error_code error;
  std::filesystem::directory_iterator at(folder, error), end;
  if (error == std::errc::no_such_file_or_directory) return out;
  for (; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    const auto device = Id::parse(std::string_view(name).substr(0, kIdLength));
    CopyName copy;
    const char* const last = name.data() + name.size();
    if (!device || name.size() <= kIdLength + 1 || name[kIdLength] != '-') continue;
    copy.device = *device;
    const auto incarnation = std::from_chars(name.data() + kIdLength + 1, last, copy.incarnation);
    if (incarnation.ec != std::errc() || incarnation.ptr == last || *incarnation.ptr != '-') continue;
    std::from_chars(incarnation.ptr + 1, last, copy.number);
    if (copy.file() == name) out.push_back(copy);
  }
  if (error) return Error{Fault::Io, "sealed_copy.folder", folder.string() + ": " + error.message()};
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace doorstep::base
