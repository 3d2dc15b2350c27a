// SPDX-License-Identifier: Apache-2.0
//
// Ids, dots and version vectors in Cap'n Proto structs: four little-endian words for 32 bytes.
// Include from codec .cc files only. Templates over the generated builders and readers, so that
// this header needs none of the generated ones.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "crdt/base/ids.h"
#include "crdt/base/limits.h"
#include "crdt/base/result.h"
#include "crdt/graph/version_vector.h"

namespace cunju::dot_codec {

template <class Id>
std::array<std::uint64_t, 4> to_words(const Id& id) {
  static_assert(Id::kSize == 32);
  std::array<std::uint64_t, 4> out{};
  for (std::size_t i = 0; i < Id::kSize; ++i)
    out[i / 8] |= std::uint64_t{id.value[i]} << (8 * (i % 8));
  return out;
}

template <class Id>
Id from_words(const std::array<std::uint64_t, 4>& words) {
  static_assert(Id::kSize == 32);
  Id out;
  for (std::size_t i = 0; i < Id::kSize; ++i)
    out.value[i] = static_cast<std::uint8_t>(words[i / 8] >> (8 * (i % 8)));
  return out;
}

template <class Builder>
void write_id(const ChangeId& id, Builder out) {
  const std::array<std::uint64_t, 4> words = to_words(id);
  out.setId0(words[0]);
  out.setId1(words[1]);
  out.setId2(words[2]);
  out.setId3(words[3]);
}

template <class Reader>
ChangeId read_id(Reader in) {
  return from_words<ChangeId>({in.getId0(), in.getId1(), in.getId2(), in.getId3()});
}

template <class Builder>
void write_dot(const Dot& dot, Builder out) {
  const std::array<std::uint64_t, 4> words = to_words(dot.author);
  out.setAuthor0(words[0]);
  out.setAuthor1(words[1]);
  out.setAuthor2(words[2]);
  out.setAuthor3(words[3]);
  out.setSeq(dot.seq.value);
}

template <class Reader>
Dot read_dot(Reader in) {
  return {.author = from_words<AuthorKey>(
              {in.getAuthor0(), in.getAuthor1(), in.getAuthor2(), in.getAuthor3()}),
          .seq = Seq{in.getSeq()}};
}

template <class ListBuilder>
void write_clock(const VersionVector& clock, ListBuilder out) {
  unsigned at = 0;
  for (const Dot& dot : clock) write_dot(dot, out[at++]);
}

/// Errors: kLimit (more authors than a space may have), kCorrupt (not ascending).
template <class ListReader>
Result<VersionVector> read_clock(ListReader in) {
  if (in.size() > limits::kMaxHeadsPerSpace) return fail(Errc::kLimit, "kMaxHeadsPerSpace");
  std::vector<Dot> entries;
  for (auto dot : in) entries.push_back(read_dot(dot));
  std::optional<VersionVector> out = VersionVector::from_entries(std::move(entries));
  if (!out) return fail(Errc::kCorrupt, "a version vector is not ascending");
  return std::move(*out);
}

}  // namespace cunju::dot_codec
