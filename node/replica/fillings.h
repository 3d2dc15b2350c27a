// SPDX-License-Identifier: Apache-2.0
//
// How often parts were filled in in each space, counted in the very transaction that filled them.
// Filling moves no position, so whoever remembers what a space's records said goes by this as well,
// and a crash can't part what came from the sign that it came. A row of the table `meta` each.
//   key := "filled " | space[32]        value := u64
// Free functions over a transaction of the caller's.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "crdt/base/ids.h"
#include "node/store/transaction.h"

namespace cunju::replica {

inline constexpr std::string_view kFillingsTable = "meta";

/// Never smaller than before.
using Fillings = std::map<SpaceId, std::uint64_t>;

/// One more, of a change whose parts came.
Result<void> count_filling(store::WriteTransaction& txn, store::Table meta, const SpaceId& space);
/// Of every space in which anything ever was filled in. Errors: kCorrupt, those of the store.
Result<Fillings> read_fillings(const store::ReadTransaction& txn, store::Table meta);

}  // namespace cunju::replica
