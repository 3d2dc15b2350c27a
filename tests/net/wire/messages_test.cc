// SPDX-License-Identifier: Apache-2.0
#include "net/wire/messages.h"

#include <catch2/catch.hpp>

#include "crdt/attachment/pieces.h"
#include "crdt/base/limits.h"
#include "crdt/crypto/crypto.h"

using namespace cunju;
using namespace cunju::wire;

namespace {

std::vector<Message> examples() {
  return {Hello{.version = 3, .features = 5, .fingerprint = {{1, 2}}},
          Spaces{},
          Spaces{{{.token = {{1}}, .heads = {{9}}}, {.token = {{2}}, .heads = {}}}},
          Symbols{.items = 100'000, .symbols = {{{1, 2, 3}, 0xFFFFFF, 0xFF}, {}}},
          Symbols{},
          MoreSymbols{77},
          News{{{.space = {{1}}, .heads = {{1, 2, 3}}},
                {.space = {{2}}, .heads = {{4, 5, 6}, {7, 8, 9}}}}},
          News{},
          Difference{.changed = {{1, 2, 3}}, .added = {{4, 5, 6}, {7, 8, 9}}, .lacking = {{1, 2}}},
          Difference{},
          Heads{.token = {{4}},
                .entries = {{.author = {{1}}, .seq = {7}, .id = {{8}}}},
                .is_last = false},
          Heads{.token = {{4}}, .entries = {}, .is_last = true},
          Samples{.token = {{4}},
                  .author = {{5}},
                  .entries = {{.seq = {9}, .id = {{1}}}, {.seq = {0}, .id = {{2}}}},
                  .is_answer = true},
          Samples{.token = {{4}}, .author = {}, .entries = {}, .is_answer = false},
          Plan{{{.token = {{1}}, .changes = 2, .bytes = 3}}},
          Plan{.spaces = {{.token = {{1}}, .changes = 2, .bytes = 300},
                          {.token = {{2}}, .changes = UINT64_MAX, .bytes = 0}},
               .is_in_columns = true},
          Runs{.batch = 6, .token = {{4}}, .runs = Bytes(100'000, 0xA5)},
          Ack{.batch = 1, .admitted = 2, .known = 3, .held = 4, .refused = 5},
          CaughtUp{},
          AskChunks{.token = {{4}}, .blob = {{{9}}, 70'000}, .first = 1, .count = 1},
          Chunk{.chunk = Bytes(limits::kAttachmentChunkBytes, 7),
                .path = std::vector<Hash>(limits::kMaxAttachmentTreeDepth, Hash{{3}})},
          Chunk{},
          AskPieces{.token = {{4}}, .blob = {{{9}}, 70'000}, .first = 7, .count = 2},
          Piece{.bytes = Bytes(limits::kAttachmentPieceBytes, 7),
                .path = std::vector<Hash>(limits::kMaxAttachmentTreeDepth, Hash{{3}})},
          Piece{.bytes = Bytes(1), .path = {}},
          Piece{},
          FetchDone{},
          Ping{77},
          Pong{78},
          Bye{.code = ByeCode::kDiskFull, .text = "no space left"}};
}

}  // namespace

TEST_CASE("every message comes back as it went in") {
  for (const Message& message : examples()) {
    CAPTURE(message.index());
    CHECK(decode_message(encode_message(message).value()).value() == message);
  }
}

TEST_CASE("the largest lists fit one message and one entry more does not") {
  Spaces spaces;
  for (std::uint32_t i = 0; i < limits::kMaxSpacesPerPeer; ++i) {
    SpaceSummary summary;
    summary.token.value = {static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i), 1};
    summary.heads.value.fill(0xEE);
    spaces.spaces.push_back(summary);
  }
  CHECK(decode_message(encode_message(spaces).value()).value() == Message(spaces));
  spaces.spaces.emplace_back();
  CHECK(encode_message(spaces).error().context == "kMaxSpacesPerPeer");

  Heads heads;
  AuthorHead head{.author = {}, .seq = {UINT64_MAX}, .id = {}};
  head.author.value.fill(0xAB);
  head.id.value.fill(0xCD);
  heads.entries.assign(limits::kMaxHeadsPerMessage, head);
  CHECK(decode_message(encode_message(heads).value()).value() == Message(heads));
  heads.entries.push_back(head);
  CHECK(decode_message(encode_message(heads).value()).error().context == "kMaxHeadsPerMessage");

  Samples samples{.token = {}, .author = {}, .entries = {}};
  samples.entries.assign(limits::kMaxSamples, {.seq = {UINT64_MAX}, .id = head.id});
  CHECK(decode_message(encode_message(samples).value()).value() == Message(samples));
  samples.entries.push_back({.seq = {0}, .id = head.id});
  CHECK(decode_message(encode_message(samples).value()).error().context == "kMaxSamples");

  Runs runs{.batch = 0, .token = {}, .runs = Bytes(limits::kMaxMessageBytes)};
  CHECK(encode_message(runs).error().context == "kMaxMessageBytes");
}

TEST_CASE("the messages of pieces have the recorded bytes") {
  attachment::BlobId blob{.address = {}, .bytes = 70'000};
  blob.address.value.fill(0xAD);
  SpaceToken token;
  token.value.fill(0x70);
  const AskPieces ask{.token = token, .blob = blob, .first = 7, .count = 2};
  CHECK(to_hex(encode_message(ask).value()) ==
        "100e500201011800005002020770110111070211058231090201ff70707070707070700570707070"
        "70707070adadadadadadadadadadadadadadadadadadadadadadadadadadadadadadadad");
  Hash hash;
  hash.value.fill(0x3A);
  const Piece piece{.bytes = {1, 2, 3}, .path = {hash}};
  CHECK(to_hex(encode_message(piece).value()) ==
        "100b50020101190000400211051a3105020107010203ff3a3a3a3a3a3a3a3a033a3a3a3a3a3a3a3a"
        "3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a");
  CHECK(to_hex(encode_message(Piece{}).value()) == "1006500201011900004002110502110102");
}

TEST_CASE("lists out of order are malformed") {
  Spaces spaces{{{.token = {{2}}, .heads = {}}, {.token = {{1}}, .heads = {}}}};
  CHECK(decode_message(encode_message(spaces).value()).error().code == Errc::kMalformed);
  Plan plan{{{.token = {{2}}}, {.token = {{2}}}}};
  CHECK(decode_message(encode_message(plan).value()).error().code == Errc::kMalformed);
}

TEST_CASE("a goodbye is short, printable and has a reason even when that is unknown here") {
  Bye bye{.code = ByeCode::kLimit, .text = std::string(1000, '\n')};
  Bye read = std::get<Bye>(decode_message(encode_message(bye).value()).value());
  CHECK(read.text == std::string(limits::kMaxByeTextBytes, '?'));
  bye = {.code = static_cast<ByeCode>(999), .text = ""};
  read = std::get<Bye>(decode_message(encode_message(bye).value()).value());
  CHECK(read.code == ByeCode::kProtocol);
  for (Errc error : {Errc::kProtocol, Errc::kMalformed, Errc::kLimit, Errc::kBadSignature,
                     Errc::kTampered, Errc::kUnsupported, Errc::kDiskFull, Errc::kIo})
    CHECK(bye_error(bye_code(error)) == error);
  CHECK(bye_code(Errc::kCorrupt) == ByeCode::kIo);
}

TEST_CASE("damaged and random messages are errors, never crashes") {
  const std::uint64_t seed = 31;
  CAPTURE(seed);
  crypto::SeededRandom random(seed);
  for (int round = 0; round < 4000; ++round) {
    auto dice = random.make<Hash>();
    (void)decode_message(dice.view().first(dice.value[31] % 32));
    std::vector<Message> all = examples();
    Bytes bytes = encode_message(all[dice.value[0] % all.size()]).value();
    for (std::size_t i = 0; i < 1u + dice.value[1] % 4; ++i)
      bytes[(dice.value[2 + i] * 256u + dice.value[8 + i]) % bytes.size()] ^= dice.value[14 + i];
    (void)decode_message(bytes);
    (void)decode_message(ByteView(bytes).first(dice.value[20] % bytes.size()));
  }
}

TEST_CASE("a small message can't claim to unpack to a large one") {
  Bytes bomb = {0x71, 0xFF, 0xFF, 0xFF, 0x00};
  for (int i = 0; i < 60'000; ++i) append(bomb, Bytes{0x00, 0xFF});
  CHECK(decode_message(bomb).has_error());
}
