// SPDX-License-Identifier: Apache-2.0
#include "node/peers/remembered.h"

#include <algorithm>
#include <cstdint>

namespace cunju::peers {

std::vector<RememberedAddress> remembered_addresses(
    const std::vector<PeerHints>& rows, const std::function<bool(const WireKey&)>& is_known,
    const std::function<std::string(const WireKey&)>& name_of) {
  struct Met {
    const AddressHint* hint;
    WireKey peer;
  };
  std::vector<Met> all;
  for (const PeerHints& row : rows) {
    for (const AddressHint& hint : row.addresses)
      if (row.wire != WireKey{} && hint.met_ms != 0) all.push_back({&hint, row.wire});
  }
  std::ranges::stable_sort(
      all, [](const Met& one, const Met& other) { return one.hint->met_ms > other.hint->met_ms; });
  std::vector<RememberedAddress> out;
  for (const Met& met : all) {
    if (out.size() == kMaxRemembered) break;
    const bool is_taken =
        std::ranges::find(out, met.hint->address, &RememberedAddress::address) != out.end();
    if (!is_taken && is_known(met.peer))
      out.push_back({met.hint->address, met.peer, name_of(met.peer)});
  }
  return out;
}

}  // namespace cunju::peers
