// SPDX-License-Identifier: Apache-2.0
#include "crdt/crypto/epoch_key.h"

#include <catch2/catch.hpp>

#include "crdt/crypto/derivation.h"
#include "tests/crdt/crypto/sealed_example.h"
#include "tests/support/vector_bytes.h"

using namespace cunju;
using crypto::EpochKey;
using crypto::WrapContext;
using sealed_example::Example;
using sealed_example::make_example;

namespace {

Bytes wrapped(Example& example) {
  return crypto::wrap_epoch_key(example.epoch_key, example.context, example.random).value();
}

Error refusal(const Example& example, const WrapContext& context, ByteView wrap) {
  const Result<EpochKey> opened = crypto::unwrap_epoch_key(example.mediator, context, wrap);
  REQUIRE(opened.has_error());
  return opened.error();
}

/// A wrap by the words of docs/formats/envelope.md, with a key that need not be the epoch's.
Bytes wrap_by_the_page(const Example& example, const crypto::Secret<32>& key) {
  crypto::SeededRandom random(77);
  const crypto::DhKey ephemeral = crypto::DhKey::generate(random);
  const auto shared = ephemeral.exchange(crypto::to_dh(example.mediator).public_key());
  const WrapContext& context = example.context;
  const std::uint8_t scope[] = {static_cast<std::uint8_t>(context.scope.value), 0};
  const crypto::Secret<64> keys = crypto::derive_secret<64>(
      shared.value(),
      {crypto::label("cunju wrap 1"), context.space.view(), scope, context.epoch.view(),
       context.recipient.view(), context.sender.view(), ephemeral.public_key()});
  Bytes out{1};
  append(out, ephemeral.public_key());
  append(out, keys.view().first(32));
  append(out, crypto::aead_seal(keys.view().last(32), Bytes(12), out, key.view()));
  return out;
}

}  // namespace

TEST_CASE("an Ed25519 key and its X25519 form agree on both sides, and with other programs") {
  const crypto::SigningKey zero = crypto::SigningKey::from_seed(crypto::Secret<32>());
  CHECK(to_hex(zero.public_key()) ==
        "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29");
  CHECK(to_hex(crypto::to_dh_public(zero.public_key()).value()) ==
        "5bf55c73b82ebe22be80f3430667af570fae2556a6415e6b30d4065300aa947d");
  crypto::SeededRandom random(5);
  for (int i = 0; i < 100; ++i) {
    const crypto::SigningKey key = crypto::SigningKey::generate(random);
    CHECK(crypto::to_dh(key).public_key() == crypto::to_dh_public(key.public_key()).value());
  }
}

TEST_CASE("version 1 of a wrap has the recorded bytes") {
  Example example = make_example(7);
  const Bytes wrap = wrapped(example);
  CHECK(to_hex(wrap) == to_hex(test::vector_bytes("epoch_wrap_1.hex")));
  CHECK(wrap.size() == crypto::kWrapBytes);
  const Result<EpochKey> opened = crypto::unwrap_epoch_key(example.mediator, example.context,
                                                           test::vector_bytes("epoch_wrap_1.hex"));
  REQUIRE(opened.has_value());
  CHECK(opened.value().secret == example.epoch_key.secret);
}

TEST_CASE("a wrap opens for its recipient and no other device, and each wrap is another") {
  const std::uint64_t seed = GENERATE(as<std::uint64_t>{}, 1, 2, 3, 4, 5);
  CAPTURE(seed);
  Example example = make_example(seed);
  const Bytes wrap = wrapped(example);
  const Result<EpochKey> opened = crypto::unwrap_epoch_key(example.mediator, example.context, wrap);
  REQUIRE(opened.has_value());
  CHECK(opened.value().secret == example.epoch_key.secret);
  CHECK(wrapped(example) != wrap);

  WrapContext other = example.context;
  other.recipient = example.clerk.author();
  const Result<EpochKey> stolen = crypto::unwrap_epoch_key(example.clerk, other, wrap);
  REQUIRE(stolen.has_error());
  CHECK(stolen.error().code == Errc::kTampered);
}

TEST_CASE("every single flipped bit of a wrap is refused with a reason") {
  Example example = make_example(11);
  const Bytes wrap = wrapped(example);
  for (std::size_t bit = 0; bit < wrap.size() * 8; ++bit) {
    CAPTURE(bit);
    Bytes changed = wrap;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1u << (bit % 8)));
    const Error error = refusal(example, example.context, changed);
    const std::size_t at = bit / 8;
    CHECK(error.code == (at == 0 ? Errc::kUnsupported : Errc::kTampered));
    const std::string reason = at == 0   ? "wrap: format"
                               : at < 65 ? "wrap: commitment"
                                         : "wrap: ciphertext";
    CHECK_THAT(error.context, Catch::StartsWith(reason));
  }
  for (std::size_t size = 0; size < wrap.size(); ++size)
    CHECK(refusal(example, example.context, ByteView(wrap).first(size)).code == Errc::kMalformed);
  Bytes longer = wrap;
  longer.push_back(0);
  CHECK(refusal(example, example.context, longer).code == Errc::kMalformed);
}

TEST_CASE("a wrap opens in its own space, scope and epoch and from its own sender only") {
  Example example = make_example(12);
  const Bytes wrap = wrapped(example);
  auto check_refused = [&](auto change) {
    WrapContext moved = example.context;
    change(moved);
    const Error error = refusal(example, moved, wrap);
    CHECK(error.code == Errc::kTampered);
    CHECK_THAT(error.context, Catch::StartsWith("wrap: commitment"));
  };
  check_refused([](WrapContext& moved) { moved.space.value[31] ^= 1; });
  check_refused([](WrapContext& moved) { moved.scope.value ^= 1; });
  check_refused([](WrapContext& moved) { moved.scope.value ^= 0x100; });
  check_refused([](WrapContext& moved) { moved.epoch.value[0] ^= 1; });
  check_refused([](WrapContext& moved) { moved.sender.value[0] ^= 1; });
}

TEST_CASE("an officer who wraps another key under the epoch's name is found out") {
  Example example = make_example(13);
  REQUIRE(crypto::unwrap_epoch_key(example.mediator, example.context,
                                   wrap_by_the_page(example, example.epoch_key.secret)));
  const crypto::Secret<32> other(example.bytes(32));
  const Error error = refusal(example, example.context, wrap_by_the_page(example, other));
  CHECK(error.code == Errc::kTampered);
  CHECK_THAT(error.context, Catch::StartsWith("wrap: epoch id"));
}

TEST_CASE("an ephemeral key that makes the shared secret zero is refused") {
  Example example = make_example(14);
  const std::string points[] = {std::string(64, '0'),
                                "01" + std::string(62, '0'),
                                "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                                "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                                "ec" + std::string(60, 'f') + "7f",
                                "ed" + std::string(60, 'f') + "7f",
                                "ee" + std::string(60, 'f') + "7f"};
  for (const std::string& point : points) {
    CAPTURE(point);
    Bytes wrap = wrapped(example);
    std::ranges::copy(parse_hex(point).value(), wrap.begin() + 1);
    const Error error = refusal(example, example.context, wrap);
    CHECK(error.code == Errc::kTampered);
    CHECK(error.context == "wrap: the ephemeral key shares no secret");
  }
}

TEST_CASE("nothing is wrapped to a roster key of small order or off the curve") {
  Example example = make_example(15);
  const std::string points[] = {"01" + std::string(62, '0'), std::string(64, '0'),
                                "ec" + std::string(60, 'f') + "7f",
                                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"};
  for (const std::string& point : points) {
    CAPTURE(point);
    example.context.recipient = AuthorKey::from_hex(point).value();
    const Result<Bytes> wrap =
        crypto::wrap_epoch_key(example.epoch_key, example.context, example.random);
    REQUIRE(wrap.has_error());
    CHECK(wrap.error().code == Errc::kMalformed);
  }
  // Half of all bytes are no point at all, and of the points one in eight is in the subgroup.
  int usable = 0;
  for (int i = 0; i < 400; ++i)
    if (crypto::to_dh_public(example.bytes(32))) ++usable;
  CHECK(usable < 80);
}

TEST_CASE("an epoch's id depends on its key, space and scope") {
  Example example = make_example(16);
  Example other = make_example(17);
  const crypto::EpochId id = example.place.epoch;
  CHECK(crypto::epoch_id(other.epoch_key, example.place.space, example.place.scope) != id);
  CHECK(crypto::epoch_id(example.epoch_key, other.place.space, example.place.scope) != id);
  CHECK(crypto::epoch_id(example.epoch_key, example.place.space, Scope{3}) != id);
}
