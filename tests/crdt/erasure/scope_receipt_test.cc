// SPDX-License-Identifier: Apache-2.0
#include "crdt/erasure/scope_receipt.h"

#include <catch2/catch.hpp>

#include "crdt/erasure/erasure_act.h"

using namespace cunju;

namespace {

struct Signed {
  crypto::SeededRandom random{5};
  crypto::SigningKey node = crypto::SigningKey::generate(random);
  SpaceId space = random.make<SpaceId>();
  ChangeId act = random.make<ChangeId>();
  ScopeReceipt receipt = sign_scope_receipt(node, space, Replication::kShell, act);
  Bytes bytes = std::get<Bytes>(scope_receipt_operation(receipt).value);
};

}  // namespace

TEST_CASE("a receipt about a scope comes back as it was signed, and proves itself") {
  const Signed it;
  const Result<ScopeReceipt> back = decode_scope_receipt(it.bytes);
  REQUIRE(back.has_value());
  CHECK(back.value() == it.receipt);
  CHECK(verify_scope_receipt(back.value(), it.space));
  CHECK(it.bytes.size() == 1 + 32 + 1 + 32 + 64);
  const Operation operation = scope_receipt_operation(it.receipt);
  CHECK(read_scope_receipt({&operation, 1}) == it.receipt);
}

TEST_CASE("a receipt of another space, node, scope or act is not proven") {
  Signed it;
  CHECK_FALSE(verify_scope_receipt(it.receipt, it.random.make<SpaceId>()));
  ScopeReceipt other = it.receipt;
  other.replication = Replication::kWitness;
  CHECK_FALSE(verify_scope_receipt(other, it.space));
  other = it.receipt;
  other.act.value[0] ^= 1;
  CHECK_FALSE(verify_scope_receipt(other, it.space));
  other = it.receipt;
  other.node.value[0] ^= 1;
  CHECK_FALSE(verify_scope_receipt(other, it.space));
}

TEST_CASE("receipts about scopes and about erasures are not taken for each other") {
  Signed it;
  CHECK(decode_erasure_receipt(it.bytes).error().code == Errc::kUnsupported);
  const Operation erased =
      erasure_receipt_operation(sign_erasure_receipt(it.node, it.space, {it.act}));
  CHECK(decode_scope_receipt(std::get<Bytes>(erased.value)).error().code == Errc::kUnsupported);
  CHECK_FALSE(read_scope_receipt({&erased, 1}));
}

TEST_CASE("every truncation of a receipt about a scope, a byte too many and no scope is refused") {
  Signed it;
  for (std::size_t size = 0; size < it.bytes.size(); ++size)
    CHECK(decode_scope_receipt(ByteView(it.bytes).first(size)).has_error());
  Bytes longer = it.bytes;
  longer.push_back(0);
  CHECK(decode_scope_receipt(longer).error().code == Errc::kMalformed);
  Bytes beyond = it.bytes;
  beyond[33] = 3;
  CHECK(decode_scope_receipt(beyond).error().code == Errc::kMalformed);
}
