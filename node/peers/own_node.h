// SPDX-License-Identifier: Apache-2.0
//
// Why a node does not exchange with itself: an address may be its own, a name of it on the network
// may be taken for another's, and its keys stand in every roster.
#pragma once

#include <string_view>

namespace cunju::peers {

/// Context of kInvalidArgument of a connection that this node answered itself.
inline constexpr std::string_view kOwnNode = "this node itself answers at that address";

}  // namespace cunju::peers
