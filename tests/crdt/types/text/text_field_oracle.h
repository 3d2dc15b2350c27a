// SPDX-License-Identifier: Apache-2.0
//
// The laws of texts in a view, computed anew from explicit sets of ancestors, and random histories
// to hold them against.
#pragma once

#include "tests/crdt/types/history.h"

namespace cunju::test::text_views {

/// Edits, confirmations, freezes and thaws of two texts, some of which no honest program writes.
void add_random_texts(Random& random, History& history);
/// Some changes late by the roster, and some that pass over what they like.
void add_late_texts(Random& random, History& history);
/// Checks one text of a view with all of the history.
void check_text_laws(const History& history, const std::string& registry, const TextField& text);
/// Checks the heads of the view.
void check_text_heads(const History& history, const RecordView& view);

}  // namespace cunju::test::text_views
