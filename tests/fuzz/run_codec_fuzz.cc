// SPDX-License-Identifier: Apache-2.0
// Input: runs of a space as they come from a peer. What decodes must encode to the same bytes.
#include "crdt/base/check.h"
#include "crdt/crypto/crypto.h"
#include "net/wire/run_codec.h"

using namespace cunju;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool initialized = (crypto::initialize(), true);
  CUNJU_CHECK(initialized, "libsodium starts");
  const SpaceId space{{1}};
  ByteView input(data, size);
  Result<std::vector<wire::Run>> runs = wire::decode_runs(space, input);
  if (runs.has_error()) return 0;
  Result<Bytes> again = wire::encode_runs(space, runs.value());
  CUNJU_CHECK(again.has_value() && equal(again.value(), input), "runs have one spelling");
  return 0;
}
