// SPDX-License-Identifier: Apache-2.0
//
// In which spaces attachments are wanted that are not here, as of the last look at their records:
// so that a hello asks a few rows and not all records of all spaces. In the `data` environment,
// beside the positions that it speaks of; sealed under the storage key. Nothing but a memory: what
// is missing or does not open has everything looked at again.
//   key   := kind u8 | first 16 bytes of BLAKE2b-256(key: storage key, "cunju want 1" | space)
//   kind  := 'w': something is wanted | 'r': its records refer to attachments, none is wanted
//          | 'f': it was looked at when parts had been filled in so often
//   value := sealed: space[32], and of 'f' u64 (node/replica/fillings.h)
//   of the key 'l': sealed: position u64 | asks[16] | reader[32]
// Not thread safe beyond what its environment is; several processes may use it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crdt/crypto/crypto.h"
#include "node/attachments/blob_folder.h"
#include "node/attachments/charge_book.h"
#include "node/replica/fillings.h"
#include "node/store/environment.h"

namespace cunju::attachments {

/// What was looked at: what was written before that position, as that reader reads it, with what
/// had been asked for then.
struct Look {
  std::uint64_t position = 0;
  Asks asks{};
  Hash reader;  ///< Of whose keys read, and of what the program takes for an attachment.
  friend bool operator==(const Look&, const Look&) = default;
};

/// What a space's records say.
struct SpaceFinding {
  bool refers = false;  ///< To attachments.
  bool wants = false;   ///< One that is not here.
  friend bool operator==(const SpaceFinding&, const SpaceFinding&) = default;
};

class WantBook {
 public:
  static std::vector<std::string> table_names();
  /// All three are borrowed; `data`: where the replica has its tables as well.
  static Result<std::unique_ptr<WantBook>> open(store::Environment& data,
                                                const crypto::Secret<32>& storage,
                                                crypto::RandomSource& random);

  /// What came unasked, which is beside it: the same programs open both.
  ChargeBook& charges() { return charges_; }

  /// None: nothing was looked at yet. Errors of all: kTampered, those of the store.
  Result<std::optional<Look>> last_look();
  Result<std::vector<SpaceId>> wanting();
  /// Those that refer to attachments, wanted or not.
  Result<std::vector<SpaceId>> referring();
  /// How often parts have been filled in until now, and until what was looked at was looked at.
  Result<replica::Fillings> fillings();
  Result<replica::Fillings> looked_fillings();
  /// Whether it says just that, and that these fillings were looked at.
  Result<bool> says(const std::map<SpaceId, SpaceFinding>& found, const replica::Fillings& looked);
  /// Notes what was found; `before`: the look that the finder knew. `looked`: how often parts had
  /// been filled in when it began to look; those that came since, by whatever process, are looked
  /// at again. Where another process has looked meanwhile, the older look of both counts, as every
  /// row is of then or later. Gives what counts now.
  Result<Look> note(const std::optional<Look>& before, const Look& now,
                    const std::map<SpaceId, SpaceFinding>& found, const replica::Fillings& looked);

 private:
  WantBook(store::Environment& data, store::Table table, store::Table meta, store::Table charges,
           const crypto::Secret<32>& storage, crypto::RandomSource& random)
      : data_(data),
        table_(table),
        meta_(meta),
        storage_(storage),
        random_(random),
        charges_(data, charges, storage, random) {}
  Bytes key_of(char kind, const SpaceId& space) const;
  Result<std::optional<Look>> read_look(const store::ReadTransaction& txn) const;
  Result<std::vector<SpaceId>> read(std::string_view kinds);
  /// Visits what rows of that kind hold, of so many bytes each.
  Result<void> scan(const store::ReadTransaction& txn, char kind, std::size_t bytes,
                    const std::function<void(ByteView plain)>& visit) const;
  Result<void> put(store::WriteTransaction& txn, char kind, const SpaceId& space, ByteView plain);
  Result<void> put_looked(store::WriteTransaction& txn, const replica::Fillings& looked);
  Result<replica::Fillings> read_looked(const store::ReadTransaction& txn) const;
  /// All of its rows open.
  bool is_sound(const store::ReadTransaction& txn) const;
  bool is_as_found(const store::ReadTransaction& txn, const SpaceId& space,
                   const SpaceFinding& found) const;

  store::Environment& data_;
  store::Table table_;
  store::Table meta_;
  const crypto::Secret<32>& storage_;
  crypto::RandomSource& random_;
  ChargeBook charges_;
};

}  // namespace cunju::attachments
