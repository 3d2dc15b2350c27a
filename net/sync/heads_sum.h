// SPDX-License-Identifier: Apache-2.0
//
// A hash of a set of heads that is kept up while the set changes: LtHash (Bellare, Micciancio: "A
// new paradigm for collision-free hashing", EUROCRYPT 1997; Lewi, Kim, Maykov, Weis: "Securing
// update propagation with homomorphic hashing", IACR ePrint 2019/227) with 1,024 numbers of 16
// bits.
//   element(id) := BLAKE2b-512("cunju sum 1" || n u8 || id), n = 0 ... 31, as 1,024 u16
//   sum         := element by element, modulo 2^16, over the ids of the heads
//   digest      := BLAKE2b-256("cunju heads 2" || count u64 || sum), numbers little endian
// An id says author, seq and space, so it stands for its head. Who chooses ids as he likes would
// have to solve a short-vector problem to make two sets with one sum; sums or exclusive ors of a
// few hundred bits fall to the generalised birthday attack (Wagner, CRYPTO 2002). Value; no thread
// rule.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"

namespace cunju::sync {

class HeadsSum {
 public:
  static constexpr std::size_t kBytes = 8 + 2048;

  void add(const ChangeId& head);
  /// Of a head that was added.
  void remove(const ChangeId& head);
  /// All heads of another set.
  void add(const HeadsSum& other);
  /// Of a set that was added.
  void remove(const HeadsSum& other);
  /// The element that says that a space is shared: presence := BLAKE2b-256("cunju shared 4" ||
  /// space), as if it were a head.
  static ChangeId presence(const SpaceId& space);
  std::uint64_t count() const { return count_; }
  Hash digest() const;

  /// count u64 || sum, little endian.
  Bytes encode() const;
  /// Empty unless there are kBytes.
  static std::optional<HeadsSum> decode(ByteView bytes);
  friend bool operator==(const HeadsSum&, const HeadsSum&) = default;

 private:
  static constexpr std::size_t kNumbers = 1024;
  using Numbers = std::array<std::uint16_t, kNumbers>;
  static Numbers element(const ChangeId& head);

  std::uint64_t count_ = 0;
  Numbers numbers_{};
};

}  // namespace cunju::sync
