// SPDX-License-Identifier: Apache-2.0
#include "crdt/erasure/person_marks.h"

#include <algorithm>
#include <array>

#include "crdt/base/check.h"

namespace cunju {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kMarkLabel = "cunju erased person 1";

}  // namespace

PersonMarks::PersonMarks(const std::vector<std::string>& person_keys,
                         crypto::RandomSource& random) {
  CUNJU_CHECK(!person_keys.empty() && person_keys.size() <= limits::kMaxPersonMarks,
              "a person has a key or two");
  random.fill(key_);
  for (const std::string& key : person_keys) marks_.push_back(mark_of(key));
  std::ranges::sort(marks_);
  marks_.erase(std::unique(marks_.begin(), marks_.end()), marks_.end());
}

Hash PersonMarks::mark_of(std::string_view person_key) const {
  return crypto::keyed_hash(key_, {as_bytes(kMarkLabel), as_bytes(person_key)});
}

bool PersonMarks::has(std::string_view person_key) const {
  return std::ranges::binary_search(marks_, mark_of(person_key));
}

Bytes PersonMarks::encode() const {
  Bytes out;
  put_u8(out, kVersion);
  append(out, key_);
  put_u16(out, static_cast<std::uint16_t>(marks_.size()));
  for (const Hash& mark : marks_) append(out, mark.view());
  return out;
}

Result<PersonMarks> PersonMarks::decode(ByteView bytes) {
  ByteReader in(bytes);
  const std::uint8_t version = in.u8();
  if (!in.ok() || version == 0) return fail(Errc::kMalformed, "no version");
  if (version > kVersion) return fail(Errc::kUnsupported, "marks of a newer program");
  PersonMarks out;
  out.key_ = in.array<32>();
  const std::size_t count = in.u16();
  if (count > limits::kMaxPersonMarks) return fail(Errc::kLimit, "kMaxPersonMarks");
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const Hash mark{in.array<Hash::kSize>()};
    if (!out.marks_.empty() && !(out.marks_.back() < mark))
      return fail(Errc::kMalformed, "marks are not ascending");
    out.marks_.push_back(mark);
  }
  if (!in.ok() || !in.at_end()) return fail(Errc::kMalformed, "the size of marks");
  if (out.marks_.empty()) return fail(Errc::kMalformed, "marks of nobody");
  return out;
}

}  // namespace cunju
