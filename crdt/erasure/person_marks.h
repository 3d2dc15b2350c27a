// SPDX-License-Identifier: Apache-2.0
//
// By what an erased person's row is known again, so that the next import does not bring it back:
// hashes of the keys under which the person is found (node/registry/person.h), keyed with a random
// key of this erasure. They are a value in a part of a confidential scope, so whoever may not read
// the scope has neither key nor hash; identity numbers are few enough to be tried one by one by
// whoever has both, and that can't be otherwise: who is to stop a row has to test it. Pure.
// docs/formats/erasure.md
//   marks := version u8 = 1 | key[32] | count u16 | mark[32]*                 ascending, no doubles
//   mark  := BLAKE2b-256 keyed with `key` of ("cunju erased person 1" || the person's key)
#pragma once

#include <string_view>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"
#include "crdt/erasure/erasure_limits.h"

namespace cunju {

class PersonMarks {
 public:
  /// Of these keys, 1 to limits::kMaxPersonMarks of them (CUNJU_CHECK), under a fresh key.
  PersonMarks(const std::vector<std::string>& person_keys, crypto::RandomSource& random);
  /// Errors: kMalformed, kLimit, kUnsupported (a newer version).
  static Result<PersonMarks> decode(ByteView bytes);
  Bytes encode() const;

  bool has(std::string_view person_key) const;

 private:
  PersonMarks() = default;
  Hash mark_of(std::string_view person_key) const;

  std::array<std::uint8_t, 32> key_{};
  std::vector<Hash> marks_;  ///< Ascending.
};

}  // namespace cunju
