// SPDX-License-Identifier: Apache-2.0
//
// Authors who write real, signed changes into one space, from a seed. The changes are kept in the
// order they were made, so every prefix of all() is closed under prev and pins.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "crdt/change/change.h"
#include "crdt/change/part_codec.h"
#include "crdt/crypto/crypto.h"

namespace cunju::testing {

class TestWorld {
 public:
  TestWorld(std::uint64_t seed, std::size_t authors) : random_(seed), dice_(seed) {
    for (std::size_t i = 0; i < authors; ++i) {
      keys_.push_back(crypto::SigningKey::generate(random_));
      logs_.emplace_back();
    }
    write(0, {});
  }

  /// Later changes pin something at random now and then.
  bool pins_any = true;

  SpaceId space() const { return all_.front().space(); }
  const std::vector<Change>& all() const { return all_; }
  const std::vector<Change>& log(std::size_t author) const { return logs_[author]; }
  AuthorKey author(std::size_t index) const { return keys_[index].author(); }
  std::size_t authors() const { return keys_.size(); }
  std::uint64_t roll(std::uint64_t sides) { return dice_() % sides; }

  /// One register of one record set to a value of this many bytes.
  std::vector<Part> one_register(std::size_t value_bytes = 12) {
    Links links{.salt = random_.make<Salt>(),
                .record = random_.make<RecordId>(),
                .registry = "rental",
                .parents = {}};
    if (!all_.empty()) links.parents.push_back(all_.back().id);
    // Random letters, so that packing and length are those of real text.
    std::string text(value_bytes, ' ');
    for (char& c : text) c = static_cast<char>('a' + roll(26));
    Body body{.salt = random_.make<Salt>(),
              .operations = {make_operation(OperationKind::kRegisterSet, "address", text)}};
    std::vector<Part> parts;
    parts.push_back(make_part(kOpenScope, encode_links(links).value(), encode_body(body).value()));
    return parts;
  }

  const Change& write(std::size_t author, std::vector<Part> parts) {
    ChangeHeader header{.author = keys_[author].author()};
    std::vector<Change>& log = logs_[author];
    header.claimed_ms = 1'767'225'600'000 + 60'000 * all_.size() + roll(60'000);
    if (!all_.empty()) {
      header.space = space();
      header.seq = {log.size()};
      if (!log.empty()) header.prev = log.back().id;
      if (log.empty()) header.pins = {all_[0].id};
      if (pins_any && roll(4) == 0) header.pins = {all_[roll(all_.size())].id};
      if (roll(16) == 0) header.seen = random_.make<Hash>();
    }
    log.push_back(sign_change(keys_[author], header, std::move(parts)));
    all_.push_back(log.back());
    return log.back();
  }
  const Change& write(std::size_t author) { return write(author, one_register()); }
  void write_any(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) write(roll(authors()));
  }
  /// A change that takes the place of log(author)[seq]: what a copied device would sign.
  Change fork(std::size_t author, std::size_t seq) {
    ChangeHeader header = logs_[author][seq].header;
    return sign_change(keys_[author], header, one_register());
  }

  crypto::SeededRandom& random() { return random_; }

 private:
  crypto::SeededRandom random_;
  std::mt19937_64 dice_;
  std::vector<crypto::SigningKey> keys_;
  std::vector<std::vector<Change>> logs_;
  std::vector<Change> all_;
};

}  // namespace cunju::testing
