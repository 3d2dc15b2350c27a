// SPDX-License-Identifier: Apache-2.0
//
// Which of the addresses in the book of peers a serving node calls: those at which somebody of its
// rosters was really met. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "crdt/base/ids.h"
#include "node/peers/peer_book.h"

namespace cunju::peers {

/// Remembered addresses that are called; of more, those where somebody was met last.
inline constexpr std::size_t kMaxRemembered = 64;

struct RememberedAddress {
  std::string address;
  WireKey peer;      ///< Who alone is to be met there.
  std::string name;  ///< Of its node in a roster.
};

/// From all rows of the book, last met first. Of several who were met at one address the last one
/// has it. `is_known`: whether a roster has the peer; `name_of`: under which name.
std::vector<RememberedAddress> remembered_addresses(
    const std::vector<PeerHints>& rows, const std::function<bool(const WireKey&)>& is_known,
    const std::function<std::string(const WireKey&)>& name_of);

}  // namespace cunju::peers
