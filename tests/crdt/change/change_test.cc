// SPDX-License-Identifier: Apache-2.0
#include "crdt/change/change.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "crdt/base/limits.h"
#include "crdt/change/part_codec.h"
#include "tests/support/vector_bytes.h"

using namespace cunju;

namespace {

const char* const kVectorFolder = CUNJU_SOURCE_DIR "/tests/vectors/";

Links example_links() {
  return {.salt = {{1, 2, 3}},
          .record = {{4, 5, 6}},
          .registry = "rental",
          .parents = {ChangeId{{7}}, ChangeId{{8}}}};
}

Body example_body() {
  return {.salt = {{9}},
          .operations = {
              make_operation(OperationKind::kRegisterSet, "address", std::string("幸福里3幢")),
              make_operation(OperationKind::kRegisterSet, "area", std::int64_t{8650}),
              make_operation(OperationKind::kSetAdd, "tags", Bytes{1, 2}),
              make_operation(OperationKind::kStateMove, "state", std::string("checked"),
                             std::string("draft")),
              make_operation(OperationKind::kRegisterSet, "phone", NoValue{})}};
}

/// The example that tests/vectors/change_1.hex pins down: nothing random in it.
Change example_change() {
  crypto::SeededRandom random(7);
  crypto::SigningKey author = crypto::SigningKey::generate(random);
  ChangeHeader header{.space = {{0xAA}},
                      .author = author.author(),
                      .seq = {3},
                      .prev = {{0xBB}},
                      .pins = {ChangeId{{1}}, ChangeId{{2}}},
                      .seen = {},
                      .claimed_ms = 1767225600000,
                      .part_count = 0,
                      .parts_hash = {}};
  std::vector<Part> parts;
  parts.push_back(make_part(kOpenScope, encode_links(example_links()).value(),
                            encode_body(example_body()).value()));
  parts.push_back(make_part(Scope{2}, Bytes{1, 2, 3}, Bytes{4, 5}));
  return sign_change(author, header, parts);
}

}  // namespace

TEST_CASE("version 1 of a change has the recorded bytes") {
  Change change = example_change();
  CHECK(to_hex(encode_change(change)) == test::vector_hex("change_1.hex"));
  CHECK(change.id.hex() == test::vector_hex("change_1_id.hex"));
}

TEST_CASE("the recorded bytes of version 1 still mean what they meant") {
  const Bytes bytes = test::vector_bytes("change_1.hex");
  Result<Change> change = parse_change(bytes);
  REQUIRE(change.has_value());
  CHECK(has_valid_signature(change.value()));
  CHECK(decode_links(change.value().parts[0].links).value() == example_links());
  CHECK(decode_body(change.value().parts[0].body).value() == example_body());
  CHECK(encode_change(change.value()) == bytes);
}

TEST_CASE("a parsed change encodes to the same bytes") {
  Change change = example_change();
  Bytes bytes = encode_change(change);
  Result<Change> parsed = parse_change(bytes);
  REQUIRE(parsed.has_value());
  CHECK(parsed.value() == change);
  CHECK(encoded_size(change) == bytes.size());
}

TEST_CASE("every single flipped bit of a change is refused or breaks its signature") {
  Bytes bytes = encode_change(example_change());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes changed = bytes;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    Result<Change> parsed = parse_change(changed);
    if (parsed.has_value()) {
      INFO("bit " << bit);
      CHECK_FALSE(has_valid_signature(parsed.value()));
    }
  }
}

TEST_CASE("every truncation of a change is refused") {
  Bytes bytes = encode_change(example_change());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK(parse_change(ByteView(bytes).first(size)).has_error());
  }
}

TEST_CASE("erased, withheld and redacted parts keep the change's id and signature") {
  Change whole = example_change();
  for (Presence presence : {Presence::kErased, Presence::kWithheld, Presence::kRedacted}) {
    Change reduced = whole;
    Part& part = reduced.parts[0];
    part.presence = presence;
    part.body_hash = presence == Presence::kErased ? crypto::hash({part.body}) : Hash{};
    part.body.clear();
    if (presence != Presence::kErased) part.links.clear();
    CHECK(encoded_size(reduced) == encode_change(reduced).size());
    Result<Change> parsed = parse_change(encode_change(reduced));
    REQUIRE(parsed.has_value());
    CHECK(parsed.value().id == whole.id);
    CHECK(has_valid_signature(parsed.value()));
    CHECK(parsed.value().parts[0].part_hash == whole.parts[0].part_hash);
  }
}

TEST_CASE("pins out of order, too many pins and an unknown suite are named") {
  Change change = example_change();
  std::swap(change.header.pins[0], change.header.pins[1]);
  CHECK(parse_change(encode_change(change)).error().code == Errc::kMalformed);
  change.header.pins.assign(limits::kMaxPins + 1, ChangeId{});
  CHECK(parse_change(encode_change(change)).error() == Error{Errc::kLimit, "kMaxPins"});
  Bytes bytes = encode_change(example_change());
  bytes[0] = 9;
  CHECK(parse_change(bytes).error().code == Errc::kUnsupported);
}

TEST_CASE("the rules between neighbours of a log are checked") {
  crypto::SeededRandom random(8);
  crypto::SigningKey author = crypto::SigningKey::generate(random);
  Change first = sign_change(author, {.author = author.author()}, {});
  REQUIRE(check_alone(first).has_value());
  ChangeHeader next{.space = first.space(),
                    .author = author.author(),
                    .seq = {1},
                    .prev = first.id,
                    .pins = {first.id}};
  CHECK(check_successor(first, sign_change(author, next, {})).has_value());
  auto broken = [&](auto&& edit) {
    ChangeHeader header = next;
    edit(header);
    return check_successor(first, sign_change(author, header, {})).has_error();
  };
  CHECK(broken([](ChangeHeader& header) { header.seq = {2}; }));
  CHECK(broken([](ChangeHeader& header) { header.prev.value[0] ^= 1; }));
  CHECK(broken([](ChangeHeader& header) { header.space.value[0] ^= 1; }));
  CHECK(broken([](ChangeHeader& header) { header.space = {}; }));
  ChangeHeader lonely{.space = first.space(), .author = author.author()};
  CHECK(check_alone(sign_change(author, lonely, {})).has_error());
  lonely.pins = {first.id};
  CHECK(check_alone(sign_change(author, lonely, {})).has_value());
}

// Run by hand once per format version: crdt_tests "[record-vectors]". Never edits an older version.
TEST_CASE("record the vectors of the current version", "[.][record-vectors]") {
  Change change = example_change();
  std::ofstream(std::string(kVectorFolder) + "change_1.hex")
      << to_hex(encode_change(change)) << "\n";
  std::ofstream(std::string(kVectorFolder) + "change_1_id.hex") << change.id.hex() << "\n";
}
