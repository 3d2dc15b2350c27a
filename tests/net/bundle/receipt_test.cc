// SPDX-License-Identifier: Apache-2.0
#include "net/bundle/receipt.h"

#include <catch2/catch.hpp>

#include "net/bundle/bundle_limits.h"
#include "tests/support/memory_port.h"
#include "tests/support/test_world.h"

using namespace cunju;
using namespace cunju::bundle;
using cunju::testing::MemoryPort;
using cunju::testing::TestWorld;

namespace {

struct Example {
  crypto::SeededRandom random{3};
  crypto::SigningKey node = crypto::SigningKey::generate(random);
  Receipt receipt{.space = random.make<SpaceId>(),
                  .node = node.node(),
                  .to = random.make<NodeKey>(),
                  .number = 9,
                  .answers = {random.make<LetterId>(), random.make<LetterId>()},
                  .logs = {{random.make<AuthorKey>(),
                            {{.seq = {7}, .id = random.make<ChangeId>()},
                             {.seq = {3}, .id = random.make<ChangeId>()}}},
                           {random.make<AuthorKey>(), {{.seq = {0}, .id = {}}}}}};
};

}  // namespace

TEST_CASE("a receipt comes back as it was") {
  const Example example;
  const Bytes bytes = encode_receipt(example.receipt, example.node);
  CHECK(decode_receipt(example.receipt.space, bytes).value() == example.receipt);
}

TEST_CASE("a receipt of another space, cut short, or with a flipped bit is refused") {
  const Example example;
  const Bytes bytes = encode_receipt(example.receipt, example.node);
  CHECK(decode_receipt({{1}}, bytes).error().code == Errc::kMalformed);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK(decode_receipt(example.receipt.space, ByteView(bytes).first(size)).has_error());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    CAPTURE(at);
    Bytes damaged = bytes;
    damaged[at] ^= 4;
    CHECK(decode_receipt(example.receipt.space, damaged).has_error());
  }
}

TEST_CASE("a receipt in another node's name does not verify") {
  Example example;
  const Bytes bytes = encode_receipt(example.receipt, example.node);
  // The forger's own signature over the same words.
  const crypto::SigningKey forger = crypto::SigningKey::generate(example.random);
  const ByteView body = ByteView(bytes).subspan(64);
  const std::array<std::uint8_t, 1> suite{1};
  Bytes forged =
      to_bytes(forger.sign("cunju receipt 1", {suite, example.receipt.space.view(), body}).view());
  append(forged, body);
  CHECK(decode_receipt(example.receipt.space, forged).error().code == Errc::kBadSignature);
}

TEST_CASE("receipts with samples out of order, or without any, are refused") {
  auto error_of = [](KnownLogs logs) {
    Example example;
    example.receipt.logs = std::move(logs);
    const Bytes bytes = encode_receipt(example.receipt, example.node);
    Result<Receipt> out = decode_receipt(example.receipt.space, bytes);
    return out.has_error() ? out.error().context : std::string("taken");
  };
  const AuthorKey author{{1}};
  CHECK(error_of({{author, {{{2}, {}}, {{1}, {}}}}}) == "taken");
  CHECK(error_of({{author, {{{1}, {}}, {{2}, {}}}}}) == "receipt: samples do not fall");
  CHECK(error_of({{author, {{{1}, {}}, {{1}, {}}}}}) == "receipt: samples do not fall");
  CHECK(error_of({{author, {}}}) == "receipt: a log without samples");
  CHECK(error_of({{author, {{{UINT64_MAX}, {}}}}}) == "receipt: sequence number out of range");
  KnownLogs many;
  many[author] = {};
  for (std::uint64_t seq = 513; seq > 0; --seq) many[author].push_back({{seq}, {}});
  CHECK(error_of(many) == "kMaxReceiptSamples");
}

TEST_CASE("a receipt of a space with very many logs says as much as fits") {
  MemoryPort port;
  TestWorld world(1, 1);
  port.share(world.space());
  for (const Change& change : world.all()) port.put(change);
  // As many ends as a receipt may hold, and more.
  struct Many final : public sync::Port {
    Result<std::vector<SpaceId>> shared_spaces(const WireKey&) override {
      return std::vector<SpaceId>();
    }
    Result<std::uint64_t> position() override { return std::uint64_t{0}; }
    Result<sync::LogHave> have_before(const SpaceId&, const AuthorKey&, std::uint64_t) override {
      return sync::LogHave{};
    }
    Result<std::vector<ChangeId>> changes_at(const SpaceId&, const AuthorKey&, Seq) override {
      return std::vector<ChangeId>();
    }
    Result<std::vector<wire::AuthorHead>> heads(const SpaceId&) override { return all; }
    Result<std::vector<wire::AuthorHead>> heads_of(const SpaceId&, const AuthorKey&) override {
      return std::vector<wire::AuthorHead>();
    }
    Result<bool> has_change(const SpaceId&, const ChangeId&) override { return true; }
    Result<std::vector<wire::Sample>> samples(const SpaceId&, const AuthorKey&) override {
      return std::vector<wire::Sample>{{{4}, {{4}}}, {{0}, {{1}}}};
    }
    Result<sync::Amount> measure_missing(const SpaceId&, const sync::Have&) override {
      return sync::Amount{};
    }
    Result<std::vector<wire::Run>> next_runs(const SpaceId&, const WireKey&, sync::Have&,
                                             std::size_t) override {
      return std::vector<wire::Run>();
    }
    Result<sync::AcceptReport> accept(const SpaceId&, std::span<const wire::Run>) override {
      return sync::AcceptReport{};
    }
    std::vector<wire::AuthorHead> all;
  } many;
  for (std::uint32_t i = 0; i < limits::kMaxReceiptSamples + 5; ++i) {
    AuthorKey author;
    author.value = {static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8),
                    static_cast<std::uint8_t>(i)};
    many.all.push_back({author, {4}, {{4}}});
  }
  Example example;
  example.receipt.logs = describe_logs(many, example.receipt.space).value();
  CHECK(example.receipt.logs.size() == limits::kMaxReceiptSamples);
  const Bytes bytes = encode_receipt(example.receipt, example.node);
  CHECK(bytes.size() <= limits::kMaxBundleItemBytes);
  CHECK(decode_receipt(example.receipt.space, bytes).value() == example.receipt);
}

TEST_CASE("what a receipt claims and is not here says nothing about what its node has") {
  MemoryPort port;
  TestWorld world(4, 2);
  world.write_any(40);
  port.share(world.space());
  for (const Change& change : world.all()) port.put(change);
  const std::vector<Change>& log = world.log(1);
  REQUIRE(log.size() > 4);
  const ChangeId unknown{{0xEE}};
  auto have = [&](std::vector<wire::Sample> samples) {
    return have_of(port, world.space(), {{world.author(1), std::move(samples)}}).value();
  };
  // Only unknown changes: the author is as if it had not been named, however high the number.
  CHECK(have({{{1'000'000}, unknown}}).logs.empty());
  // Ahead of here, with a common change below: that one counts.
  const sync::Have ahead = have({{{1000}, unknown}, {{3}, log[3].id}, {{0}, log[0].id}});
  CHECK(ahead.logs.at(world.author(1)).count == 4);
}
