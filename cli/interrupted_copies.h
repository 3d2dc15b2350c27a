// SPDX-License-Identifier: Apache-2.0
//
// Copies for persons, and exports that disclose, whose writing was cut off (the program was killed,
// the power failed). What is readable of a copy lies beside where it was to be, under its name with
// six characters more; an export is written where it is to be, and has its manifest last. The
// node's own notes say where that was, so nothing else has to be kept about it.
#pragma once

#include <filesystem>
#include <vector>

#include "cli/session.h"

namespace cunju::cli {

/// Those that lie there still, ascending. What holds anything but a copy's files is none.
Result<std::vector<std::filesystem::path>> find_interrupted_copies(node::Node& node);
/// The folders of exports that disclose confidential parts and have no manifest, ascending.
Result<std::vector<std::filesystem::path>> find_interrupted_disclosures(node::Node& node);
/// Names each copy, and says what to do.
Result<void> warn_of_interrupted_copies(const Invocation& call, node::Node& node);

}  // namespace cunju::cli
