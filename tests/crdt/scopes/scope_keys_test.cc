// SPDX-License-Identifier: Apache-2.0
//
// What a reader with the key of one part alone makes of a change.
#include "crdt/scopes/scope_keys.h"

#include <catch2/catch.hpp>

#include "crdt/change/part_codec.h"

using namespace cunju;

namespace {

/// A change with two sealed parts and an open one.
struct SealedChange {
  crypto::SeededRandom random{7};
  SpaceId space = random.make<SpaceId>();
  crypto::SigningKey author = crypto::SigningKey::generate(random);
  crypto::EpochKey key = crypto::EpochKey::generate(random);
  Scope scope{2};
  crypto::EpochId epoch = crypto::epoch_id(key, space, scope);
  Bytes links =
      encode_links({.salt = {}, .record = {}, .registry = "mediation", .parents = {}}).value();
  Bytes body = encode_body({.salt = {}, .operations = {}}).value();
  Change change = make();

  Change make() {
    const ChangeHeader header{
        .space = space, .author = author.author(), .seq = Seq{4}, .prev = ChangeId{{1}}};
    std::vector<Part> parts{make_part(kOpenScope, links, body)};
    for (std::uint16_t i = 1; i <= 2; ++i) {
      const crypto::Place place{.space = space,
                                .author = author.author(),
                                .seq = header.seq,
                                .prev = header.prev,
                                .part_index = i,
                                .scope = scope,
                                .epoch = epoch};
      auto sealed = crypto::seal_part(key, place, {.links = links, .body = body}, random).value();
      parts.push_back(make_part(scope, std::move(sealed.links), std::move(sealed.body)));
    }
    return sign_change(author, header, std::move(parts));
  }
  ScopeKeys of_epoch() const {
    ScopeKeys out;
    out.add(scope, epoch, crypto::EpochKey{key.secret.clone()});
    return out;
  }
};

std::vector<Opening> open_with(const ScopeKeys& keys, Change change) {
  return open_parts(keys, change);
}

}  // namespace

TEST_CASE("the key of one part opens it as the epoch's key does, and leaves all others sealed") {
  SealedChange sealed;
  std::optional<KeyOfPart> of_second = sealed.of_epoch().key_of_part(sealed.change, 2);
  REQUIRE(of_second);
  CHECK(of_second->epoch == sealed.epoch);
  ScopeKeys alone;
  alone.add_part(sealed.change.id, 2, std::move(*of_second));
  CHECK(alone.is_empty());
  CHECK(open_with(alone, sealed.change) ==
        std::vector{Opening::kOpen, Opening::kNoKey, Opening::kOpened});
  Change opened = sealed.change, by_epoch = sealed.change;
  open_parts(alone, opened);
  open_parts(sealed.of_epoch(), by_epoch);
  CHECK(opened.parts[2] == by_epoch.parts[2]);
  CHECK(opened.parts[2].body == sealed.body);
  CHECK(opened.parts[1].presence == Presence::kWithheld);
}

TEST_CASE("the key of one part that is given for another opens neither") {
  SealedChange sealed;
  ScopeKeys wrong;
  wrong.add_part(sealed.change.id, 1, sealed.of_epoch().key_of_part(sealed.change, 2).value());
  CHECK(open_with(wrong, sealed.change) ==
        std::vector{Opening::kOpen, Opening::kUnreadable, Opening::kNoKey});
}

TEST_CASE("there is no key of an open part, of one that is withheld, or of a stranger's epoch") {
  SealedChange sealed;
  CHECK_FALSE(sealed.of_epoch().key_of_part(sealed.change, 0));
  CHECK_FALSE(ScopeKeys().key_of_part(sealed.change, 1));
  Change withheld = sealed.change;
  withheld.parts[1].presence = Presence::kWithheld;
  withheld.parts[1].links.clear();
  CHECK_FALSE(sealed.of_epoch().key_of_part(withheld, 1));
}
