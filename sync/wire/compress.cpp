#include <zstd.h>

#include <algorithm>
#include <memory>

#include "sync/wire/codec.h"

namespace doorstep::wire {

std::string compress(std::string_view bytes, std::string_view prefix) {
  constexpr int kLevel = 3;
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
  DOORSTEP_ASSERT(context && !ZSTD_isError(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel)));
  if (!prefix.empty())
    DOORSTEP_ASSERT(!ZSTD_isError(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1)) &&
                    !ZSTD_isError(ZSTD_CCtx_refPrefix(context.get(), prefix.data(), prefix.size())));
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress2(context.get(), out.data(), out.size(), bytes.data(), bytes.size());
  DOORSTEP_ASSERT(!ZSTD_isError(size));
  out.resize(size);
  return out;
}

base::Result<std::string> decompress(std::string_view bytes, std::size_t limit_bytes, std::string_view prefix) {
  constexpr int kWindowLog = 23;  // 8 MiB: a frame may not make us hold more; ours need 2 MiB
  auto invalid = [](const char* detail) { return base::Error{base::Fault::Invalid, "wire.decompress", detail}; };
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Free> stream(ZSTD_createDStream());
  DOORSTEP_ASSERT(stream && !ZSTD_isError(ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, kWindowLog)));
  if (!prefix.empty()) DOORSTEP_ASSERT(!ZSTD_isError(ZSTD_DCtx_refPrefix(stream.get(), prefix.data(), prefix.size())));

  std::string out;
  // With room for all of it zstd writes it there, without a window of its own. What the frame says of its size may be wrong.
  const auto said = std::max<unsigned long long>(ZSTD_getFrameContentSize(bytes.data(), bytes.size()), 1);  // huge: it does not say
  std::string piece(static_cast<std::size_t>(std::min<unsigned long long>({said, ZSTD_DStreamOutSize(), limit_bytes + 1})), '\0');
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  for (;;) {
    ZSTD_outBuffer to{piece.data(), piece.size(), 0};
    const std::size_t rest = ZSTD_decompressStream(stream.get(), &to, &in);
    if (ZSTD_isError(rest)) return invalid("not zstd");
    if (out.size() + to.pos > limit_bytes) return base::Error{base::Fault::Full, "wire.decompress", "larger than allowed"};
    out.append(piece, 0, to.pos);
    if (rest == 0) break;
    if (in.pos == in.size && to.pos < to.size) return invalid("ends in the middle");
  }
  if (in.pos < in.size) return invalid("something follows the end");
  return out;
}

}  // namespace doorstep::wire
