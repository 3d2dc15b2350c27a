// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "tests/support/bundle_input.h"

using namespace cunju;
using namespace cunju::testing;

TEST_CASE("a corpus of bundles is taken, damaged in every way and with every byte changed") {
  const std::vector<Bytes> corpus = bundle_corpus();
  const char* folder = std::getenv("CUNJU_CORPUS");
  std::size_t fed = 0;
  for (std::size_t i = 0; i < corpus.size(); ++i) {
    CAPTURE(i);
    feed_bundle(corpus[i]);
    if (folder != nullptr)
      std::ofstream(std::string(folder) + "/bundle_" + std::to_string(i), std::ios::binary)
          .write(reinterpret_cast<const char*>(corpus[i].data()),
                 static_cast<std::streamsize>(corpus[i].size()));
    // Large inputs are mostly content: their beginnings and a few hundred places do.
    const std::size_t step = corpus[i].size() / 400 + 1;
    for (std::size_t at = 0; at < corpus[i].size(); at += at < 200 ? 1 : step) {
      CAPTURE(at);
      feed_bundle(ByteView(corpus[i]).first(at));
      for (const std::uint8_t flip : std::to_array<std::uint8_t>({0x01, 0x80, 0xFF})) {
        Bytes damaged = corpus[i];
        damaged[at] ^= flip;
        feed_bundle(damaged);
        ++fed;
      }
    }
  }
  CHECK(fed > 4000);  // None of them ended the program.
}

TEST_CASE("the corpus reaches what it is there for") {
  const std::vector<Bytes> corpus = bundle_corpus();
  auto rest = [&](std::size_t i) { return ByteView(corpus.at(i)).subspan(1); };
  CHECK(bundle::Opener::open(own_key(), rest(1)).has_value());
  CHECK(bundle::decode_letter(rest(2), own_key().wire(), {}).has_value());
  CHECK(bundle::decode_receipt({{1}}, rest(3)).has_value());
  CHECK(bundle::decode_receipt({{1}}, rest(6)).value().attachments->size() == 2);
  CHECK(read_slots(rest(7)) == 3);
  CHECK(corpus.size() == 8);
}
