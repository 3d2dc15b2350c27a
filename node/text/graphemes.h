// SPDX-License-Identifier: Apache-2.0
//
// Where the grapheme clusters of a text end: what a reader takes for one character may be several
// scalar values (a letter with accents, an emoji joined by ZWJ, a flag). Rules: Unicode Standard
// Annex 29, extended grapheme clusters, as ICU has them. The only place that includes ICU. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "crdt/base/result.h"

namespace cunju::text {

/// Ascending byte offsets of the ends of all clusters; the last is text.size(). Empty for "".
/// `text` is well-formed UTF-8 of at most limits::kMaxEditedTextBytes. kUnsupported when ICU's
/// tables are not installed.
Result<std::vector<std::uint32_t>> grapheme_ends(std::string_view text);

}  // namespace cunju::text
