// SPDX-License-Identifier: Apache-2.0
// Input: whether sketches are used however few heads there are (u8, odd), how many messages of an
// honest opening come first (u8), then messages of the peer, each length u16 (little endian) |
// bytes. A session must end with a goodbye or go on; nothing else.
#include <algorithm>

#include "crdt/base/check.h"
#include "net/sync/session.h"
#include "tests/support/memory_port.h"
#include "tests/support/test_world.h"

using namespace cunju;

namespace {

constexpr sync::Time kNow{0};

struct Fixture {
  testing::TestWorld world{1, 3};
  std::vector<Bytes> opening;
  std::size_t whole_list_heads;

  explicit Fixture(bool sketches) : whole_list_heads(sketches ? 0 : limits::kWholeListHeads) {
    world.write_any(12);
    // An honest peer with everything, recorded against a replica with a part of it.
    testing::MemoryPort full;
    testing::MemoryPort part = replica();
    full.share(world.space());
    for (const Change& change : world.all()) full.put(change);
    sync::Session peer(full, WireKey{{1}}, Bytes(64),
                       {.whole_list_heads = whole_list_heads, .batch_target_bytes = 700});
    sync::Session own(part, WireKey{{2}}, Bytes(64), {.whole_list_heads = whole_list_heads});
    std::vector<Bytes> to_peer = own.start(kNow).messages;
    opening = peer.start(kNow).messages;
    for (std::size_t said = 0, heard = 0; said < opening.size() || heard < to_peer.size();) {
      if (said < opening.size()) append_all(to_peer, own.on_message(kNow, opening[said++]));
      if (heard < to_peer.size()) append_all(opening, peer.on_message(kNow, to_peer[heard++]));
    }
  }
  static void append_all(std::vector<Bytes>& to, sync::Actions actions) {
    std::ranges::move(actions.messages, std::back_inserter(to));
  }
  testing::MemoryPort replica() {
    testing::MemoryPort port;
    port.share(world.space());
    for (std::size_t i = 0; i < 5; ++i) port.put(world.all()[i]);
    return port;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Fixture listing = (crypto::initialize(), Fixture(false));
  static Fixture sketching(true);
  ByteReader in(ByteView(data, size));
  Fixture& fixture = in.u8() % 2 == 0 ? listing : sketching;
  testing::MemoryPort port = fixture.replica();
  sync::Session session(port, WireKey{{2}}, Bytes(64),
                        {.whole_list_heads = fixture.whole_list_heads});
  (void)session.start(kNow);
  std::size_t honest = in.u8() % (fixture.opening.size() + 1);
  for (std::size_t i = 0; i < honest; ++i) (void)session.on_message(kNow, fixture.opening[i]);
  while (in.ok() && !in.at_end()) {
    bool was_closed = session.is_closed();
    sync::Actions actions = session.on_message(kNow, in.take(in.u16()));
    CUNJU_CHECK(!was_closed || (actions.messages.empty() && !actions.close), "an end is an end");
    CUNJU_CHECK(session.is_closed() == (was_closed || actions.close.has_value()),
                "a session that ends says so");
  }
  for (const ChangeId& id : port.ids(fixture.world.space()))
    CUNJU_CHECK(
        std::ranges::find(fixture.world.all(), id, &Change::id) != fixture.world.all().end(),
        "only authentic changes are admitted");
  return 0;
}
