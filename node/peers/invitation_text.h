// SPDX-License-Identifier: Apache-2.0
//
// How an invitation is written down so that it can be copied, typed and put into a QR code: base 32
// without look-alikes (Crockford's alphabet, crockford.com/base32.html), in groups of eight of
// which the last character checks the other seven. docs/formats/invitation.md has the grammar.
//   text  := "CUNJU1" group+            hyphens and blanks anywhere; small letters, O, I, L as well
//   group := 1 to 7 characters, check   only the last one is shorter
// It checks how the text was copied. What the bytes say is invitation.h's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"

namespace cunju::peers {

/// Characters of the longest text that is looked at, with blanks and hyphens.
inline constexpr std::size_t kMaxInvitationTextBytes = 4096;

/// "CUNJU1-3X7K9QWB-...": the groups with hyphens between them.
std::string spell_invitation(ByteView bytes);
/// The same without hyphens, which a QR code does not need.
std::string spell_invitation_tight(ByteView bytes);
/// Errors: kLimit; kMalformed (no invitation, or mistyped; find_mistyped_groups says where).
Result<Bytes> unspell_invitation(std::string_view text);
/// Groups, counted from 1, in which something was mistyped, left out or put in. Empty when every
/// group is in order, or `text` is no invitation at all.
std::vector<std::size_t> find_mistyped_groups(std::string_view text);

}  // namespace cunju::peers
