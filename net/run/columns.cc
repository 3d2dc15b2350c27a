// SPDX-License-Identifier: Apache-2.0
#include "net/run/columns.h"

#include <algorithm>
#include <utility>

#include "net/run/frame.h"
#include "net/run/run_limits.h"
#include "net/wire/varint.h"

namespace cunju::run {
namespace {

enum Form : std::uint8_t { kPlain = 0, kZstd = 1, kZstdWithDictionary = 2 };

bool is_over_ratio(std::size_t columns, std::size_t batch) {
  return columns > limits::kFreeColumnBytes &&
         (columns - limits::kFreeColumnBytes) / limits::kMaxColumnRatio > batch;
}

}  // namespace

Bytes encode_columns(const Columns& columns, ByteView dictionary) {
  Bytes plain, sizes;
  for (std::size_t i = 0; i < kPackedColumns; ++i) {
    wire::put_varint(sizes, columns[i].size());
    append(plain, columns[i]);
  }
  const Bytes& random = columns[kRandom];
  std::size_t numbers = 0;
  for (std::size_t i = 0; i < kTexts; ++i) numbers += columns[i].size();
  const std::array pieces{ByteView(plain).first(numbers), ByteView(plain).subspan(numbers)};
  Bytes frame = pack_frame(pieces, dictionary);
  if (is_over_ratio(plain.size(), 1 + sizes.size() + frame.size() + random.size())) frame.clear();
  const bool is_packed = !frame.empty();
  Bytes out;
  out.reserve(16 + sizes.size() + plain.size() + random.size());
  put_u8(out, !is_packed ? kPlain : dictionary.empty() ? kZstd : kZstdWithDictionary);
  append(out, sizes);
  if (is_packed) wire::put_varint(out, frame.size());
  append(out, is_packed ? frame : plain);
  append(out, random);
  return out;
}

Result<ReceivedColumns> ReceivedColumns::parse(ByteView bytes, ByteView dictionary) {
  ByteReader in(bytes);
  const std::uint8_t form = in.u8();
  if (form > kZstdWithDictionary) return fail(Errc::kMalformed, "unknown form of columns");
  if (form == kZstdWithDictionary && dictionary.empty())
    return fail(Errc::kMalformed, "columns under a dictionary that was not agreed on");
  std::array<std::size_t, kPackedColumns> sizes{};
  std::size_t total = 0;
  for (std::size_t& size : sizes) {
    CUNJU_TRY(const std::uint64_t stated, wire::read_varint(in));
    if (stated > limits::kMaxColumnBytes) return fail(Errc::kLimit, "kMaxColumnBytes");
    size = static_cast<std::size_t>(stated);
    total += size;
  }
  if (total > limits::kMaxColumnBytes) return fail(Errc::kLimit, "kMaxColumnBytes");
  if (is_over_ratio(total, bytes.size())) return fail(Errc::kLimit, "kMaxColumnRatio");
  ReceivedColumns out;
  ByteView plain;
  if (form == kPlain) {
    plain = in.take(total);
  } else {
    CUNJU_TRY(const std::uint64_t frame_size, wire::read_varint(in));
    if (frame_size > in.remaining()) return fail(Errc::kMalformed, "columns are cut short");
    const ByteView frame = in.take(static_cast<std::size_t>(frame_size));
    out.unpacked_.resize(total);
    if (!unpack_frame(frame, form == kZstd ? ByteView() : dictionary, out.unpacked_))
      return fail(Errc::kMalformed, "columns do not unpack");
    plain = out.unpacked_;
  }
  if (!in.ok()) return fail(Errc::kMalformed, "columns are cut short");
  std::size_t at = 0;
  for (const std::size_t size : sizes) {
    out.readers_.emplace_back(plain.subspan(at, size));
    at += size;
  }
  out.readers_.emplace_back(bytes.subspan(in.offset()));
  return out;
}

Result<void> ReceivedColumns::require_end() const {
  if (std::ranges::all_of(readers_,
                          [](const ByteReader& column) { return column.ok() && column.at_end(); }))
    return ok();
  return fail(Errc::kMalformed, "columns and runs do not end together");
}

}  // namespace cunju::run
