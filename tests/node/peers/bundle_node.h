// SPDX-License-Identifier: Apache-2.0
//
// A node as bundles see it: replica, book and keys on temporary stores; and folders that stand for
// sticks. Whose keys it has is said after its village knows the person.
#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "node/attachments/want_book.h"
#include "node/peers/bundle_reading.h"
#include "node/peers/bundle_writing.h"
#include "tests/support/replica_fixture.h"

namespace cunju::test {

struct BundleNode {
  explicit BundleNode(std::uint64_t seed) : replica(seed), random(seed + 500) { reset_book(); }
  BundleNode(std::uint64_t seed, const Person& person) : BundleNode(seed) { become(person); }

  void become(const Person& person) {
    keys.node = crypto::SigningKey::from_seed(person.node.seed());
    keys.author = crypto::SigningKey::from_seed(person.device.seed());
    keys.wire = person.wire.clone();
    keys.clerk = person.name;
    replica->set_own_authors({person.author(), AuthorKey{person.node.node().value}});
    replica->set_own_node(person.node.node());
  }
  /// An empty one: as after a new start from nothing.
  void reset_book() {
    book.reset();
    store.reset();
    folder = std::make_unique<TempFolder>();
    store = require(store::Environment::open(
        {.folder = *folder / "keys", .tables = peers::BundleBook::table_names()}));
    book = require(peers::BundleBook::open(*store, keys.storage, random));
  }
  peers::BundleContext context() {
    return {.replica = *replica,
            .keys = keys,
            .book = *book,
            .random = random,
            .claimed_ms = ++clock + 1'767'225'600'000};
  }
  /// Everybody else in the spaces that are here.
  std::vector<peers::BundlePeer> others() {
    return require(peers::all_bundle_peers(*replica, keys.node.node(), require(replica->spaces())));
  }
  peers::BundlePeer peer(const Person& person) {
    return *require(peers::find_bundle_peer(*replica, person.node.node(), person.wire.wire()));
  }
  peers::WrittenBundle write(const Person& to, const std::filesystem::path& dir,
                             const peers::WriteOptions& options = {}) {
    return require(peers::write_bundles(context(), {peer(to)}, dir, options)).at(0);
  }
  peers::StickReport read(const std::filesystem::path& dir,
                          const peers::ReadOptions& options = {}) {
    return require(peers::read_stick(context(), dir, options));
  }
  void note(const SpaceId& space, const Person& author, int count = 1, std::size_t bytes = 40) {
    for (int i = 0; i < count; ++i) {
      std::string text(bytes, 'a');
      Bytes noise(bytes);
      random.fill(noise);
      for (std::size_t at = 0; at < bytes; ++at) text[at] = static_cast<char>('a' + noise[at] % 26);
      write_record(*replica, space, author, replica->new_record_id(), {set_field("title", text)});
    }
  }
  std::string hash(const SpaceId& space) { return require(replica->state_hash(space)).hex(); }

  TestReplica replica;
  crypto::SeededRandom random;
  keys::UnlockedKeys keys;
  std::unique_ptr<TempFolder> folder;
  std::unique_ptr<store::Environment> store;
  std::unique_ptr<peers::BundleBook> book;
  std::uint64_t clock = 0;
};

/// The chair's node, whose replica knows the village, and an office's, which has joined and has
/// nothing yet. It witnesses nothing: both have the same when it has read everything.
struct TwoNodes {
  TwoNodes() {
    village.become(place.founder);
    require(office.replica->join(place.space, place.founder.wire.wire()));
  }

  BundleNode village{1};
  Village place{found_village(*village.replica, village.random)};
  Person officer{admit_person(*village.replica, place, village.random, "街道办", {"clerk"})};
  BundleNode office{2, officer};
  TempFolder stick;
};

inline std::uint64_t changes_in(const peers::WrittenBundle& bundle) {
  std::uint64_t out = 0;
  for (const peers::WrittenLetter& letter : bundle.letters)
    for (const bundle::SpaceContent& space : letter.letter.spaces) out += space.changes;
  return out;
}

inline Bytes read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}
inline void write_file(const std::filesystem::path& path, ByteView bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}
/// The files of bundles on a stick.
inline std::vector<std::filesystem::path> bundle_files(const std::filesystem::path& dir,
                                                       const std::string& suffix = ".CUB") {
  std::vector<std::filesystem::path> out;
  if (!std::filesystem::exists(dir / "CUNJU")) return out;
  for (const auto& entry : std::filesystem::directory_iterator(dir / "CUNJU"))
    if (entry.path().extension() == suffix) out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

}  // namespace cunju::test
