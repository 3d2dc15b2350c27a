// SPDX-License-Identifier: Apache-2.0
//
// Numbers of the run format that encoder and decoder share; docs/formats/run.md explains them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crdt/base/ids.h"
#include "crdt/base/limits.h"
#include "net/run/columns.h"
#include "net/run/words.h"

namespace cunju::run {

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

/// Of a part: links are in words, presence, scope.
inline constexpr std::uint64_t kLinksInWords = 1;
inline constexpr unsigned kPresenceShift = 1;
inline constexpr unsigned kScopeShift = 3;

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
