// SPDX-License-Identifier: Apache-2.0
//
// Limits over asking for parts and bringing them, each with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cunju::limits {

/// Numbers that one LogSpan covers: 128 bytes of bits. Who is asked reads so many changes at most,
/// some tens of milliseconds, and a node that nobody can help asks 190 bytes for 1,024 changes.
inline constexpr std::uint64_t kMaxSpanSeqs = 1024;
/// Changes in one answer: a forked log has several under one number, and an answer goes on in the
/// next one.
inline constexpr std::size_t kMaxPartsChanges = 4096;
/// Bytes of parts that one answer may be asked for; it may pass them by one change.
inline constexpr std::uint32_t kMaxAskedPartsBytes = 512 * 1024;
/// An answer is asked for so many bytes at first, two seconds of a link of 64 kbit/s.
inline constexpr std::uint32_t kMinAskedPartsBytes = 16 * 1024;
/// Ids in one question which changes a peer holds: 16 KiB.
inline constexpr std::size_t kMaxAskedHeld = 512;
/// Changes of which a node lets parts go in one transaction; more wait for the next.
inline constexpr std::size_t kMaxLetGo = 65'536;

}  // namespace cunju::limits
