// SPDX-License-Identifier: Apache-2.0
//
// On whose account attachments are here: those that were attached here, and those that came and
// that nobody had asked for. As long as such a one is here its author and its space are charged
// with it, also when the record refers to another one by then: otherwise whoever replaces one scan
// again and again fills every disk. It is also how this `data` knows that a file came while it was
// in use: a copy of `data` from before says nothing of it. In the `data` environment, sealed under
// the storage key. Local; never sent. docs/formats/store.md
//   key   := first 16 bytes of BLAKE2b-256(key: storage key, "cunju charge 1" | space)
//          | first 16 bytes of BLAKE2b-256(key: storage key, "cunju charge 1" | address)
//   value := sealed: author[32] | address[32] | bytes u64
// Not thread safe beyond what its environment is; several processes may use it.
#pragma once

#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "crdt/attachment/chunk_tree.h"
#include "crdt/base/ids.h"
#include "crdt/crypto/crypto.h"
#include "node/store/environment.h"

namespace cunju::attachments {

struct Charge {
  AuthorKey author;  ///< Who attached it.
  attachment::BlobId blob;
};

class ChargeBook {
 public:
  static constexpr std::string_view kTable = "charges";
  /// All are borrowed.
  ChargeBook(store::Environment& data, store::Table table, const crypto::Secret<32>& storage,
             crypto::RandomSource& random)
      : data_(data), table_(table), storage_(storage), random_(random) {}

  /// Those of one space, also of what is gone meanwhile. A row that does not open charges nobody.
  /// Errors: those of the store.
  Result<std::vector<Charge>> of(const SpaceId& space) const;
  /// Those of them that are noted in any of these spaces. Errors: those of the store.
  Result<std::set<attachment::Address>> known(std::span<const SpaceId> spaces,
                                              const std::set<attachment::Address>& addresses) const;
  /// Durable. One that is noted already stays as it is, unless this one is larger: of two sizes of
  /// one address one is a lie. Errors: those of the store.
  Result<void> note(const SpaceId& space, const Charge& charge);

 private:
  Bytes part_of_key(ByteView of) const;
  Bytes key_of(const SpaceId& space, const attachment::Address& address) const;

  store::Environment& data_;
  store::Table table_;
  const crypto::Secret<32>& storage_;
  crypto::RandomSource& random_;
};

}  // namespace cunju::attachments
