// SPDX-License-Identifier: Apache-2.0
#include "crdt/witness/statement.h"

#include <catch2/catch.hpp>
#include <random>

#include "crdt/base/limits.h"
#include "crdt/change/part_codec.h"
#include "crdt/roster/roster.h"
#include "tests/support/vector_bytes.h"

using namespace cunju;

namespace {

std::vector<WitnessedHead> some_heads(std::size_t count, std::uint64_t seed = 7) {
  crypto::SeededRandom random(seed);
  std::vector<WitnessedHead> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back({random.make<AuthorKey>(), Seq{i * 300}, random.make<ChangeId>()});
  std::ranges::sort(out);
  return out;
}

Bytes value_of(const Operation& operation) { return std::get<Bytes>(operation.value); }

/// A change that states something, as the node would sign it.
struct Draft {
  Draft() {
    links = {.salt = {},
             .record = witness_record(space, node.author()),
             .registry = std::string(kWitnessRegistry),
             .parents = {}};
    body.operations = {make_statement(some_heads(2))};
  }
  Change sign(Scope scope = kOpenScope, bool is_twice = false) const {
    Part part = make_part(scope, encode_links(links).value(), encode_body(body).value());
    std::vector<Part> parts{part};
    if (is_twice) parts.push_back(part);
    return sign_change(node, {.space = space, .author = node.author(), .pins = {ChangeId{{1}}}},
                       parts);
  }
  crypto::SeededRandom random{3};
  crypto::SigningKey node = crypto::SigningKey::generate(random);
  SpaceId space = random.make<SpaceId>();
  Links links;
  Body body;
};

}  // namespace

TEST_CASE("a witness statement has the bytes of its first version") {
  const Bytes golden = test::vector_bytes("witness_1.hex");
  const std::vector<WitnessedHead> heads = some_heads(3);
  CHECK(to_hex(value_of(make_statement(heads))) == to_hex(golden));
  const Result<std::vector<WitnessedHead>> read = decode_statement(golden);
  REQUIRE(read);
  CHECK(read.value() == heads);
}

TEST_CASE("statements of every size come back as they were made, and the largest fits a value") {
  for (const std::size_t count :
       {std::size_t{1}, std::size_t{2}, std::size_t{100}, limits::kMaxWitnessedHeads}) {
    const Bytes bytes = value_of(make_statement(some_heads(count, count)));
    CHECK(bytes.size() <= limits::kMaxValueBytes);
    const Result<std::vector<WitnessedHead>> read = decode_statement(bytes);
    REQUIRE(read);
    CHECK(read.value() == some_heads(count, count));
  }
}

TEST_CASE("bytes that are no statement don't decode, and none of them does harm") {
  const Bytes good = value_of(make_statement(some_heads(4)));
  CHECK_FALSE(decode_statement({}));
  CHECK_FALSE(decode_statement(ByteView(good).first(good.size() - 1)));
  std::mt19937_64 random(11);
  for (int i = 0; i < 3000; ++i) {
    Bytes bad = good;
    for (std::uint64_t n = 1 + random() % 3; n > 0; --n)
      bad[random() % bad.size()] = static_cast<std::uint8_t>(random());
    CAPTURE(i);
    Result<std::vector<WitnessedHead>> read = decode_statement(bad);
    if (read) CHECK(std::ranges::is_sorted(read.value(), {}, &WitnessedHead::author));
  }
}

TEST_CASE("only a change of exactly that shape is a statement") {
  Draft draft;
  REQUIRE(read_statement(draft.sign()));
  CHECK(*read_statement(draft.sign()) == some_heads(2));
  CHECK_FALSE(read_statement(draft.sign(Scope{1})));
  CHECK_FALSE(read_statement(draft.sign(kOpenScope, true)));
  SECTION("not on another record") { draft.links.record = RecordId{}; }
  SECTION("not in another registry") { draft.links.registry = "minutes"; }
  SECTION("not with another operation beside") {
    draft.body.operations.push_back(make_operation(OperationKind::kDelete, "", NoValue{}));
  }
  SECTION("not of another kind") { draft.body.operations[0].kind = 1; }
  SECTION("not of nothing") { draft.body.operations[0].value = Bytes{}; }
  CHECK_FALSE(read_statement(draft.sign()));
}

TEST_CASE("a node's record differs from another's and in another space") {
  crypto::SeededRandom random(5);
  const auto a = random.make<SpaceId>(), b = random.make<SpaceId>();
  const auto one = random.make<AuthorKey>(), two = random.make<AuthorKey>();
  CHECK(witness_record(a, one) == witness_record(a, one));
  CHECK(witness_record(a, one) != witness_record(a, two));
  CHECK(witness_record(a, one) != witness_record(b, one));
}
