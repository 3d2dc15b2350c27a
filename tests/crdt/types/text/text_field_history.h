// SPDX-License-Identifier: Apache-2.0
//
// Histories of one text, and what a view has of it: for tests of text_field.h.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "crdt/types/text/text_edits_codec.h"
#include "crdt/types/text/text_field.h"
#include "tests/crdt/types/history.h"

namespace cunju::test::text_views {

inline const std::string kField = "item.0001.ab";

inline Operation edit_text(std::string field, std::size_t position, std::size_t erased,
                           std::string_view inserted) {
  TextEdits edits;
  if (erased > 0) REQUIRE(edits.erase(position, erased));
  if (!inserted.empty()) REQUIRE(edits.insert(position, inserted));
  return make_operation(OperationKind::kTextEdit, std::move(field), encode_text_edits(edits));
}
inline Operation confirm_text(std::string field) {
  return make_operation(OperationKind::kTextConfirm, std::move(field), NoValue{});
}
inline Operation freeze() {
  return make_operation(OperationKind::kFreeze, std::string(kFreezeField), NoValue{});
}
inline Operation thaw() {
  return make_operation(OperationKind::kThaw, std::string(kFreezeField), NoValue{});
}
inline Operation reopen() {
  return make_operation(OperationKind::kStateMove, "state", std::string("draft"),
                        std::string("final"));
}

inline RecordView settled_view(const History& history) {
  Replica replica(history);
  for (std::size_t i = 0; i < history.size(); ++i) replica.deliver(i);
  replica.settle_texts();
  return replica.view();
}
inline const TextField& text_in(const RecordView& view) {
  const TextField* text = view.state.find_text(kField);
  REQUIRE(text != nullptr);
  return *text;
}

}  // namespace cunju::test::text_views
