// SPDX-License-Identifier: Apache-2.0
// What frames_fuzz and channel_fuzz do, with their first inputs: whole, cut everywhere, and with
// bytes changed.
#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <functional>

#include "tests/support/channel_input.h"
#include "tests/support/frames_input.h"

using namespace cunju;
using namespace cunju::testing;

namespace {

constexpr std::size_t kMostToFuzz = 1000;

/// CUNJU_CORPUS: a folder into which they are written, for the fuzzer to begin from.
void write_inputs(const std::string& name, const std::vector<Bytes>& corpus) {
  const char* folder = std::getenv("CUNJU_CORPUS");
  if (folder == nullptr) return;
  for (std::size_t i = 0; i < corpus.size(); ++i) {
    // Megabytes sealed for one input: the fuzzer would try little else.
    if (corpus[i].size() > kMostToFuzz) continue;
    std::ofstream(std::string(folder) + "/" + name + "_" + std::to_string(i), std::ios::binary)
        << as_text(corpus[i]);
  }
}

/// What comes of it cut at every place, and of each of the first bytes changed in three ways; the
/// number of inputs.
std::size_t feed_damaged(const Bytes& input, std::size_t most,
                         const std::function<void(ByteView)>& feed) {
  std::size_t fed = 0;
  const std::size_t places = std::min(input.size(), most);
  for (std::size_t at = 0; at < places; ++at) {
    CAPTURE(at);
    feed(ByteView(input).first(at));
    for (const std::uint8_t flip : std::to_array<std::uint8_t>({0x01, 0x80, 0xFF})) {
      Bytes damaged = input;
      damaged[at] ^= flip;
      feed(damaged);
    }
    fed += 4;
  }
  return fed;
}

}  // namespace

TEST_CASE("the fuzz target's corpus of frames passes its checks, cut and changed everywhere") {
  const std::vector<Bytes> corpus = frames_corpus();
  write_inputs("frames", corpus);
  std::vector<std::size_t> whole;
  std::size_t fed = 0;
  for (const Bytes& input : corpus) {
    CAPTURE(whole.size());
    whole.push_back(feed_frames(input));
    // Those of many fragments of 64 KiB take long.
    fed += feed_damaged(input, input.size() > kMostToFuzz ? 8 : input.size(), feed_frames);
  }
  CHECK(whole == std::vector<std::size_t>{1, 2, 0, 0, 0, 0, 1, 0});
  CHECK(fed > 200);
}

TEST_CASE("the fuzz target's corpus of channels passes its checks, cut and changed everywhere") {
  const std::vector<Bytes> corpus = channel_corpus();
  write_inputs("channel", corpus);
  std::size_t delivered = 0, fed = 0;
  for (std::size_t i = 0; i < corpus.size(); ++i) {
    CAPTURE(i);
    delivered += feed_channel(corpus[i]);
    fed += feed_damaged(corpus[i], 400, feed_channel);
  }
  CHECK(delivered == 4);
  CHECK(fed > 2000);
}
