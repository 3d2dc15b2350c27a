// SPDX-License-Identifier: Apache-2.0
//
// Packed Cap'n Proto under limits: the one reader and the one writer that every codec uses. Include
// from codec .cc files only. read_packed checks the segment count and the unpacked size before
// parsing and turns any kj exception into kMalformed; the visitor must copy what it keeps.
#pragma once

#include <capnp/message.h>
#include <capnp/serialize-packed.h>
#include <kj/exception.h>
#include <kj/io.h>

#include <utility>

#include "crdt/base/bytes.h"
#include "crdt/base/limits.h"
#include "crdt/base/result.h"

namespace cunju::packed {

inline kj::ArrayPtr<const kj::byte> to_kj(ByteView bytes) { return {bytes.data(), bytes.size()}; }
inline ByteView from_kj(capnp::Data::Reader data) { return {data.begin(), data.size()}; }
inline std::string_view from_kj(capnp::Text::Reader text) { return {text.begin(), text.size()}; }
inline capnp::Text::Reader to_kj_text(const std::string& text) {
  return {text.c_str(), text.size()};
}

inline Bytes write_packed(capnp::MessageBuilder& message) {
  kj::VectorOutputStream out;
  capnp::writePackedMessage(out, message);
  kj::ArrayPtr<kj::byte> bytes = out.getArray();
  return {bytes.begin(), bytes.end()};
}

/// visit(Root::Reader) -> Result<T>.
template <class Root, class Visit>
auto read_packed(ByteView bytes, std::size_t max_words, Visit&& visit)
    -> decltype(visit(std::declval<typename Root::Reader>())) {
  using Returned = decltype(visit(std::declval<typename Root::Reader>()));
  std::optional<Returned> out;
  kj::Maybe<kj::Exception> exception = kj::runCatchingExceptions([&] {
    kj::ArrayInputStream raw(to_kj(bytes));
    capnp::_::PackedInputStream unpacked(raw);
    // The segment table is read by us first: count minus one, then each size in words. Our
    // writers make one segment, so anything else is refused before a byte of content is unpacked.
    std::uint8_t table[8] = {};
    unpacked.read(table, sizeof(table));
    ByteReader in(ByteView(table, sizeof(table)));
    std::size_t segments = std::size_t{in.u32()} + 1;
    std::size_t words = in.u32();
    if (segments > limits::kMaxSegments || words > max_words) {
      out.emplace(fail(Errc::kLimit, "Cap'n Proto message too large"));
      return;
    }
    kj::Array<capnp::word> content = kj::heapArray<capnp::word>(words);
    unpacked.read(content.begin(), words * sizeof(capnp::word));
    if (raw.tryGetReadBuffer().size() != 0) {
      out.emplace(fail(Errc::kMalformed, "bytes after a Cap'n Proto message"));
      return;
    }
    kj::ArrayPtr<const capnp::word> segment = content;
    capnp::ReaderOptions options;
    options.traversalLimitInWords = max_words * 2 + 1024;
    options.nestingLimit = limits::kMaxNesting;
    capnp::SegmentArrayMessageReader reader(kj::arrayPtr(&segment, 1), options);
    out.emplace(visit(reader.template getRoot<Root>()));
  });
  if (exception != nullptr || !out)
    return fail(Errc::kMalformed, "not a valid Cap'n Proto message");
  return std::move(*out);
}

}  // namespace cunju::packed
