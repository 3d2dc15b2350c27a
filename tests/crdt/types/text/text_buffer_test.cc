// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_buffer.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "crdt/types/text/utf8.h"

using namespace cunju;

TEST_CASE("a scalar value's offset counts no continuation byte, over any block border") {
  std::string text;
  std::vector<std::size_t> offsets;
  for (const char* piece : {"a", "é", "村", "𠮷", "👩"}) {
    for (int i = 0; i < 40; ++i) {
      offsets.push_back(text.size());
      text += piece;
    }
  }
  for (std::size_t i = 0; i < offsets.size(); ++i) REQUIRE(scalar_offset(text, i) == offsets[i]);
  CHECK(scalar_offset(text, offsets.size()) == text.size());
  CHECK(count_scalars(text) == offsets.size());
}

TEST_CASE("a rope under random edits equals a plain list of scalar values") {
  static const std::vector<std::string> kScalars = {"a", "z", "é", "村", "居", "𠮷", "👩"};
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    TextBuffer buffer;
    std::vector<std::string> model;
    auto below = [&random](std::size_t end) { return static_cast<std::size_t>(random() % end); };
    for (int step = 0; step < 400; ++step) {
      const std::size_t position = below(model.size() + 1);
      if (below(3) != 0 || model.empty()) {
        // Now and then more than a leaf at once.
        std::string text;
        const std::size_t count = below(20) == 0 ? 1 + below(3000) : 1 + below(200);
        std::vector<std::string> added;
        for (std::size_t i = 0; i < count; ++i) added.push_back(kScalars[below(kScalars.size())]);
        for (const std::string& scalar : added) text += scalar;
        buffer.insert(position, text);
        model.insert(model.begin() + static_cast<std::ptrdiff_t>(position), added.begin(),
                     added.end());
      } else {
        const std::size_t count = std::min(model.size() - position, below(below(9) ? 300 : 9000));
        buffer.erase(position, count);
        const auto first = model.begin() + static_cast<std::ptrdiff_t>(position);
        model.erase(first, first + static_cast<std::ptrdiff_t>(count));
      }
      REQUIRE(buffer.length() == model.size());
    }
    std::string text;
    for (const std::string& scalar : model) text += scalar;
    REQUIRE(buffer.str() == text);
    REQUIRE(buffer.bytes() == text.size());
    for (int i = 0; i < 20; ++i) {
      const std::size_t first = below(model.size() + 1);
      const std::size_t count = below(model.size() - first + 1);
      std::string slice;
      for (std::size_t k = 0; k < count; ++k) slice += model[first + k];
      REQUIRE(buffer.slice(first, count) == slice);
    }
  }
}

TEST_CASE("a rope that was emptied gives its memory to the next text") {
  TextBuffer buffer;
  std::size_t most = 0;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 2000; ++i) buffer.insert(buffer.length() / 2, "村居");
    most = round == 0 ? buffer.memory_bytes() : most;
    buffer.erase(0, buffer.length());
    CHECK(buffer.empty());
    CHECK(buffer.str().empty());
  }
  CHECK(buffer.memory_bytes() <= most + most / 4);
}

TEST_CASE("a text that is loaded takes little more than its bytes") {
  const std::string text(1'000'000, 'x');
  CHECK(TextBuffer(text).memory_bytes() < text.size() + text.size() / 10);
}

TEST_CASE("insertions that are erased again leave a small rope") {
  TextBuffer buffer(std::string(1000, 'x'));
  for (int i = 0; i < 100'000; ++i) {
    buffer.insert(500, "y");
    buffer.erase(500, 1);
  }
  CHECK(buffer.str() == std::string(1000, 'x'));
  CHECK(buffer.memory_bytes() < 10'000);
}

TEST_CASE("a million characters take three times their bytes after a million insertions undone") {
  std::mt19937_64 random(7);
  std::string text;
  while (text.size() < 2'000'000) text += random() % 2 == 0 ? "村" : "x";
  TextBuffer buffer(text);
  REQUIRE(buffer.length() > 990'000);
  std::size_t most = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    const std::size_t at = random() % (buffer.length() + 1);
    buffer.insert(at, "居y");
    buffer.erase(at, 2);
    most = std::max(most, buffer.memory_bytes());
  }
  CHECK(most <= 3 * text.size());
  CHECK(buffer.str() == text);
  // Opening it again reads the text and nothing of that.
  CHECK(TextBuffer(text).memory_bytes() <= text.size() + text.size() / 10);
}
