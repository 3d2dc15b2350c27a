// SPDX-License-Identifier: Apache-2.0
// The bytes of a witness statement: what decodes is ascending and comes back from its own encoding.
#include <algorithm>
#include <cstdlib>

#include "crdt/witness/statement.h"

using namespace cunju;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Result<std::vector<WitnessedHead>> heads = decode_statement({data, size});
  if (!heads) return 0;
  if (!std::ranges::is_sorted(heads.value(), {}, &WitnessedHead::author)) std::abort();
  const Operation again = make_statement(heads.value());
  const Result<std::vector<WitnessedHead>> back = decode_statement(std::get<Bytes>(again.value));
  if (!back || back.value() != heads.value()) std::abort();
  return 0;
}
