// SPDX-License-Identifier: Apache-2.0
//
// The change: the signed unit that travels. Byte grammar (little endian), docs/formats/change.md:
//   header    := suite u8 | space[32] | author[32] | seq u64 | prev[32] | pin_count u8 | pin[32]*
//                | seen[32] | claimed_ms u64 | part_count u16 | parts_hash[32]
//   signature := Ed25519(author, "cunju change 1" || header)
//   id        := BLAKE2b-256("cunju id 1" || header || signature)
//   change    := header | signature | part*
//   part      := scope u16 | presence u8 | present: size u32 links size u32 body
//                                         | erased: size u32 links body_hash[32]
//                                         | withheld, redacted: part_hash[32]
// A change is never re-encoded: parsing is strict, so parse then encode gives the same bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"

namespace cunju {

inline constexpr std::uint8_t kSuiteEd25519Blake2b = 1;

struct ChangeHeader {
  SpaceId space;  ///< Zero in a founding change, whose space is its own id.
  AuthorKey author;
  Seq seq;
  ChangeId prev;                 ///< Zero at seq 0.
  std::vector<ChangeId> pins;    ///< Roster heads, ascending; empty: as in the change before.
  Hash seen;                     ///< Newest witness statement the author knew; zero: none.
  std::uint64_t claimed_ms = 0;  ///< The author's clock, UTC since 1970: shown, never trusted.
  std::uint16_t part_count = 0;
  Hash parts_hash;

  bool is_founding() const { return space.is_zero(); }
  friend bool operator==(const ChangeHeader&, const ChangeHeader&) = default;
};

enum class Presence : std::uint8_t { kPresent = 0, kWithheld = 1, kErased = 2, kRedacted = 3 };

/// What one change says about one record. Withheld and redacted parts have no links and no body;
/// an erased part keeps its links.
struct Part {
  Scope scope;
  Presence presence = Presence::kPresent;
  Bytes links;
  Bytes body;
  Hash body_hash;  ///< Set when erased.
  Hash part_hash;  ///< Always set; parse_change computes it where the bytes are here.

  friend bool operator==(const Part&, const Part&) = default;
};

struct Change {
  ChangeHeader header;
  Signature signature;
  std::vector<Part> parts;
  ChangeId id;  ///< Derived.

  /// The space the change belongs to.
  SpaceId space() const { return header.is_founding() ? SpaceId{id.value} : header.space; }
  friend bool operator==(const Change&, const Change&) = default;
};

Hash part_hash(Scope scope, const Hash& links_hash, const Hash& body_hash);
/// A present part from its packed links and body.
Part make_part(Scope scope, Bytes links, Bytes body);
/// Hash over the scopes and part hashes, as the header holds it.
Hash parts_hash(const std::vector<Part>& parts);

Bytes encode_header(const ChangeHeader& header);
ChangeId change_id(ByteView header_bytes, const Signature& signature);

/// Fills part_count and parts_hash, signs, derives the id. Parts must be present and within the
/// limits (CUNJU_CHECK): a local author has checked them before.
Change sign_change(const crypto::SigningKey& author, ChangeHeader header, std::vector<Part> parts);

Bytes encode_change(const Change& change);
/// Size of encode_change's bytes.
std::size_t encoded_size(const Change& change);
/// Appends encode_change's bytes.
void append_change(Bytes& out, const Change& change);
/// Parses exactly `bytes`. Checks layout, limits, canonical order of pins and that the parts match
/// the header's parts_hash; not the signature. Errors: kMalformed, kLimit, kUnsupported (suite).
Result<Change> parse_change(ByteView bytes);
/// Only the fixed part and the signature, at the front of `bytes`.
struct SignedHeader {
  ChangeHeader header;
  Signature signature;
  ChangeId id;
  std::size_t size = 0;  ///< Bytes of header and signature.
};
Result<SignedHeader> parse_signed_header(ByteView bytes);

/// True when the change's own signature verifies.
bool has_valid_signature(const Change& change);

/// The chain rules between neighbours of one author's log: same author and space, next seq, prev
/// names the predecessor. Error kMalformed says which rule broke.
Result<void> check_successor(const Change& before, const Change& after);
/// The rules a change must meet alone: zero prev exactly at seq 0, founding only at seq 0 and
/// without pins, a first change of another author has pins. Error kMalformed.
Result<void> check_alone(const Change& change);

}  // namespace cunju
