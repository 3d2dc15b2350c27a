// SPDX-License-Identifier: Apache-2.0
//
// Attachments over a link that is reset every five seconds of real time, between real processes.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>

#include "tests/support/cutting_proxy.h"
#include "tests/support/number_from.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  std::uint64_t stored = 0;   ///< Bytes of the attachment.
  std::uint64_t on_link = 0;  ///< Bytes that its node put on the link, with everything around them.
  std::uint64_t cuts = 0;
  bool is_whole = false;

  double excess() const {
    return (static_cast<double>(on_link) - static_cast<double>(stored)) /
           static_cast<double>(stored);
  }
};

/// One attachment of so many bytes, fetched again after every cut.
Outcome fetch_over_cut_link(std::uint64_t bytes, const CuttingProxy::Options& options) {
  ThreeDesks desks;
  desks.b.run({"fetch", "--policy", "--each", "0"});
  const std::string id = desks.a.add({"minutes", "title=议事", "body=council"});
  const std::string path = (desks.folder / "large.bin").string();
  {
    std::mt19937_64 dice(1);
    std::ofstream out(path, std::ios::binary);
    std::string block(1 << 20, '\0');
    for (std::uint64_t left = bytes; left > 0;
         left -= std::min<std::uint64_t>(left, block.size())) {
      for (std::size_t i = 0; i + 8 <= block.size(); i += 8) {
        const std::uint64_t next = dice();
        std::memcpy(&block[i], &next, 8);
      }
      out.write(block.data(),
                static_cast<std::streamsize>(std::min<std::uint64_t>(left, block.size())));
    }
  }
  desks.a.run({"attach", "minutes", id, "photo", path});
  fs::remove(path);
  desks.sync_colleague();
  // A gigabyte takes longer than a test's server usually lives.
  auto server = desks.a.serve({"--listen", "127.0.0.1:0"}, std::chrono::hours(1));
  Outcome out;
  // What was asked for stands beside it, in a few bytes.
  for (const auto& entry : fs::directory_iterator(desks.a.home() + "/blobs"))
    out.stored = std::max<std::uint64_t>(out.stored, entry.file_size());
  CuttingProxy link(server->wait_until_listening(), options);
  for (int tries = 0; tries < 2'000 && !out.is_whole; ++tries) {
    desks.b.try_run({"fetch", "--all", "--from", link.address()}, Milliseconds{60'000});
    out.is_whole = Desk::number_of(desks.b.json({"fetch"}).front(), "missing") == 0;
  }
  out.on_link = link.bytes_of_server();
  out.cuts = link.cuts();
  CHECK(server->stop() == 0);
  const std::string copy = (desks.folder / "copy.bin").string();
  desks.b.run({"open", "minutes", id, "photo", "--to", copy});
  CHECK(fs::file_size(copy) == bytes);
  return out;
}

}  // namespace

TEST_CASE("An attachment comes over a link that is reset again and again", "[attachments]") {
  const Outcome outcome = fetch_over_cut_link(
      3'000'000, {.cut_after = std::chrono::milliseconds{700}, .bytes_per_second = 1'500'000});
  CHECK(outcome.is_whole);
  CHECK(outcome.cuts >= 2);
}

TEST_CASE("Of a gigabyte over a link that is cut every five seconds at most 2 % is sent twice",
          "[.long]") {
  // Fewer MiB for a look that takes less time.
  const std::uint64_t bytes = number_from("CUNJU_CUT_MIB", 1024) << 20;
  const Outcome outcome = fetch_over_cut_link(bytes, {});
  std::cout << outcome.stored << " bytes, " << outcome.on_link << " on the link, " << outcome.cuts
            << " cuts: " << 100 * outcome.excess() << " % more\n";
  CHECK(outcome.is_whole);
  CHECK(outcome.cuts >= bytes >> 27);
  // With hashes, frames, handshakes and the session's own words counted in.
  CHECK(outcome.excess() <= 0.02);
}

}  // namespace cunju::test
