// SPDX-License-Identifier: Apache-2.0
// A part of foreign bytes in a confidential scope, as a reader with the key takes it: it opens as
// it was sealed or not at all. First byte: bit 0, laid over a good part; bit 1, in a founding
// change.
#include <algorithm>

#include "crdt/base/check.h"
#include "crdt/scopes/scope_keys.h"

using namespace cunju;

namespace {

struct Desk {
  crypto::SeededRandom random{1};
  SpaceId space{{1}};
  Scope scope{2};
  crypto::SigningKey author = crypto::SigningKey::generate(random);
  crypto::EpochKey key = crypto::EpochKey::generate(random);
  crypto::EpochId epoch = crypto::epoch_id(key, space, scope);
  Bytes links{1, 2, 3}, body{4, 5};
  crypto::SealedPart sealed = crypto::seal_part(key,
                                                {.space = space,
                                                 .author = author.author(),
                                                 .seq = Seq{1},
                                                 .prev = {{9}},
                                                 .part_index = 0,
                                                 .scope = scope,
                                                 .epoch = epoch},
                                                {links, body}, random)
                                  .value();
  ScopeKeys keys;
  Desk() { keys.add(scope, epoch, crypto::EpochKey{key.secret.clone()}); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Desk desk = [] {
    crypto::initialize();
    return Desk();
  }();
  if (size < 1) return 0;
  Bytes links(data + 1, data + size), body = desk.sealed.body;
  if ((data[0] & 1) != 0) {
    links.resize(std::max(links.size(), desk.sealed.links.size() + body.size()));
    for (std::size_t i = 0; i < body.size(); ++i)
      body[i] = static_cast<std::uint8_t>(body[i] ^ links[desk.sealed.links.size() + i]);
    links.resize(desk.sealed.links.size());
    for (std::size_t i = 0; i < links.size(); ++i)
      links[i] = static_cast<std::uint8_t>(links[i] ^ desk.sealed.links[i]);
  }
  Change change;
  if ((data[0] & 2) == 0) change.header.space = desk.space;
  change.header.author = desk.author.author();
  change.header.seq = Seq{1};
  change.header.prev = ChangeId{{9}};
  change.parts.push_back(make_part(desk.scope, links, body));
  const std::vector<Opening> openings = open_parts(desk.keys, change);
  const bool is_opened = openings.at(0) == Opening::kOpened;
  CUNJU_CHECK(is_opened == (links == desk.sealed.links && (data[0] & 2) == 0),
              "links open only as they were sealed");
  if (is_opened) {
    CUNJU_CHECK(change.parts[0].links == desk.links, "as they were");
    CUNJU_CHECK(change.parts[0].body == (body == desk.sealed.body ? desk.body : Bytes()),
                "a body opens only as it was sealed");
  }
  return 0;
}
