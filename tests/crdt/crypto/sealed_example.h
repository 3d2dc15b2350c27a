// SPDX-License-Identifier: Apache-2.0
//
// One epoch and places in it, from a seed: what the tests of epoch keys and envelopes start from.
#pragma once

#include "crdt/crypto/envelope.h"

namespace cunju::sealed_example {

struct Example {
  explicit Example(std::uint64_t seed) : random(seed) {}

  crypto::SeededRandom random;
  crypto::EpochKey epoch_key = crypto::EpochKey::generate(random);
  crypto::SigningKey clerk = crypto::SigningKey::generate(random);
  crypto::SigningKey mediator = crypto::SigningKey::generate(random);
  crypto::Place place{.space = random.make<SpaceId>(),
                      .author = clerk.author(),
                      .seq = {41},
                      .prev = random.make<ChangeId>(),
                      .part_index = 1,
                      .scope = {2},
                      .epoch = {}};
  crypto::WrapContext context{};

  /// The epoch's id is made from its key, space and scope.
  void name_epoch() {
    place.epoch = crypto::epoch_id(epoch_key, place.space, place.scope);
    context = {.space = place.space,
               .scope = place.scope,
               .epoch = place.epoch,
               .recipient = mediator.author(),
               .sender = clerk.author()};
  }

  Bytes bytes(std::size_t size) {
    Bytes out(size);
    random.fill(out);
    return out;
  }

  /// Any number from 0 to `limit` - 1.
  std::size_t below(std::size_t limit) {
    std::array<std::uint8_t, 8> raw{};
    random.fill(raw);
    return get_u64_be(raw) % limit;
  }
};

inline Example make_example(std::uint64_t seed) {
  Example out(seed);
  out.name_epoch();
  return out;
}

inline crypto::SealedPart seal(Example& example, ByteView links, ByteView body) {
  return crypto::seal_part(example.epoch_key, example.place, {.links = links, .body = body},
                           example.random)
      .value();
}

}  // namespace cunju::sealed_example
