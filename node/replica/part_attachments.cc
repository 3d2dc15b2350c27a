// SPDX-License-Identifier: Apache-2.0
#include "node/replica/part_attachments.h"

#include "crdt/change/part_codec.h"

namespace cunju::replica {
namespace {

/// As decode_body() gives an operation with a value of a kind that it does not know.
constexpr std::uint16_t kUninterpretedKind = 0xFFFF;

}  // namespace

bool add_attachments_of(const Part& part, std::set<attachment::Address>& out) {
  if (part.presence != Presence::kPresent) return true;
  const Result<Body> body = decode_body(part.body);
  if (body.has_error()) return false;
  bool is_understood = true;
  for (const Operation& operation : body.value().operations) {
    if (operation.kind == kUninterpretedKind) is_understood = false;
    const auto* bytes = std::get_if<Bytes>(&operation.value);
    if (bytes == nullptr) continue;
    const Result<attachment::Reference> found = attachment::parse_reference(*bytes);
    if (found.has_value()) {
      out.insert(found.value().address);
    } else if (found.error().code == Errc::kUnsupported) {
      is_understood = false;
    }
  }
  return is_understood;
}

}  // namespace cunju::replica
