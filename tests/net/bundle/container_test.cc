// SPDX-License-Identifier: Apache-2.0
#include "net/bundle/container.h"

#include <catch2/catch.hpp>
#include <set>

#include "net/bundle/letter.h"

using namespace cunju;
using namespace cunju::bundle;

namespace {

struct Parties {
  crypto::SeededRandom random{7};
  crypto::DhKey recipient = crypto::DhKey::generate(random);
  crypto::DhKey other = crypto::DhKey::generate(random);
  crypto::SigningKey node = crypto::SigningKey::generate(random);

  Letter letter() {
    return {.id = random.make<LetterId>(),
            .bundle = random.make<BundleId>(),
            .part = 3,
            .is_last = false,
            .from = node.node(),
            .from_wire = other.wire(),
            .claimed_ms = 1'767'225'600'000,
            .chunks = 2,
            .spaces = {{.space = {{1}}, .changes = 5, .bytes = 600},
                       {.space = {{2}}, .changes = 1, .bytes = 90}}};
  }
};

Bytes content(std::size_t size, std::uint8_t byte) { return Bytes(size, byte); }

}  // namespace

TEST_CASE("what is sealed for a node opens for it in its place, and nowhere else") {
  Parties parties;
  Sealer sealer = Sealer::make(parties.recipient.wire(), parties.random).value();
  const Bytes first = sealer.seal_chunk(content(kChunkRoom, 1));
  const Bytes second = sealer.seal_chunk(content(10, 2));
  const Bytes head = sealer.seal_head(content(kLetterRoom, 3));
  for (const Bytes* block : {&first, &second, &head}) CHECK(block->size() == kBlockBytes);

  const Opener opener = Opener::open(parties.recipient, head).value();
  CHECK(opener.open_letter(head).value() == content(kLetterRoom, 3));
  CHECK(opener.open_chunk(1, first).value() == content(kChunkRoom, 1));
  Bytes padded = content(10, 2);
  padded.resize(kChunkRoom);
  CHECK(opener.open_chunk(2, second).value() == padded);
  CHECK(opener.open_chunk(2, first).error().code == Errc::kTampered);
  CHECK(opener.open_chunk(1, second).error().code == Errc::kTampered);
  CHECK(opener.open_chunk(0, first).error().code == Errc::kMalformed);
  CHECK(opener.open_chunk(1, ByteView(first).first(100)).error().code == Errc::kMalformed);

  CHECK(Opener::open(parties.other, head).error() == Error{Errc::kTampered, "bundle: commitment"});
  Sealer another = Sealer::make(parties.recipient.wire(), parties.random).value();
  const Bytes other_head = another.seal_head({});
  CHECK(Opener::open(parties.recipient, other_head).value().open_chunk(1, first).has_error());
  CHECK(opener.open_letter(other_head).has_error());
}

TEST_CASE("a flipped bit anywhere in a block is found") {
  Parties parties;
  Sealer sealer = Sealer::make(parties.recipient.wire(), parties.random).value();
  const Bytes chunk = sealer.seal_chunk(content(2000, 9));
  const Bytes head = sealer.seal_head(content(300, 4));
  const Opener opener = Opener::open(parties.recipient, head).value();
  for (std::size_t at = 0; at < kBlockBytes; at += at < kHeadClearBytes ? 1 : 997) {
    CAPTURE(at);
    Bytes damaged = chunk;
    damaged[at] ^= 0x10;
    CHECK(opener.open_chunk(1, damaged).has_error());
    damaged = head;
    damaged[at] ^= 0x10;
    Result<Opener> opened = Opener::open(parties.recipient, damaged);
    CHECK((opened.has_error() || opened.value().open_letter(damaged).has_error()));
  }
}

TEST_CASE(
    "a head of no bundle, of a newer program, or with a key that everybody knows is refused") {
  Parties parties;
  Sealer sealer = Sealer::make(parties.recipient.wire(), parties.random).value();
  const Bytes head = sealer.seal_head({});
  CHECK(Opener::open(parties.recipient, {}).error().code == Errc::kMalformed);
  CHECK(Opener::open(parties.recipient, Bytes(kBlockBytes)).error().code == Errc::kMalformed);
  Bytes newer = head;
  newer[8] = 2;
  CHECK(Opener::open(parties.recipient, newer).error().code == Errc::kUnsupported);
  Bytes low = head;
  std::fill_n(low.begin() + 9, 32, std::uint8_t{0});
  CHECK(Opener::open(parties.recipient, low).error().code == Errc::kTampered);
  CHECK(Sealer::make(WireKey{}, parties.random).error().code == Errc::kMalformed);
}

TEST_CASE("two files for one node have nothing in common but their first nine bytes") {
  Parties parties;
  Sealer a = Sealer::make(parties.recipient.wire(), parties.random).value();
  Sealer b = Sealer::make(parties.recipient.wire(), parties.random).value();
  const Bytes head_a = a.seal_head(content(50, 1)), head_b = b.seal_head(content(50, 1));
  CHECK(equal(ByteView(head_a).first(9), ByteView(head_b).first(9)));
  std::size_t same = 0;
  for (std::size_t at = 9; at < kBlockBytes; ++at) same += head_a[at] == head_b[at] ? 1u : 0u;
  CHECK(same < kBlockBytes / 128);  // About one byte in 256.
  // Nor does a key of anybody stand in it.
  const auto found =
      std::search(head_a.begin(), head_a.end(), parties.recipient.public_key().begin(),
                  parties.recipient.public_key().end());
  CHECK(found == head_a.end());
}

TEST_CASE("a letter comes back as it was, and is its node's alone in its file alone") {
  Parties parties;
  Sealer sealer = Sealer::make(parties.recipient.wire(), parties.random).value();
  const Letter letter = parties.letter();
  const Bytes text =
      encode_letter(letter, parties.node, parties.recipient.wire(), sealer.ephemeral());
  Bytes padded = text;
  padded.resize(kLetterRoom);
  CHECK(decode_letter(padded, parties.recipient.wire(), sealer.ephemeral()).value() == letter);

  CHECK(decode_letter(padded, parties.other.wire(), sealer.ephemeral()).error().code ==
        Errc::kBadSignature);
  CHECK(decode_letter(padded, parties.recipient.wire(), {{1}}).error().code == Errc::kBadSignature);
  for (std::size_t at = 0; at < text.size(); ++at) {
    CAPTURE(at);
    Bytes damaged = padded;
    damaged[at] ^= 1;
    CHECK(decode_letter(damaged, parties.recipient.wire(), sealer.ephemeral()).has_error());
  }
  for (std::size_t size = 0; size < text.size(); ++size)
    CHECK(decode_letter(ByteView(text).first(size), parties.recipient.wire(), sealer.ephemeral())
              .has_error());
}

TEST_CASE("a letter with as many spaces as it may list has room in its head") {
  Parties parties;
  Sealer sealer = Sealer::make(parties.recipient.wire(), parties.random).value();
  Letter letter = parties.letter();
  letter.spaces.clear();
  std::set<SpaceId> spaces;
  while (spaces.size() < 512) spaces.insert(parties.random.make<SpaceId>());
  for (const SpaceId& space : spaces)
    letter.spaces.push_back({.space = space,
                             .changes = UINT64_MAX,
                             .bytes = UINT64_MAX - 1,
                             .attachments = UINT32_MAX,
                             .attachment_bytes = UINT64_MAX - 2,
                             .parts = UINT32_MAX - 1});
  const Bytes text =
      encode_letter(letter, parties.node, parties.recipient.wire(), sealer.ephemeral());
  CHECK(text.size() <= kLetterRoom);
  CHECK(decode_letter(text, parties.recipient.wire(), sealer.ephemeral()).value() == letter);
}

TEST_CASE("slots go on with the places of chunks and are of another size") {
  Parties parties;
  Sealer sealer = Sealer::make(parties.recipient.wire(), parties.random).value();
  const Bytes head = sealer.seal_head(Bytes(10, 1));
  const Bytes chunk = sealer.seal_chunk(Bytes(20, 2)), slot = sealer.seal_slot(Bytes(30, 3));
  CHECK(slot.size() == kSlotBytes);
  const Opener opener = Opener::open(parties.recipient, head).value();
  CHECK(ByteView(opener.open_slot(2, slot).value())[29] == 3);
  CHECK(opener.open_slot(1, slot).has_error());
  CHECK(opener.open_slot(3, slot).has_error());
  CHECK(opener.open_chunk(2, slot).has_error());
  CHECK(opener.open_slot(1, chunk).has_error());
  CHECK(annex_blocks(0) == 0);
  CHECK(annex_blocks(1) == 2);
  CHECK(annex_blocks(64) == 65);
  CHECK(slots_in(65) == 64);
  CHECK(slots_in(1) == 0);
}

TEST_CASE("a letter from before annexes has none, and older programs read one with an annex") {
  Parties parties;
  Sealer sealer = Sealer::make(parties.recipient.wire(), parties.random).value();
  Letter letter = parties.letter();
  const Bytes before =
      encode_letter(letter, parties.node, parties.recipient.wire(), sealer.ephemeral());
  letter.slots = 7;
  const Bytes text =
      encode_letter(letter, parties.node, parties.recipient.wire(), sealer.ephemeral());
  CHECK(decode_letter(text, parties.recipient.wire(), sealer.ephemeral()).value() == letter);
  CHECK(decode_letter(before, parties.recipient.wire(), sealer.ephemeral()).value().slots == 0);
  letter.slots = 65'535;
  const Bytes large =
      encode_letter(letter, parties.node, parties.recipient.wire(), sealer.ephemeral());
  CHECK(decode_letter(large, parties.recipient.wire(), sealer.ephemeral()).error().context ==
        "kMaxBundleBlocks");
}
