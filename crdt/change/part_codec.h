// SPDX-License-Identifier: Apache-2.0
//
// links and body of a part, to and from packed Cap'n Proto (change.capnp). The only place that
// reads them, so the only place where a kj exception can arise and end. Decoding is bounded by
// limits.h before and while parsing; its verdict is a function of the bytes alone, because a part
// that does not decode is void on every node.
#pragma once

#include <string>
#include <vector>

#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/types/operation.h"

namespace cunju {

struct Links {
  Salt salt;
  RecordId record;
  std::string registry;           ///< Not empty, UTF-8, at most limits::kMaxNameBytes.
  std::vector<ChangeId> parents;  ///< Ascending, none twice, at most limits::kMaxParents.

  friend bool operator==(const Links&, const Links&) = default;
};

struct Body {
  Salt salt;
  std::vector<Operation> operations;  ///< At most limits::kMaxOperations.

  friend bool operator==(const Body&, const Body&) = default;
};

/// Errors of encoding: kLimit (too many parents or operations, too large a name, value or result).
Result<Bytes> encode_links(const Links& links);
Result<Bytes> encode_body(const Body& body);
/// Errors of decoding: kMalformed, kLimit.
Result<Links> decode_links(ByteView packed);
Result<Body> decode_body(ByteView packed);

}  // namespace cunju
