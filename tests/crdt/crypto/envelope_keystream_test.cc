// SPDX-License-Identifier: Apache-2.0
// Each sealing must use keys and nonces that no other used. Nothing is asked of the code but its
// results: zeros encrypt to the key stream itself, and equal key and nonce give an equal one. Eight
// bytes of it are kept; of 20 million random ones two are equal in one run of 90,000.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/crdt/crypto/sealed_example.h"

using namespace cunju;
using sealed_example::Example;

namespace {

struct Sealings {
  std::size_t count = 0;
  std::size_t at_one_place = 0;  ///< So many of them; then the place moves on by one seq.
};

std::size_t count_repeats(const Sealings& sealings, crypto::RandomSource& random) {
  Example example = sealed_example::make_example(31);
  const Bytes zeros(32);
  std::vector<std::uint64_t> seen;
  seen.reserve(2 * sealings.count);
  for (std::size_t i = 0; i < sealings.count; ++i) {
    example.place.seq.value = i / sealings.at_one_place;
    const crypto::SealedPart part =
        crypto::seal_part(example.epoch_key, example.place, {.links = zeros, .body = zeros}, random)
            .value();
    seen.push_back(get_u64_be(ByteView(part.links).subspan(53, 8)));
    seen.push_back(get_u64_be(ByteView(part.body).first(8)));
  }
  std::ranges::sort(seen);
  return static_cast<std::size_t>(seen.end() - std::unique(seen.begin(), seen.end()));
}

/// A generator that broke: it gives the same bytes for ever.
class StuckRandom final : public crypto::RandomSource {
 public:
  void fill(std::span<std::uint8_t> out) override { std::ranges::fill(out, std::uint8_t{7}); }
};

}  // namespace

TEST_CASE("twenty thousand sealings at one place repeat no key and nonce") {
  crypto::SeededRandom random(32);
  CHECK(count_repeats({.count = 20'000, .at_one_place = 20'000}, random) == 0);
  CHECK(count_repeats({.count = 20'000, .at_one_place = 4}, crypto::system_random()) == 0);
}

TEST_CASE("with a broken generator places still have keys of their own, and a place has not") {
  StuckRandom stuck;
  CHECK(count_repeats({.count = 5'000, .at_one_place = 1}, stuck) == 0);
  // That the count above would see a repeated key.
  CHECK(count_repeats({.count = 5'000, .at_one_place = 2}, stuck) == 5'000);
}

TEST_CASE("ten million sealings repeat no key and nonce", "[.long]") {
  CHECK(count_repeats({.count = 5'000'000, .at_one_place = 5'000'000}, crypto::system_random()) ==
        0);
  CHECK(count_repeats({.count = 5'000'000, .at_one_place = 3}, crypto::system_random()) == 0);
}
