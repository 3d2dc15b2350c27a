// SPDX-License-Identifier: Apache-2.0
//
// A stick that holds something else than what was written on it, as the real program finds it: a
// thread writes over the file that is being written, as a stick of false capacity does.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;

/// Writes over a byte of the second block of whatever is being written, until it ends.
class Spoiler {
 public:
  explicit Spoiler(fs::path stick) : folder_(stick / "CUNJU"), thread_([this] { run(); }) {}
  Spoiler(const Spoiler&) = delete;
  Spoiler& operator=(const Spoiler&) = delete;
  ~Spoiler() {
    ends_ = true;
    thread_.join();
  }

 private:
  void run() {
    while (!ends_) {
      std::error_code none;
      for (const fs::directory_entry& entry : fs::directory_iterator(folder_, none)) {
        if (entry.path().extension() != ".TMP") continue;
        const int file = ::open(entry.path().c_str(), O_WRONLY | O_CLOEXEC);
        if (file < 0) continue;
        (void)!::pwrite(file, "spoilt", 6, 100'000);
        ::close(file);
      }
    }
  }

  fs::path folder_;
  std::atomic<bool> ends_{false};
  std::thread thread_;
};

std::size_t count_names(const fs::path& stick, const std::string& ending) {
  std::size_t out = 0;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(stick / "CUNJU", none))
    if (entry.path().extension() == ending) ++out;
  return out;
}

}  // namespace

TEST_CASE("A stick that keeps something else than was written is named, and another gets it all",
          "[bundle]") {
  ThreeDesks desks;
  const fs::path stick = desks.folder / "stick";
  fs::create_directory(stick);
  const std::string id = desks.a.add({"minutes", "title=议事", "body=council"});
  std::string photo(7'000'000, 'x');
  for (std::size_t i = 0; i < photo.size(); i += 97) photo[i] = static_cast<char>(i * 31);
  for (const char* name : {"one.bin", "two.bin"}) {
    const std::string path = (desks.folder / name).string();
    photo[0] = name[0];
    std::ofstream(path, std::ios::binary) << photo;
    desks.a.run({"attach", "minutes", id, "scan", path});
  }
  {
    const Spoiler spoiler(stick);
    const RunResult zh =
        desks.a.try_run({"--lang", "zh", "bundle", "write", "--to", "街道", stick.string()});
    CHECK(zh.exit_code != 0);
    CHECK(zh.err.find("标的容量是假的") != std::string::npos);
    CHECK(zh.err.find("没有把任何内容记成已送到") != std::string::npos);
    const RunResult en =
        desks.a.try_run({"--lang", "en", "bundle", "write", "--to", "街道", stick.string()});
    CHECK(en.err.find("less room than it says") != std::string::npos);
  }
  CHECK(count_names(stick, ".CUB") == 0);
  CHECK(count_names(stick, ".TMP") == 0);
  const fs::path other = desks.folder / "other";
  fs::create_directory(other);
  const auto written = Desk::parse_lines(
      desks.a.run({"bundle", "write", "--to", "街道", other.string(), "--json"}).out);
  const auto& letter = written.front().at("letters").as_array().at(0).as_object();
  CHECK((letter.at("read_back") == "medium" || letter.at("read_back") == "memory"));
  desks.o.run({"bundle", "read", other.string()});
  CHECK(desks.o.field("minutes", id, "title") == "议事");
  const std::string out = (desks.folder / "out.bin").string();
  desks.o.run({"open", "minutes", id, "scan.2", "--to", out});
  CHECK(read_text_file(out) == photo);
}

}  // namespace cunju::test
