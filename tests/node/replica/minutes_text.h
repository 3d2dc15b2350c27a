// SPDX-License-Identifier: Apache-2.0
//
// A text of minutes as tests of replicas edit it, without a record book.
#pragma once

#include <catch2/catch.hpp>
#include <string_view>

#include "crdt/types/operation.h"
#include "crdt/types/text/text_edits_codec.h"

namespace cunju::test {

inline constexpr const char* kText = "discussion";

inline Operation edit(std::size_t position, std::size_t erased, std::string_view inserted) {
  TextEdits edits;
  REQUIRE(edits.add({.position = position, .erased = erased, .inserted = inserted}));
  return make_operation(OperationKind::kTextEdit, kText, encode_text_edits(edits));
}

}  // namespace cunju::test
