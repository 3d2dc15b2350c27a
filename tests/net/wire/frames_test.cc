// SPDX-License-Identifier: Apache-2.0
// What an authenticated peer could do wrong.
#include "net/wire/frames.h"

#include <catch2/catch.hpp>

using namespace cunju;
using wire::FrameReader;
using wire::FrameWriter;

namespace {

struct Ends {
  Ends() : key(random_key()), peer(key), reader(noise::CipherState(key)) {}

  static crypto::Secret<32> random_key() {
    crypto::SeededRandom random(3);
    crypto::Secret<32> out;
    random.fill(out.mutable_view());
    return out;
  }
  /// What a peer sends that seals this plaintext.
  Result<std::optional<Bytes>> read(ByteView plaintext) {
    return reader.read(peer.encrypt({}, plaintext).value());
  }

  crypto::Secret<32> key;
  noise::CipherState peer;
  FrameReader reader;
};

}  // namespace

TEST_CASE("fragments join to one message") {
  Ends ends;
  CHECK_FALSE(ends.read(Bytes{1, 'a', 'b'}).value().has_value());
  CHECK_FALSE(ends.read(Bytes{1, 'c'}).value().has_value());
  CHECK(as_text(*ends.read(Bytes{0, 'd'}).value()) == "abcd");
  CHECK(as_text(*ends.read(Bytes{0, 'e'}).value()) == "e");
}

TEST_CASE("an empty fragment is an error, last or not") {
  for (const Bytes& plaintext : {Bytes{0}, Bytes{1}}) {
    Ends ends;
    CHECK(ends.read(plaintext).error().code == Errc::kProtocol);
  }
  Ends ends;
  CHECK(ends.read({}).error().code == Errc::kProtocol);
}

TEST_CASE("an unknown flag is an error") {
  for (unsigned bit = 1; bit < 8; ++bit) {
    Ends ends;
    CHECK(ends.read(Bytes{static_cast<std::uint8_t>(1U << bit), 'x'}).error().code ==
          Errc::kProtocol);
  }
}

TEST_CASE("fragments over the message limit are an error at the fragment that passes it") {
  Ends ends;
  Bytes fragment(wire::kMaxFragmentBytes + 1, 'x');
  fragment[0] = 1;
  std::size_t sum = 0;
  for (;;) {
    sum += wire::kMaxFragmentBytes;
    Result<std::optional<Bytes>> outcome = ends.read(fragment);
    if (sum > limits::kMaxMessageBytes) {
      CHECK(outcome.error().code == Errc::kLimit);
      return;
    }
    REQUIRE(outcome.has_value());
  }
}

TEST_CASE("a message travels in as few frames as it can, at every size around the edge") {
  for (std::size_t size : {std::size_t{1}, wire::kMaxFragmentBytes - 1, wire::kMaxFragmentBytes,
                           wire::kMaxFragmentBytes + 1, 2 * wire::kMaxFragmentBytes}) {
    CAPTURE(size);
    Ends ends;
    FrameWriter writer{noise::CipherState(ends.key)};
    const Bytes message(size, 'm');
    Bytes out;
    REQUIRE(writer.write(message, out).has_value());
    const std::size_t frames = (size + wire::kMaxFragmentBytes - 1) / wire::kMaxFragmentBytes;
    CHECK(out.size() == size + frames * (2 + wire::kMinFrameBytes - 1));
    ByteReader reader(out);
    std::optional<Bytes> read;
    while (!reader.at_end()) {
      const std::uint16_t length = reader.u16();
      REQUIRE_FALSE(read.has_value());
      read = ends.reader.read(reader.take(length)).value();
    }
    CHECK(read == message);
  }
}
