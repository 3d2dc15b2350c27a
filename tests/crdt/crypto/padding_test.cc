// SPDX-License-Identifier: Apache-2.0
#include "crdt/crypto/padding.h"

#include <catch2/catch.hpp>
#include <set>

using namespace cunju;
using crypto::bucket_size;

TEST_CASE("buckets are those of the paper, and nothing is below the smallest") {
  CHECK(bucket_size(0) == 64);
  CHECK(bucket_size(64) == 64);
  CHECK(bucket_size(65) == 72);
  CHECK(bucket_size(129) == 144);
  CHECK(bucket_size(256) == 256);
  CHECK(bucket_size(257) == 272);
  CHECK(bucket_size(513) == 544);
  CHECK(bucket_size(1000) == 1024);
  // By the paper's rule: 2^17 + 1 has exponent 17, of which 5 bits are kept.
  CHECK(bucket_size(131073) == 131072 + 4096);
}

TEST_CASE(
    "every size has a bucket that holds it with at most 12 % more, and few buckets there are") {
  std::set<std::size_t> buckets;
  for (std::size_t size = 0; size <= 300'000; ++size) {
    const std::size_t bucket = bucket_size(size);
    buckets.insert(bucket);
    if (bucket < size || bucket_size(bucket) != bucket) FAIL("size " << size);
    if (size >= 64 && (bucket - size) * 100 > size * 12) FAIL("size " << size);
    if (size > 0 && bucket < bucket_size(size - 1)) FAIL("size " << size);
  }
  // Of 300,001 sizes an observer tells that many apart.
  CHECK(buckets.size() == 214);
}

TEST_CASE("every plaintext has one padded form, and what is padded otherwise is refused") {
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 62, 63, 64, 71, 500}) {
    CAPTURE(size);
    const Bytes plaintext(size, 0x80);  // Looks like the mark that ends it.
    const Bytes padded = crypto::pad(plaintext);
    CHECK(padded.size() == bucket_size(size + 1));
    REQUIRE(crypto::unpadded_size(padded) == size);
    CHECK(equal(ByteView(padded).first(size), plaintext));
  }

  CHECK_FALSE(crypto::unpadded_size(Bytes{}));
  CHECK_FALSE(crypto::unpadded_size(Bytes(64)));
  Bytes padded = crypto::pad(Bytes(10, 7));
  padded.back() = 1;
  CHECK_FALSE(crypto::unpadded_size(padded));
  // A greater bucket than is needed, and a size that is none.
  padded = crypto::pad(Bytes(10, 7));
  padded.resize(72);
  CHECK_FALSE(crypto::unpadded_size(padded));
  padded.resize(63);
  CHECK_FALSE(crypto::unpadded_size(padded));
}
