// SPDX-License-Identifier: Apache-2.0
#include "net/run/frame.h"

#include <zstd.h>

#include <memory>

#include "crdt/base/check.h"

namespace cunju::run {
namespace {

// Higher levels were measured on 40,000 small changes: docs/decisions/0017.
constexpr int kLevel = 3;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

ByteView magic() {
  static constexpr std::uint8_t kMagic[] = {0x28, 0xB5, 0x2F, 0xFD};
  static_assert(ZSTD_MAGICNUMBER == 0xFD2FB528);
  return kMagic;
}

}  // namespace

Bytes pack_frame(std::span<const ByteView> pieces, ByteView dictionary) {
  // A megabyte of tables: kept, as asking the system for them costs more than a small batch.
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  CUNJU_CHECK(context != nullptr, "there is memory for a context");
  ZSTD_CCtx_reset(context.get(), ZSTD_reset_session_and_parameters);
  std::size_t total = 0;
  for (const ByteView piece : pieces) total += piece.size();
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
  // Both ends know the dictionary and the size, and signatures are checked anyway.
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 0);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_dictIDFlag, 0);
  ZSTD_CCtx_setPledgedSrcSize(context.get(), total);
  if (!dictionary.empty())
    ZSTD_CCtx_loadDictionary(context.get(), dictionary.data(), dictionary.size());
  Bytes bytes(total);
  ZSTD_outBuffer out{.dst = bytes.data(), .size = bytes.size(), .pos = 0};
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const bool is_last = i + 1 == pieces.size();
    if (pieces[i].empty() && !is_last) continue;
    ZSTD_inBuffer in{.src = pieces[i].data(), .size = pieces[i].size(), .pos = 0};
    // What is left, or an error: it is not shorter.
    if (ZSTD_compressStream2(context.get(), &out, &in, is_last ? ZSTD_e_end : ZSTD_e_flush) != 0)
      return {};
  }
  return {bytes.begin() + static_cast<std::ptrdiff_t>(magic().size()),
          bytes.begin() + static_cast<std::ptrdiff_t>(out.pos)};
}

bool unpack_frame(ByteView frame, ByteView dictionary, std::span<std::uint8_t> out) {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  CUNJU_CHECK(context != nullptr, "there is memory for a context");
  Bytes whole = to_bytes(magic());
  append(whole, frame);
  return ZSTD_findFrameCompressedSize(whole.data(), whole.size()) == whole.size() &&
         ZSTD_decompress_usingDict(context.get(), out.data(), out.size(), whole.data(),
                                   whole.size(), dictionary.data(),
                                   dictionary.size()) == out.size();
}

unsigned frame_version() { return ZSTD_versionNumber(); }

}  // namespace cunju::run
