// SPDX-License-Identifier: Apache-2.0
//
// Links and bodies as the words of their Cap'n Proto messages (crdt/change/change.capnp), split
// into what each part has of its own and what follows from that. Of one layout only, the one that
// this program writes; whatever is laid out otherwise, sealed or made by a newer program has no
// such form and travels as it is. Pure; no thread rule.
//   links := size | root | pointers of salt, record, registry, parents | salt | record | registry
//            | pointers of the parents | parents
//   body  := size | root | pointers of salt, operations | salt | tag of the list | operation*
//            | per operation: field | value | its bytes | previous | its bytes
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"

namespace cunju::run {

/// Bytes are views into words or columns.
struct LinksFields {
  ByteView salt;      ///< 16 bytes.
  ByteView record;    ///< 16 bytes.
  ByteView registry;  ///< At most limits::kMaxNameBytes.
  ByteView parents;   ///< 32 bytes each, at most limits::kMaxParents.
};
/// Empty when the words are not exactly those that links_words() makes of the fields.
std::optional<LinksFields> find_links_fields(ByteView words);
Bytes links_words(const LinksFields& fields);

/// What a value of an operation holds, by its number in the schema.
enum class ValueKind : std::uint8_t { kNone = 0, kInteger = 1, kText = 2, kData = 3 };
struct ValueFields {
  ValueKind kind = ValueKind::kNone;
  std::uint64_t integer = 0;  ///< As it stands, two's complement.
  ByteView bytes;             ///< Of a text without its final zero.
};
struct OperationFields {
  std::uint16_t kind = 0;
  std::string field;
  ValueFields value;
  ValueFields previous;
};
struct BodyFields {
  ByteView salt;  ///< 16 bytes.
  std::vector<OperationFields> operations;
};
/// Empty when the words are not exactly those that body_words() makes of the fields.
std::optional<BodyFields> find_body_fields(ByteView words);
/// The fields' bytes together have at most limits::kMaxBatchBytes.
Bytes body_words(const BodyFields& fields);

}  // namespace cunju::run
