// SPDX-License-Identifier: Apache-2.0
//
// The merge laws again, written straight from their definitions over explicit ancestor sets and
// with nothing of the code under test. Both sides are rendered to text and compared.
#pragma once

#include <string>
#include <vector>

#include "tests/crdt/types/history.h"

namespace cunju::test {

/// What the laws say about the changes in `given`.
std::string expected_view(const History& history, const std::vector<bool>& given);
/// What a view says, through its public accessors, in the same words.
std::string describe_view(const RecordView& view);

}  // namespace cunju::test
