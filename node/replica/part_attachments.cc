// SPDX-License-Identifier: Apache-2.0
#include "node/replica/part_attachments.h"

#include "crdt/change/part_codec.h"

namespace cunju::replica {

void add_attachments_of(const Part& part, std::set<attachment::Address>& out) {
  if (part.presence != Presence::kPresent) return;
  const Result<Body> body = decode_body(part.body);
  if (body.has_error()) return;
  for (const Operation& operation : body.value().operations) {
    if (const auto found = attachment::find_reference(operation.value)) out.insert(found->address);
  }
}

}  // namespace cunju::replica
