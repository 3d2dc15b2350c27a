// SPDX-License-Identifier: Apache-2.0
//
// Limits of the news that two nodes tell each other since they last met.
#pragma once

#include <cstddef>

#include "crdt/base/limits.h"

namespace cunju::wire {

/// Logs of which one side tells; who has written to more is compared by a sketch. What telling
/// costs at most, 34 bytes each, is about what the sketch of as many differences takes.
inline constexpr std::size_t kMaxNewsLogs = 1024;
/// Heads of these logs in one message: of most logs there is one.
inline constexpr std::size_t kMaxNewsItems = kMaxNewsLogs * limits::kMaxHeadsPerAuthor;
/// Logs of any space that are looked at to find those: a hello takes a few milliseconds for them.
inline constexpr std::size_t kMaxRecentRows = 8192;
/// So many more logs than a third of the other's one side may have written to: what both were told
/// by others meanwhile costs bytes here, and nothing in a sketch.
inline constexpr std::size_t kFewNewsLogs = 64;

}  // namespace cunju::wire
