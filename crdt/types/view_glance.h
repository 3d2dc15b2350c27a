// SPDX-License-Identifier: Apache-2.0
//
// What a list asks of a view that it may not show: whether the record is there, and the values of a
// few fields. Read from the bytes of a view (record_view.h) without building it, which takes a
// third of the time. Pure. It trusts that a store wrote the view: what RecordView::decode() checks
// of a view's order and origins is not checked here.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"
#include "crdt/types/value.h"

namespace cunju {

struct ViewGlance {
  /// The registry has a state in this view, and something in it has an effect.
  bool is_there = false;
  bool is_deleted = false;
  /// Those that were asked for: a register's and a state's winner, a set's elements once each, a
  /// text as it stands; by (name, kind), texts last. One that was cleared has no value.
  std::vector<std::pair<std::string, Value>> values;
};

/// Which fields to read: by name; or all.
struct GlancedFields {
  std::vector<std::string> names;
  bool all = false;

  bool has(std::string_view name) const;
};

/// Errors: kMalformed (does not parse), kLimit, kCorrupt (not written by a view's codec).
Result<ViewGlance> glance_view(ByteView bytes, std::string_view registry,
                               const GlancedFields& fields);

}  // namespace cunju
