// SPDX-License-Identifier: Apache-2.0
#include "net/bundle/receipt.h"

#include <catch2/catch.hpp>
#include <functional>

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
  // Of one log as many as of all together: it may have very many branches.
  KnownLogs many;
  many[author] = {};
  for (std::uint64_t seq = limits::kMaxReceiptSamples; seq > 0; --seq)
    many[author].push_back({{seq}, {}});
  CHECK(error_of(many) == "taken");
}

TEST_CASE("what a receipt says to lack comes back as it was, and nothing is not the same as none") {
  Example example;
  CHECK_FALSE(decode_receipt(example.receipt.space, encode_receipt(example.receipt, example.node))
                  .value()
                  .attachments);
  example.receipt.attachments.emplace();
  CHECK(decode_receipt(example.receipt.space, encode_receipt(example.receipt, example.node))
            .value()
            .attachments.has_value());
  example.receipt.attachments = {
      {.blob = {.address = {{1}}, .bytes = 100}, .is_wanted = true, .chunks = {}},
      {.blob = {.address = {{1}}, .bytes = 200}, .is_wanted = false, .chunks = {}},
      {.blob = {.address = {{2}}, .bytes = 400'000},
       .is_wanted = true,
       .chunks = {{.first = 0, .count = 2}, {.first = 6, .count = 1}}}};
  example.receipt.parts = {{.is_open = false, .span = {{{9}}, {3}, {5, 1}}},
                           {.is_open = true, .span = {{{1}}, {0}, {1}}},
                           {.is_open = true, .span = {{{1}}, {1024}, {128}}}};
  const Bytes bytes = encode_receipt(example.receipt, example.node);
  CHECK(decode_receipt(example.receipt.space, bytes).value() == example.receipt);
}

TEST_CASE(
    "a receipt that lists what it lacks in a wrong order, twice or beyond its end is refused") {
  const auto error_of = [](const std::function<void(Receipt&)>& spoil) {
    Example example;
    example.receipt.attachments = {
        {.blob = {.address = {{1}}, .bytes = 400'000},
         .is_wanted = true,
         .chunks = {{0, 2}, {6, 1}}},
        {.blob = {.address = {{2}}, .bytes = 100}, .is_wanted = true, .chunks = {}}};
    example.receipt.parts = {{.is_open = false, .span = {{{9}}, {3}, {5, 1}}},
                             {.is_open = true, .span = {{{1}}, {0}, {1}}}};
    spoil(example.receipt);
    const Result<Receipt> out =
        decode_receipt(example.receipt.space, encode_receipt(example.receipt, example.node));
    return out.has_error() ? out.error().context : std::string("taken");
  };
  CHECK(error_of([](Receipt&) {}) == "taken");
  const std::string chunks = "receipt: chunks of an attachment";
  CHECK(error_of([](Receipt& r) { r.attachments->at(0).chunks[1] = {7, 1}; }) == chunks);
  CHECK(error_of([](Receipt& r) { r.attachments->at(0).chunks[1] = {6, 0}; }) == chunks);
  CHECK(error_of([](Receipt& r) { r.attachments->at(0).chunks[1] = {6, UINT32_MAX}; }) == chunks);
  CHECK(error_of([](Receipt& r) { r.attachments->at(0).chunks[1] = {2, 1}; }) == chunks);
  CHECK(error_of([](Receipt& r) { r.attachments->at(0).chunks[1] = {1, 1}; }) == chunks);
  CHECK(error_of([](Receipt& r) { r.attachments->at(1).blob.bytes = 3; }) ==
        "receipt: size of an attachment");
  CHECK(error_of([](Receipt& r) { r.attachments->at(1).blob = r.attachments->at(0).blob; }) ==
        "receipt: attachments are not ascending");
  CHECK(error_of([](Receipt& r) { r.parts[1].is_open = false; }) ==
        "receipt: parts are not ascending");
  const std::string numbers = "receipt: numbers of a log";
  CHECK(error_of([](Receipt& r) { r.parts[0].span.bits = {}; }) == numbers);
  CHECK(error_of([](Receipt& r) { r.parts[0].span.bits = {1, 0}; }) == numbers);
  CHECK(error_of([](Receipt& r) { r.parts[0].span.bits = Bytes(129, 1); }) == numbers);
  CHECK(error_of([](Receipt& r) { r.parts[0].span.first = {UINT64_MAX - 5}; }) == numbers);
}

TEST_CASE("a receipt that lacks as much as it may say fits its item") {
  Example example;
  example.receipt.attachments.emplace();
  for (std::size_t i = 0; i < limits::kMaxReceiptLacked; ++i)
    example.receipt.attachments->push_back(
        {.blob = {.address = {{static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}},
                  .bytes = 1'000'000},
         .is_wanted = i % 2 == 0,
         .chunks = {{0, 1}, {5, 3}}});
  for (std::size_t i = 0; i < limits::kMaxReceiptPartSpans; ++i)
    example.receipt.parts.push_back(
        {.is_open = true, .span = {{{1}}, {i * limits::kMaxSpanSeqs}, Bytes(128, 0xA7)}});
  const Bytes bytes = encode_receipt(example.receipt, example.node);
  CHECK(bytes.size() <= limits::kMaxBundleItemBytes);
  CHECK(decode_receipt(example.receipt.space, bytes).value() == example.receipt);
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
