// SPDX-License-Identifier: Apache-2.0
//
// Reads what run_encoder.h writes: rebuilds the exact signed bytes of each change. Foreign bytes:
// sizes, counts and ratios are judged before memory is taken. One for each direction of a session.
// Pure; no thread rule.
#pragma once

#include <string>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "net/run/columns.h"
#include "net/run/memory.h"
#include "net/run/part_words.h"
#include "net/run/run_forms.h"
#include "net/wire/rebuilding.h"
#include "net/wire/run.h"

namespace cunju::run {

class RunDecoder {
 public:
  /// `dictionary`: the one that both have, empty when there is none; outlives it.
  explicit RunDecoder(ByteView dictionary = {}, Salts salts = Salts::kSent)
      : dictionary_(dictionary), salts_(salts) {}

  /// The changes are well formed and chained, and a founding change is the space's; no signature
  /// has been checked. Memory stays under a small multiple of the limits of a batch. Errors:
  /// kMalformed, kLimit; the decoder is of no use then.
  Result<std::vector<wire::Run>> decode(const SpaceId& space, ByteView bytes);

 private:
  Result<wire::Run> read_run(ReceivedColumns& in, const SpaceId& space, wire::BatchUse& use);
  /// What the run's first change says of its place.
  Result<ChangeHeader> read_run_head(ReceivedColumns& in, const SpaceId& space);
  Result<void> read_change(ReceivedColumns& in, Change& change, wire::BatchUse& use);
  Result<Part> read_part(ReceivedColumns& in);
  /// Views of columns, of the memory (until the next part) and of `registry`.
  Result<LinksFields> read_links_fields(ReceivedColumns& in, LinksForm form, std::string& registry);
  /// `salt`: of a body in words; else it stays empty.
  Result<Bytes> read_body(ReceivedColumns& in, Scope scope, ByteView& salt);
  Result<OperationFields> read_operation(ReceivedColumns& in);
  Result<std::string> read_name(ReceivedColumns& in);

  ByteView dictionary_;
  Salts salts_;
  Memory memory_{false};
};

}  // namespace cunju::run
