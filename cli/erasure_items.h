// SPDX-License-Identifier: Apache-2.0
//
// The records that an erasure names, for whoever decides on it and can't look at them any more.
#pragma once

#include <boost/json/array.hpp>

#include "cli/known_erasures.h"

namespace cunju::cli {

/// What is to become of what is named.
enum class ItemFate : std::uint8_t { kErased, kRestricted, kShownAgain, kStaysHidden };
std::string_view item_fate_id(ItemFate fate);

/// Says that a definition which was replaced would keep it, if one would: whoever approves sees
/// that a rule was shortened.
void say_replaced_rule(const Invocation& call, const registry::RetentionVerdict& verdict);
/// The same for programs; null: none would.
boost::json::value replaced_rule_json(const registry::RetentionVerdict& verdict);
/// Says each record and what a rule of retention says of it, and that a rule is gone against; adds
/// them to `out` as programs read them.
void say_items(const Invocation& call, const registry::Catalog& catalog,
               const council::ErasureContents& contents, ItemFate fate, boost::json::array& out);
/// Says how many parts can't be looked at here, if any.
void say_unseen(const Invocation& call, std::size_t unseen);
/// Parts whose content, or whose record, can't be read here.
std::size_t unseen_of(const council::ErasureContents& contents);

}  // namespace cunju::cli
