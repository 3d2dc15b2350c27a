// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_edits_codec.h"

#include <algorithm>
#include <optional>

#include "crdt/base/limits.h"
#include "crdt/types/text/compress.h"
#include "crdt/types/text/utf8.h"

namespace cunju {
namespace {

constexpr std::uint8_t kPlain = 0;
constexpr std::uint8_t kPacked = 1;
/// Below this zstd's frame costs more than it saves.
constexpr std::size_t kPackFrom = 192;
/// A varint of a head or a move has at most five bytes.
constexpr std::size_t kMaxColumnBytes = limits::kMaxTextRuns * 5;

void put_varint(Bytes& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}

/// Empty at the end of the input, for values over 35 bits and for longer forms than needed.
std::optional<std::uint64_t> take_varint(ByteReader& in) {
  std::uint64_t out = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    const std::uint8_t byte = in.u8();
    if (!in.ok()) return std::nullopt;
    out |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) != 0) continue;
    if (byte == 0 && shift != 0) return std::nullopt;
    return out;
  }
  return std::nullopt;
}

std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

struct Columns {
  Bytes heads;
  Bytes moves;
};

Columns make_columns(std::span<const TextRun> runs) {
  Columns out;
  std::int64_t cursor = 0;
  for (const TextRun& run : runs) {
    const std::int64_t position = run.position;
    const std::int64_t behind = position + run.length;
    const std::int64_t move = (run.inserts() ? position : behind) - cursor;
    const std::uint64_t head = (std::uint64_t{run.length} - 1) << 2;
    put_varint(out.heads, head | (move != 0 ? 2U : 0U) | (run.inserts() ? 0U : 1U));
    if (move != 0) put_varint(out.moves, zigzag(move));
    cursor = run.inserts() ? behind : position;
  }
  return out;
}

std::size_t most_unpacked(std::size_t packed) {
  return limits::kFreeTextPackBytes + limits::kMaxTextPackRatio * packed;
}

void put_blob(Bytes& out, ByteView raw) {
  put_varint(out, raw.size());
  Bytes packed = compress(raw);
  if (raw.size() > most_unpacked(packed.size())) packed.clear();
  put_varint(out, packed.empty() ? raw.size() : packed.size());
  append(out, packed.empty() ? raw : ByteView(packed));
}

/// A column as it is stored.
struct Blob {
  std::size_t raw = 0;
  ByteView stored;
};

Result<Blob> take_blob(ByteReader& in, std::size_t most) {
  const auto raw = take_varint(in);
  const auto stored = take_varint(in);
  if (!raw || !stored || *stored > *raw || *stored > in.remaining()) {
    return fail(Errc::kMalformed, "text edits: blob");
  }
  if (*raw > most) return fail(Errc::kLimit, "text edits: blob");
  if (*stored != *raw && *raw > most_unpacked(*stored))
    return fail(Errc::kLimit, "text edits: kMaxTextPackRatio");
  return Blob{.raw = *raw, .stored = in.take(*stored)};
}

Result<Bytes> unpack(const Blob& blob) {
  if (blob.stored.size() == blob.raw) return to_bytes(blob.stored);
  Bytes out(blob.raw);
  if (!decompress(blob.stored, out)) return fail(Errc::kMalformed, "text edits: zstd");
  return out;
}

struct PackedColumns {
  Blob heads, moves, text;
  std::size_t raw_bytes() const { return heads.raw + moves.raw + text.raw; }
};

Result<PackedColumns> take_columns(ByteReader& in) {
  PackedColumns out;
  CUNJU_TRY(out.heads, take_blob(in, kMaxColumnBytes));
  CUNJU_TRY(out.moves, take_blob(in, kMaxColumnBytes));
  CUNJU_TRY(out.text, take_blob(in, limits::kMaxTextInsertBytes));
  if (!in.at_end()) return fail(Errc::kMalformed, "text edits: bytes left over");
  if (out.raw_bytes() < kPackFrom) return fail(Errc::kMalformed, "text edits: format");
  return out;
}

/// Rebuilds the runs one by one and hands them to TextEdits as an editor would; whatever merges
/// with the run before it, or is not spelt as make_columns spells it, was not canonical.
class Rebuilder {
 public:
  explicit Rebuilder(std::string_view text) : text_(text) {}

  Result<void> add(std::uint64_t head, ByteReader& moves) {
    const auto length = static_cast<std::int64_t>((head >> 2) + 1);
    const bool erases = (head & 1) != 0;
    std::int64_t move = 0;
    if ((head & 2) != 0) {
      const auto value = take_varint(moves);
      if (!value || *value == 0) return fail(Errc::kMalformed, "text edits: move");
      move = unzigzag(*value);
    }
    const std::int64_t position = cursor_ + move - (erases ? length : 0);
    if (position < 0) return fail(Errc::kMalformed, "text edits: position");
    if (position + length > static_cast<std::int64_t>(limits::kMaxTextPosition)) {
      return fail(Errc::kLimit, "text edits: position");
    }
    const std::size_t runs_before = edits_.runs().size();
    CUNJU_TRYV(
        record(static_cast<std::size_t>(position), static_cast<std::size_t>(length), erases));
    if (edits_.runs().size() != runs_before + 1) {
      return fail(Errc::kMalformed, "text edits: runs touch");
    }
    cursor_ = erases ? position : position + length;
    return ok();
  }

  Result<TextEdits> finish() {
    if (!text_.empty()) return fail(Errc::kMalformed, "text edits: text left over");
    return std::move(edits_);
  }

 private:
  Result<void> record(std::size_t position, std::size_t length, bool erases) {
    bool done = false;
    if (erases) {
      done = edits_.erase(position, length);
    } else {
      const std::size_t bytes = length > text_.size() ? text_.size() + 1 : find_end(length);
      if (bytes > text_.size()) return fail(Errc::kMalformed, "text edits: text too short");
      done = edits_.insert(position, text_.substr(0, bytes));
      text_.remove_prefix(bytes);
    }
    if (!done) return fail(Errc::kLimit, "text edits: runs");
    return ok();
  }

  /// Bytes of the next `length` scalar values; more than there are when the text is too short.
  std::size_t find_end(std::size_t length) const {
    std::size_t at = 0;
    for (; length > 0 && at < text_.size(); --length) {
      ++at;
      while (at < text_.size() && !begins_scalar(text_[at])) ++at;
    }
    return length == 0 ? at : text_.size() + 1;
  }

  std::string_view text_;
  TextEdits edits_;
  std::int64_t cursor_ = 0;
};

Result<TextEdits> decode_plain(ByteReader& in) {
  if (in.remaining() > kPackFrom + 2) return fail(Errc::kMalformed, "text edits: format");
  const auto count = take_varint(in);
  if (!count || *count > in.remaining()) return fail(Errc::kMalformed, "text edits: run count");
  const std::size_t payload = in.remaining();
  if (payload >= kPackFrom) return fail(Errc::kMalformed, "text edits: format");
  // Heads and moves end where the next begins, so they are stepped over before they are read.
  ByteReader heads_in = in;
  std::size_t moves = 0;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto head = take_varint(in);
    if (!head) return fail(Errc::kMalformed, "text edits: head");
    moves += (*head & 2) != 0 ? 1 : 0;
  }
  ByteReader moves_in = in;
  for (; moves > 0; --moves) {
    if (!take_varint(in)) return fail(Errc::kMalformed, "text edits: move");
  }
  const std::string_view text = as_text(in.take(in.remaining()));
  if (!is_utf8(text)) return fail(Errc::kMalformed, "text edits: not UTF-8");
  Rebuilder rebuilder(text);
  for (std::uint64_t i = 0; i < *count; ++i) {
    CUNJU_TRYV(rebuilder.add(*take_varint(heads_in), moves_in));
  }
  return rebuilder.finish();
}

Result<TextEdits> decode_packed(ByteReader& in) {
  CUNJU_TRY(const PackedColumns columns, take_columns(in));
  CUNJU_TRY(const Bytes heads, unpack(columns.heads));
  CUNJU_TRY(const Bytes moves, unpack(columns.moves));
  CUNJU_TRY(const Bytes text, unpack(columns.text));
  if (!is_utf8(as_text(text))) return fail(Errc::kMalformed, "text edits: not UTF-8");
  Rebuilder rebuilder(as_text(text));
  ByteReader heads_in(heads);
  ByteReader moves_in(moves);
  while (!heads_in.at_end()) {
    const auto head = take_varint(heads_in);
    if (!head) return fail(Errc::kMalformed, "text edits: head");
    CUNJU_TRYV(rebuilder.add(*head, moves_in));
  }
  if (!moves_in.at_end()) return fail(Errc::kMalformed, "text edits: moves left over");
  return rebuilder.finish();
}

}  // namespace

Bytes encode_text_edits(const TextEdits& edits) {
  const Columns columns = make_columns(edits.runs());
  const ByteView text = as_bytes(edits.text());
  Bytes out;
  if (columns.heads.size() + columns.moves.size() + text.size() < kPackFrom) {
    put_u8(out, kPlain);
    put_varint(out, edits.runs().size());
    append(out, columns.heads);
    append(out, columns.moves);
    append(out, text);
    return out;
  }
  put_u8(out, kPacked);
  put_blob(out, columns.heads);
  put_blob(out, columns.moves);
  put_blob(out, text);
  return out;
}

std::size_t unpacked_text_bytes(ByteView bytes) {
  ByteReader in(bytes);
  const std::uint8_t format = in.u8();
  if (!in.ok() || format != kPacked) return in.ok() ? in.remaining() : 0;
  const Result<PackedColumns> columns = take_columns(in);
  return columns.has_value() ? columns.value().raw_bytes() : 0;
}

Result<TextEdits> decode_text_edits(ByteView bytes) {
  ByteReader in(bytes);
  const std::uint8_t format = in.u8();
  if (!in.ok()) return fail(Errc::kMalformed, "text edits: empty");
  if (format == kPlain) return decode_plain(in);
  if (format == kPacked) return decode_packed(in);
  return fail(Errc::kUnsupported, "text edits: format");
}

}  // namespace cunju
