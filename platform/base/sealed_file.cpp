#include "platform/base/sealed_file.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>

#include "platform/base/bytes.h"

namespace doorstep::base {
namespace {

constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(SealedFile::kKeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
constexpr std::size_t kLength = 4;  // before each piece: of its content, little-endian

const unsigned char* raw(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  ~Fd() { if (fd_ >= 0) ::close(fd_); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

// Its name may say nothing, but its folder's may: only what the system said.
Error os_error(const char* where) {
  const Fault fault = errno == ENOENT                                             ? Fault::NotFound
                      : errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? Fault::Full
                                                                                  : Fault::Io;
  return {fault, where, std::strerror(errno)};
}

Error damaged() { return {Fault::Corrupt, "sealed_file.read", "what is kept here was changed, moved, or sealed under another key"}; }

/// Exactly so many bytes; fewer only where the file ends.
Result<std::string> read_at(int fd, std::int64_t at, std::size_t count) {
  std::string out(count, '\0');
  std::size_t done = 0;
  while (done < count) {
    const ssize_t n = ::pread(fd, out.data() + done, count - done, at + static_cast<std::int64_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return os_error("sealed_file.read");
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  out.resize(done);
  return out;
}

/// A piece as it lies in the file.
struct Piece {
  std::int64_t at = 0;      ///< in the file
  std::int64_t offset = 0;  ///< of its content
  std::size_t length = 0;   ///< of its content
  std::int64_t end() const { return at + static_cast<std::int64_t>(kLength + kNonce + length + kTag); }
};

/// The piece that begins at `at`; length 0: none that is whole by its length.
Result<Piece> piece_at(int fd, std::int64_t at, std::int64_t offset, std::int64_t file_bytes) {
  Piece out{at, offset, 0};
  DOORSTEP_TRY_ASSIGN(const std::string head, read_at(fd, at, kLength));
  if (head.size() < kLength) return out;
  for (std::size_t i = kLength; i-- > 0;) out.length = out.length << 8 | static_cast<unsigned char>(head[i]);
  if (out.length > SealedFile::kPieceBytes || out.end() > file_bytes) out.length = 0;
  return out;
}

Result<std::int64_t> bytes_of(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return os_error("sealed_file.open");
  return static_cast<std::int64_t>(info.st_size);
}

/// All pieces in order. `each` gives false to stop.
Result<void> walk(int fd, const std::function<Result<bool>(const Piece&)>& each) {
  DOORSTEP_TRY_ASSIGN(const std::int64_t bytes, bytes_of(fd));
  for (std::int64_t at = 0, offset = 0;;) {
    DOORSTEP_TRY_ASSIGN(const Piece piece, piece_at(fd, at, offset, bytes));
    if (piece.length == 0) return {};
    DOORSTEP_TRY_ASSIGN(const bool more, each(piece));
    if (!more) return {};
    at = piece.end();
    offset += static_cast<std::int64_t>(piece.length);
  }
}

std::string place_of(const std::string& name, std::int64_t offset) { return name + "|" + std::to_string(offset); }

Result<std::string> open_piece(int fd, const Piece& piece, const std::string& name, const Secret& key) {
  DOORSTEP_TRY_ASSIGN(const std::string sealed, read_at(fd, piece.at + static_cast<std::int64_t>(kLength), kNonce + piece.length + kTag));
  if (sealed.size() != kNonce + piece.length + kTag) return damaged();
  const std::string place = place_of(name, piece.offset);
  std::string out(piece.length, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(reinterpret_cast<unsigned char*>(out.data()), nullptr, nullptr, raw(sealed) + kNonce,
                                                 sealed.size() - kNonce, raw(place), place.size(), raw(sealed), key.data()) != 0)
    return damaged();
  return out;
}

/// Where the pieces that are whole end: in the file, and in its content. Only the last can be torn: the others were durable
/// before it was begun.
struct End {
  std::int64_t at = 0, size = 0;
};
Result<End> end_of(int fd, const std::string& name, const Secret& key) {
  Piece last;
  DOORSTEP_TRY(walk(fd, [&](const Piece& piece) -> Result<bool> {
    last = piece;
    return true;
  }));
  if (last.length == 0) return End{};
  auto content = open_piece(fd, last, name, key);
  if (!content && content.error().fault != Fault::Corrupt) return content.error();
  if (!content) return End{last.at, last.offset};
  wipe(*content);
  return End{last.end(), last.offset + static_cast<std::int64_t>(last.length)};
}

std::filesystem::path with_part(std::filesystem::path path) { return path += ".part"; }

}  // namespace

SealedFile::SealedFile(std::filesystem::path path, std::string name, const Secret& key)
    : path_(std::move(path)), part_(with_part(path_)), name_(std::move(name)), key_(key.clone()) {
  DOORSTEP_ASSERT(key_.size() == kKeyBytes);
}

bool SealedFile::whole() const { return ::access(path_.c_str(), F_OK) == 0; }

Result<std::int64_t> SealedFile::size() const {
  const Fd fd(::open(whole() ? path_.c_str() : part_.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0 && errno == ENOENT) return 0;
  if (fd.get() < 0) return os_error("sealed_file.open");
  DOORSTEP_TRY_ASSIGN(const End end, end_of(fd.get(), name_, key_));
  return end.size;
}

Result<std::int64_t> SealedFile::append(std::int64_t offset, std::string_view bytes) {
  if (bytes.size() > kPieceBytes) return Error{Fault::Full, "sealed_file.append", "a piece is larger than 1 MiB"};
  Fd fd;
  for (;;) {  // whoever held the lock may have made it whole, or removed it
    const Error is_whole{Fault::Conflict, "sealed_file.append", "it is whole already"};
    if (whole()) return is_whole;
    fd = Fd(::open(part_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (fd.get() < 0) return os_error("sealed_file.open");
    while (::flock(fd.get(), LOCK_EX) != 0)
      if (errno != EINTR) return os_error("sealed_file.lock");
    struct stat ours {}, there {};
    if (::fstat(fd.get(), &ours) != 0 || ::stat(part_.c_str(), &there) != 0 || ours.st_ino != there.st_ino || ours.st_dev != there.st_dev)
      continue;
    if (!whole()) break;
    ::unlink(part_.c_str());  // empty: made between our two looks
    return is_whole;
  }
  DOORSTEP_TRY_ASSIGN(const End end, end_of(fd.get(), name_, key_));
  if (end.size != offset || bytes.empty()) return end.size;

  std::string piece;
  for (std::size_t i = 0; i < kLength; ++i) piece += static_cast<char>(bytes.size() >> (8 * i) & 0xFF);
  piece += random_bytes(kNonce);
  piece.resize(kLength + kNonce + bytes.size() + kTag);
  const std::string place = place_of(name_, offset);
  crypto_aead_xchacha20poly1305_ietf_encrypt(reinterpret_cast<unsigned char*>(piece.data()) + kLength + kNonce, nullptr, raw(bytes),
                                             bytes.size(), raw(place), place.size(), nullptr, raw(piece) + kLength, key_.data());
  if (::ftruncate(fd.get(), end.at) != 0) return os_error("sealed_file.append");
  for (std::size_t done = 0; done < piece.size();) {
    const ssize_t n = ::pwrite(fd.get(), piece.data() + done, piece.size() - done, end.at + static_cast<std::int64_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const Error error = os_error("sealed_file.append");
      if (::ftruncate(fd.get(), end.at) != 0) return Error{error.fault, error.where, error.detail + "; the torn piece stays"};
      return error;
    }
    done += static_cast<std::size_t>(n);
  }
  if (::fsync(fd.get()) != 0) return os_error("sealed_file.append");
  return offset + static_cast<std::int64_t>(bytes.size());
}

Result<std::string> SealedFile::read(std::int64_t offset, std::size_t most) const {
  const Fd fd(::open(whole() ? path_.c_str() : part_.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return os_error("sealed_file.open");
  std::string out;
  DOORSTEP_TRY(walk(fd.get(), [&](const Piece& piece) -> Result<bool> {
    if (piece.offset + static_cast<std::int64_t>(piece.length) <= offset) return true;
    DOORSTEP_TRY_ASSIGN(std::string content, open_piece(fd.get(), piece, name_, key_));
    const auto skip = static_cast<std::size_t>(std::max<std::int64_t>(0, offset - piece.offset));
    out.append(content, skip, most - out.size());
    wipe(content);
    return out.size() < most;
  }));
  return out;
}

Result<std::string> SealedFile::sha256_hex() const {
  const Fd fd(::open(whole() ? path_.c_str() : part_.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return os_error("sealed_file.open");
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  DOORSTEP_TRY(walk(fd.get(), [&](const Piece& piece) -> Result<bool> {
    DOORSTEP_TRY_ASSIGN(std::string content, open_piece(fd.get(), piece, name_, key_));
    crypto_hash_sha256_update(&state, raw(content), content.size());
    wipe(content);
    return true;
  }));
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash;
  crypto_hash_sha256_final(&state, hash.data());
  return to_hex({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

Result<void> SealedFile::finish() {
  if (::rename(part_.c_str(), path_.c_str()) != 0 && !(errno == ENOENT && whole())) return os_error("sealed_file.finish");
  const Fd folder(::open(path_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) return os_error("sealed_file.finish");
  return {};
}

Result<void> SealedFile::remove() {
  for (const auto& path : {path_, part_})
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return os_error("sealed_file.remove");
  return {};
}

Result<void> room_for(const std::filesystem::path& folder, std::size_t bytes, std::int64_t keep_free) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  if (error) return Error{Fault::Io, "sealed_file.room", error.message()};
  if (space.available < bytes + static_cast<std::uintmax_t>(keep_free))
    return Error{Fault::Full, "sealed_file.room", "the disk has no room left for photos"};
  return {};
}

}  // namespace doorstep::base
