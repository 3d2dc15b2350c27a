// SPDX-License-Identifier: Apache-2.0
//
// Versions and features of the session protocol. docs/protocol.md says what each brought; the
// transcripts of every version are under tests/vectors.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cunju::wire {

inline constexpr std::uint16_t kProtocolVersion = 5;
/// The oldest one that is still spoken.
inline constexpr std::uint16_t kOldestVersion = 1;
/// The first version that knows sketches.
inline constexpr std::uint16_t kSketchVersion = 2;
/// The first version that sends runs in columns (net/run).
inline constexpr std::uint16_t kColumnsVersion = 3;
/// The first version whose hello has one sum of all heads, and the last meeting.
inline constexpr std::uint16_t kMeetingVersion = 4;
/// The first version that derives the salt of links from the body's where it was made so.
inline constexpr std::uint16_t kSaltsVersion = 5;

/// The sender knows AskChunks, Chunk and FetchDone, and takes them when both say so.
inline constexpr std::uint64_t kFeatureAttachments = 1;
/// It will ask for chunks once both have caught up.
inline constexpr std::uint64_t kFeatureWantsAttachments = 2;
/// The sender knows AskParts, Parts, AskHeld, Held and PartsDone, and takes them when both say so.
inline constexpr std::uint64_t kFeatureParts = 4;
/// It will ask for parts, or whether they are held, once both have caught up.
inline constexpr std::uint64_t kFeatureAsksParts = 8;
/// The link costs the sender money: neither side sends what can wait (confidential parts and
/// attachments) in this session.
inline constexpr std::uint64_t kFeatureMetered = 16;
/// The sender knows AskPieces and Piece, and where both say so asks by them and not by AskChunks.
/// Said with kFeatureAttachments.
inline constexpr std::uint64_t kFeaturePieces = 32;
/// Feature bits of the hello that this program knows.
inline constexpr std::uint64_t kFeatures = kFeatureAttachments | kFeatureWantsAttachments |
                                           kFeatureParts | kFeatureAsksParts | kFeatureMetered |
                                           kFeaturePieces;
/// Messages of unknown kinds that are passed over between two ticks of the driver (about a second).
/// A newer peer has agreed to speak what is known here, so it has no reason to send many.
inline constexpr std::size_t kMaxSkippedPerTick = 64;

}  // namespace cunju::wire
