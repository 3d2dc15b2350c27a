// SPDX-License-Identifier: Apache-2.0
//
// Numbers of the run format that encoder and decoder share; docs/formats/run.md explains them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crdt/base/ids.h"
#include "crdt/base/limits.h"
#include "crdt/base/result.h"
#include "crdt/change/change.h"
#include "net/run/columns.h"
#include "net/run/words.h"

namespace cunju::run {

/// Whether both ends know how the salt of links follows from the body's: from version 5 on.
enum class Salts : std::uint8_t { kSent, kDerived };

/// What begins a run. From kGoesOn on: kGoesOn - 1 + how far back the author was, whose log goes on
/// where it ended in this session.
inline constexpr std::uint64_t kFounding = 0;
inline constexpr std::uint64_t kFirst = 1;
inline constexpr std::uint64_t kLater = 2;
inline constexpr std::uint64_t kGoesOn = 3;

/// Of a change: these bits, then the number of parts.
inline constexpr std::uint64_t kHasPins = 1;
inline constexpr std::uint64_t kHasSeen = 2;
inline constexpr unsigned kChangeFlagBits = 2;

/// How the links of a part travel.
enum class LinksForm : std::uint8_t {
  kAsStored = 0,
  kInWords = 1,
  kSaltOfBody = 2,  ///< In words, body too; their salt follows from the body's (links_salt.h).
};
/// Of a part, from the lowest bits on: links, presence in two bits, scope. Who does not derive
/// salts has one bit for the links.
struct PartTag {
  Scope scope;
  Presence presence = Presence::kPresent;
  LinksForm links = LinksForm::kAsStored;
};
constexpr unsigned links_bits(Salts salts) { return salts == Salts::kDerived ? 2 : 1; }
inline constexpr unsigned kPresenceBits = 2;

constexpr std::uint64_t encode_part_tag(const PartTag& tag, Salts salts) {
  const unsigned bits = links_bits(salts);
  return static_cast<std::uint64_t>(tag.links) |
         std::uint64_t{static_cast<std::uint8_t>(tag.presence)} << bits |
         std::uint64_t{tag.scope.value} << (bits + kPresenceBits);
}
/// Errors: kMalformed.
inline Result<PartTag> decode_part_tag(std::uint64_t number, Salts salts) {
  const unsigned bits = links_bits(salts);
  const std::uint64_t links = number & ((1U << bits) - 1), scope = number >> (bits + kPresenceBits);
  if (scope > UINT16_MAX) return fail(Errc::kMalformed, "scope out of range");
  if (links > static_cast<std::uint64_t>(LinksForm::kSaltOfBody))
    return fail(Errc::kMalformed, "unknown form of links");
  return PartTag{.scope = {static_cast<std::uint16_t>(scope)},
                 .presence = static_cast<Presence>(number >> bits & 3),
                 .links = static_cast<LinksForm>(links)};
}

/// Of parents: the record's last change alone; from kNamedParents on their number.
inline constexpr std::uint64_t kLastChange = 0;
inline constexpr std::uint64_t kNamedParents = 1;

/// Of a body: it is as stored; from kInWords on the number of its operations.
inline constexpr std::uint64_t kAsStored = 0;
inline constexpr std::uint64_t kInWords = 1;
/// Of an operation: the kinds of both values.
inline constexpr unsigned kPreviousShift = 2;
inline constexpr std::uint64_t kValueKindMask = 3;

/// Words of links with a registry of any name and kMaxParents parents are fewer.
inline constexpr std::size_t kMaxLinksWordBytes = 512 * kWordBytes;
/// What is not in words: ciphertext doesn't compress.
constexpr Column stored_column(Scope scope) { return scope == kOpenScope ? kContents : kRandom; }

}  // namespace cunju::run
