// SPDX-License-Identifier: Apache-2.0
// The bytes of a roster operation: what decodes comes back from its own encoding.
#include <cstdlib>

#include "crdt/roster/operations.h"

using namespace cunju;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Result<RosterOperation> read = decode_roster_operation({data, size});
  if (!read || std::holds_alternative<UnknownRosterOperation>(read.value())) return 0;
  const Result<RosterOperation> back =
      decode_roster_operation(encode_roster_operation(read.value()));
  if (!back || back.value() != read.value()) std::abort();
  return 0;
}
