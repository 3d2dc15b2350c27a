// SPDX-License-Identifier: Apache-2.0
// Envelopes of foreign bytes. The first byte chooses:
//   0 the bytes are sealed links and body;
//   1 they are laid over a good envelope (exclusive or): it opens only if they change nothing;
//   2 they are a plaintext that a key holder padded: what is taken has one padded form;
//   3 they are links and body to seal: they come back.
#include <algorithm>

#include "crdt/base/check.h"
#include "crdt/crypto/envelope.h"
#include "crdt/crypto/padding.h"

using namespace cunju;
using crypto::Place;
using crypto::SealedPart;

namespace {

struct Desk {
  crypto::SeededRandom random{1};
  crypto::EpochKey key = crypto::EpochKey::generate(random);
  Place place{.space = {{1}},
              .author = {{2}},
              .seq = {3},
              .prev = {{4}},
              .part_index = 5,
              .scope = {6},
              .epoch = crypto::epoch_id(key, {{1}}, {6})};
  SealedPart part =
      crypto::seal_part(key, place, {.links = as_bytes("links"), .body = as_bytes("body")}, random)
          .value();
  crypto::PartKey part_key = crypto::derive_part_key(key, place, part.links).value();
};

Bytes overlay(const Bytes& bytes, ByteView over) {
  Bytes out = bytes;
  for (std::size_t i = 0; i < std::min(out.size(), over.size()); ++i)
    out[i] = static_cast<std::uint8_t>(out[i] ^ over[i]);
  return out;
}

// The fuzzer learns the good envelope from the comparisons here, so it gets past the commitment.
void open_foreign(const Desk& desk, ByteView links, ByteView body) {
  constexpr std::size_t kHeaderBytes = 53;
  const bool good_header =
      links.size() >= kHeaderBytes &&
      equal(links.first(kHeaderBytes), ByteView(desk.part.links).first(kHeaderBytes));
  const bool key = crypto::derive_part_key(desk.key, desk.place, links).has_value();
  CUNJU_CHECK(!key || good_header, "nobody commits without the key");
  const bool links_open = crypto::open_links(desk.part_key, desk.place, links).has_value();
  CUNJU_CHECK(links_open == equal(links, desk.part.links), "nobody seals links without the key");
  const bool body_opens = crypto::open_body(desk.part_key, desk.place, links, body).has_value();
  CUNJU_CHECK(body_opens == (key && equal(body, desk.part.body)),
              "nobody seals a body without the key");
}

void open_overlaid(const Desk& desk, ByteView over_links, ByteView over_body) {
  const Bytes links = overlay(desk.part.links, over_links);
  const Bytes body = overlay(desk.part.body, over_body);
  CUNJU_CHECK(crypto::open_links(desk.part_key, desk.place, links).has_value() ==
                  (links == desk.part.links),
              "links open only as they were sealed");
  CUNJU_CHECK(crypto::open_body(desk.part_key, desk.place, desk.part.links, body).has_value() ==
                  (body == desk.part.body),
              "a body opens only as it was sealed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Desk desk = [] {
    crypto::initialize();
    return Desk();
  }();
  if (size < 2) return 0;
  const ByteView rest(data + 2, size - 2);
  const ByteView front = rest.first(std::min<std::size_t>(data[1], rest.size()));
  const ByteView back = rest.subspan(front.size());
  if (data[0] % 4 == 0) open_foreign(desk, front, back);
  if (data[0] % 4 == 1) open_overlaid(desk, front, back);
  if (data[0] % 4 == 2) {
    const std::optional<std::size_t> plain = crypto::unpadded_size(rest);
    CUNJU_CHECK(!plain || equal(crypto::pad(rest.first(*plain)), rest), "one padded form");
  }
  if (data[0] % 4 == 3) {
    crypto::SeededRandom random(size);
    const Result<SealedPart> sealed =
        crypto::seal_part(desk.key, desk.place, {.links = front, .body = back}, random);
    if (!sealed) return 0;
    const SealedPart& part = sealed.value();
    const auto key = crypto::derive_part_key(desk.key, desk.place, part.links);
    CUNJU_CHECK(key.has_value(), "what was sealed here names its key");
    const auto links = crypto::open_links(key.value(), desk.place, part.links);
    const auto body = crypto::open_body(key.value(), desk.place, part.links, part.body);
    CUNJU_CHECK(links.has_value() && equal(links.value(), front), "links come back");
    CUNJU_CHECK(body.has_value() && equal(body.value(), back), "a body comes back");
  }
  return 0;
}
