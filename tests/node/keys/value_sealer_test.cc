// SPDX-License-Identifier: Apache-2.0
#include "node/keys/value_sealer.h"

#include <catch2/catch.hpp>

using namespace cunju;
using namespace cunju::keys;

TEST_CASE("an open value is stored behind format byte 0 and read without a copy") {
  OpenSealer sealer;
  Bytes out = {9};
  REQUIRE(sealer.seal(as_bytes("place"), as_bytes("value"), out));
  CHECK(as_text(out) == std::string("\x09\x00value", 7));
  Bytes scratch;
  ByteView sealed = ByteView(out).subspan(1);
  Result<ByteView> opened = sealer.open(as_bytes("place"), sealed, scratch);
  REQUIRE(opened);
  CHECK(as_text(opened.value()) == "value");
  CHECK(opened.value().data() == sealed.data() + 1);
}

TEST_CASE("an empty value survives sealing") {
  OpenSealer sealer;
  Bytes out, scratch;
  REQUIRE(sealer.seal({}, {}, out));
  REQUIRE(sealer.open({}, out, scratch));
  CHECK(sealer.open({}, out, scratch).value().empty());
}

TEST_CASE("an unknown format byte is refused as unsupported, no byte as malformed") {
  OpenSealer sealer;
  Bytes scratch;
  for (int format = 1; format < 256; ++format) {
    Bytes sealed = {static_cast<std::uint8_t>(format), 1, 2};
    CHECK(sealer.open({}, sealed, scratch).error().code == Errc::kUnsupported);
  }
  CHECK(sealer.open({}, {}, scratch).error().code == Errc::kMalformed);
}
