// SPDX-License-Identifier: Apache-2.0
//
// What people write: a few edits of few records, so that they collide; every field kind, and what
// only a newer program understands. The table of operations is the place to add a kind.
#pragma once

#include <vector>

#include "node/replica/replica.h"
#include "tests/simulation/context.h"

namespace cunju::simulation {

class Writer {
 public:
  explicit Writer(Context& context);
  /// One save: one to three drafts, each about one to three records.
  std::vector<replica::ChangeDraft> save();
  std::vector<Operation> operations();
  const std::vector<RecordId>& records() const { return records_; }
  /// The registry a record was opened in.
  static std::string registry_of(std::size_t record) {
    return record % 3 == 2 ? "rental" : "minutes";
  }

 private:
  replica::ChangeDraft draft();

  Context& context_;
  std::vector<RecordId> records_;
};

}  // namespace cunju::simulation
