// SPDX-License-Identifier: Apache-2.0
//
// What a clerk typed in a text that others changed meanwhile, put into that text for the same clerk
// to read before it is saved. Not how changes merge (crdt/types/text): nobody signs what comes out
// of this unread. Pure.
//
// Laws, for merged = merge_texts(base, typed, now):
//   merge_texts(base, typed, base) == typed and merge_texts(base, base, now) == now
//   every character that was typed or came meanwhile is in it; of the base what neither side erased
//   words that both sides put at one place are there once
#pragma once

#include <string>
#include <string_view>

#include "crdt/base/result.h"

namespace cunju::text {

/// What came meanwhile stands before what was typed at the same place. Errors as diff_texts().
Result<std::string> merge_texts(std::string_view base, std::string_view typed,
                                std::string_view now);

}  // namespace cunju::text
