// SPDX-License-Identifier: Apache-2.0
//
// Makes a shortest list of edits one that reads well: joins edits that only chance keeps apart,
// moves insertions and deletions to where sentences and lines begin, bounds their number. Internal
// to text_diff. Pure. Law: what the edits turn into what stays the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "node/text/tokens.h"

namespace cunju::text {

/// Tokens [old_begin, old_end) became [new_begin, new_end); what lies between edits is kept.
struct TokenEdit {
  std::uint32_t old_begin = 0;
  std::uint32_t old_end = 0;
  std::uint32_t new_begin = 0;
  std::uint32_t new_end = 0;
};

/// `edits` are ascending, none empty, and consecutive ones do not touch; so they are afterwards.
void clean_up(std::vector<TokenEdit>& edits, const Tokens& before, const Tokens& after,
              std::size_t max_edits);

}  // namespace cunju::text
