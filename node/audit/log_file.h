// SPDX-License-Identifier: Apache-2.0
//
// One author's log as a file of an export: (size u32 | change)*, little endian, each change the
// very bytes that its author signed (crdt/change/change.h). Reading is bounded and strict. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crdt/change/change.h"

namespace cunju::audit {

void append_log_entry(Bytes& out, const Change& change);

struct LogFile {
  std::vector<Change> changes;  ///< Those before the first fault, in the order of the file.
  /// Empty when the whole file was read. Otherwise what is wrong, at which byte of the file.
  std::string fault;
  std::size_t fault_offset = 0;
};

LogFile parse_log_file(ByteView bytes);

}  // namespace cunju::audit
