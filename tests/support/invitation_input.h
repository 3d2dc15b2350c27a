// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as an invitation's text: what the fuzz target and the unit test check of them.
#pragma once

#include "crdt/base/check.h"
#include "node/peers/invitation.h"
#include "node/peers/invitation_text.h"
#include "node/peers/pairing_words.h"

namespace cunju::test {

inline void try_invitation_input(ByteView input) {
  const std::string_view text = as_text(input);
  Result<Bytes> bytes = peers::unspell_invitation(text);
  const std::vector<std::size_t> mistyped = peers::find_mistyped_groups(text);
  CUNJU_CHECK(!bytes.has_value() || mistyped.empty(), "what is read has no mistyped group");
  if (bytes.has_value()) {
    Result<Bytes> again = peers::unspell_invitation(peers::spell_invitation(bytes.value()));
    CUNJU_CHECK(again.has_value() && again.value() == bytes.value(), "bytes have a spelling");
  }
  Result<peers::Invitation> read = peers::parse_invitation_text(text);
  if (read.has_value()) {
    Result<peers::Invitation> again =
        peers::parse_invitation_text(peers::encode_invitation_text(read.value()));
    CUNJU_CHECK(again.has_value() && again.value().id == read.value().id,
                "an invitation that was read can be written");
  }
  Result<peers::PairingWords> words = peers::parse_pairing_words(text);
  if (words.has_value()) {
    Result<peers::PairingWords> again =
        peers::parse_pairing_words(peers::words_in_pinyin(words.value()));
    CUNJU_CHECK(again.has_value() && again.value() == words.value(), "words come back in pinyin");
  }
}

}  // namespace cunju::test
