// SPDX-License-Identifier: Apache-2.0
//
// A replica on a store of its own, a space with several authors, and small changes to fill it
// with: what the benchmarks measure on. Deterministic from its seed.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "node/replica/replica.h"
#include "tests/support/stored_keys.h"

namespace cunju::bench {

/// A fresh folder that is removed at the end.
class Folder {
 public:
  explicit Folder(const std::filesystem::path& parent);
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

enum class Sealing { kSealed, kOpen };

/// Sealed as a real node's is, unless told otherwise.
struct Store {
  Store(const std::filesystem::path& parent, std::uint64_t seed,
        Sealing sealing = Sealing::kSealed);
  /// A copy of another one as it is, below the same parent.
  Store(const std::filesystem::path& parent, const Store& other, std::uint64_t seed);

  /// As a new program has it, that has read nothing yet.
  void restart();

  Folder folder;
  keys::OpenSealer open_sealer;
  test::StoredKeys keys;
  crypto::SeededRandom random;
  std::unique_ptr<store::Environment> data;
  std::unique_ptr<replica::Replica> replica;

 private:
  void open(keys::ValueSealer& sealer);
  keys::ValueSealer* sealer_ = nullptr;
};

struct Village : Store {
  Village(const std::filesystem::path& parent, std::size_t authors,
          Sealing sealing = Sealing::kSealed);

  /// `count` changes by all authors in turns of `turn`: each sets one register of this many bytes,
  /// every second one of a record that somebody wrote before.
  void fill(std::size_t count, std::size_t turn, std::size_t value_bytes);
  /// One more change by the first author, in one durable transaction.
  void write(const RecordId& record, std::string_view field, std::size_t value_bytes);
  /// The author's log as runs of at most `length` changes.
  std::vector<sync::Run> runs_of(const AuthorKey& author, std::size_t length);
  std::string random_text(std::size_t bytes);

  std::vector<crypto::SigningKey> authors;  ///< The first one founded the space.
  WireKey own_wire, peer_wire;  ///< Of this node and of its peer; the roster names both.
  SpaceId space;
  std::vector<RecordId> records;
  std::uint64_t claimed_ms = 1'767'225'600'000;
};

}  // namespace cunju::bench
