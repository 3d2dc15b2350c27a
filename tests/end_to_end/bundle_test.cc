// SPDX-License-Identifier: Apache-2.0
//
// A village and its street office that have no network after their first meeting: changes travel on
// a stick, as real processes read and write it.
#include <sys/mount.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/tiny_disk.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(const fs::path& stick, const std::string& suffix) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(stick / "CUNJU"))
    if (entry.path().extension() == suffix) out.push_back(entry.path());
  return out;
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Changes of all letters of a `bundle write`.
std::int64_t changes_in(const boost::json::object& written) {
  std::int64_t out = 0;
  for (const auto& letter : written.at("letters").as_array())
    for (const auto& space : letter.as_object().at("spaces").as_array())
      out += Desk::number_of(space.as_object(), "changes");
  return out;
}

/// The stick as the program is told to find it.
struct Stick {
  explicit Stick(const TempFolder& folder, const std::string& name = "stick")
      : path(folder / name) {
    fs::create_directories(path);
  }
  std::string text() const { return path.string(); }
  fs::path path;
};

}  // namespace

TEST_CASE("Changes go to the office and its receipt comes back on a stick", "[bundle]") {
  ThreeDesks desks;
  const Stick stick(desks.folder);
  const std::string id = desks.a.add({"rental", "premises_id=FW001", "address=幸福里1号"});

  // Somebody has to say for whom, and hears who there is.
  const RunResult nobody = desks.a.run({"bundle", "write", stick.text()}, 2);
  CHECK(nobody.err.find("没有写明给谁") != std::string::npos);
  desks.a.run({"bundle", "write", "--to", "nobody", stick.text()}, 3);
  const auto planned = desks.a.json({"bundle", "write", "--to", "街道", "--dry-run"}).front();
  CHECK(fs::is_empty(stick.path));

  const auto first = desks.a.json({"bundle", "write", "--to", "街道", stick.text()}).front();
  CHECK(changes_in(first) == changes_in(planned));
  REQUIRE(files_of(stick.path, ".CUB").size() == 1);
  const std::string sealed = content_of(files_of(stick.path, ".CUB").front());
  CHECK(Desk::number_of(first.at("letters").as_array().front().as_object(), "file_bytes") ==
        static_cast<std::int64_t>(sealed.size()));
  for (const char* word : {"幸福", "FW001", "街道", "530102001201"})
    CHECK(sealed.find(word) == std::string::npos);

  // The office looks first, then takes; the colleague can't open it.
  const RunResult shown = desks.o.run({"bundle", "show", stick.text()});
  CHECK(shown.out.find("幸福村") != std::string::npos);
  CHECK(desks.o.json({"list", "rental"}).empty());
  const RunResult wrong = desks.b.run({"bundle", "read", stick.text()}, 3);
  CHECK(wrong.out.find("写给别的电脑") != std::string::npos);
  CHECK(wrong.err.find("没有写给本机的捆包") != std::string::npos);
  const RunResult read = desks.o.run({"bundle", "read", stick.text()});
  CHECK(read.out.find("收下的都已存盘") != std::string::npos);
  CHECK(desks.o.field("rental", id, "address") == "幸福里1号");
  REQUIRE(files_of(stick.path, ".CUR").size() == 1);

  // Again: nothing new, and no harm.
  const auto again = desks.o.json({"bundle", "read", stick.text()});
  const auto& taken = again.front().at("taken").as_array().front().as_object();
  CHECK(Desk::number_of(taken, "admitted") == 0);

  // Back at the village the receipt makes the next bundle smaller.
  const RunResult back = desks.a.run({"bundle", "read", stick.text()});
  CHECK(back.out.find("的回执") != std::string::npos);
  CHECK(back.out.find("是本机写给别的电脑的") != std::string::npos);
  desks.a.run({"set", "rental", id, "address=幸福里2号"});
  const auto second = desks.a.json({"bundle", "write", "--to", "街道", stick.text()}).front();
  CHECK(changes_in(second) < changes_in(first));
  CHECK(changes_in(second) <= 2);
  desks.o.run({"bundle", "read", stick.text()});
  CHECK(desks.o.field("rental", id, "address") == "幸福里2号");

  // The office's own news, its statement as a witness among them, go the same way.
  const Stick other(desks.folder, "other");
  desks.o.run({"bundle", "write", "--to", "幸福村", other.text()});
  desks.a.run({"bundle", "read", other.text()});
  CHECK(desks.a.state_hash() == desks.o.state_hash());
  CHECK(desks.a.run({"bundle", "write", "--to", "街道", stick.text()}).out.find("没有新内容") !=
        std::string::npos);
}

TEST_CASE("Whoever reads is told of a link or a file where the stick's folder should be",
          "[bundle]") {
  ThreeDesks desks;
  const Stick stick(desks.folder), linked(desks.folder, "linked");
  desks.a.add({"rental", "premises_id=FW001", "address=幸福里1号"});
  desks.a.run({"bundle", "write", "--to", "街道", stick.text()});
  fs::create_directory_symlink(stick.path / "CUNJU", linked.path / "CUNJU");
  for (const char* action : {"read", "show"}) {
    const RunResult said = desks.o.run({"--lang", "en", "bundle", action, linked.text()}, 2);
    CHECK(said.err.find("is a link or a file and no folder") != std::string::npos);
    CHECK(said.err.find("no bundle for this computer") == std::string::npos);
  }
  const std::string file = files_of(stick.path, ".CUB").front().string();
  for (const Words& words : {Words{"bundle", "read", file}, Words{"bundle", "show", file},
                             Words{"bundle", "write", "--to", "幸福村", file}}) {
    Words line{"--lang", "en"};
    line.insert(line.end(), words.begin(), words.end());
    const RunResult said = desks.o.run(line, 2);
    CHECK(said.err.find("is a file, and no stick") != std::string::npos);
    CHECK(said.err.find("broken") == std::string::npos);
  }
  desks.o.run({"bundle", "read", stick.text()});
}

TEST_CASE("Who takes what an unknown computer wrote is told that it is taken", "[bundle]") {
  ThreeDesks desks;
  const Stick stick(desks.folder);
  // The office does not know the new computer yet, which has everything.
  const Desk fresh(desks.folder, "fresh");
  pair_desks(desks.a, fresh, "clerk", "新来的");
  fresh.add({"rental", "premises_id=FW009", "address=幸福里9号"});
  fresh.run({"bundle", "write", "--to", "街道", stick.text()});
  const RunResult shown = desks.o.run({"--lang", "en", "bundle", "show", stick.text()}, 1);
  CHECK(shown.out.find("take it with --accept-unknown") != std::string::npos);
  const RunResult read =
      desks.o.run({"--lang", "en", "bundle", "read", "--accept-unknown", stick.text()});
  CHECK(read.out.find("is taken as --accept-unknown says") != std::string::npos);
  CHECK(read.out.find("take it with") == std::string::npos);
  CHECK(desks.o.json({"list", "rental"}).size() == 1);
}

TEST_CASE("Each fault of a stick is a sentence and an exit code, and costs nothing else",
          "[bundle]") {
  ThreeDesks desks;
  const Stick stick(desks.folder);
  desks.a.add({"rental", "premises_id=FW001", "address=幸福里1号"});
  desks.o.run({"bundle", "read", (desks.folder / "nowhere").string()}, 3);
  desks.o.run({"bundle", "read", stick.text()}, 3);
  desks.a.run({"bundle", "write", "--to", "街道", stick.text()});
  const fs::path file = files_of(stick.path, ".CUB").front();
  std::ofstream(stick.path / "autorun.inf") << "[autorun]\n";
  const std::string whole = content_of(file);

  fs::resize_file(file, 100'000);
  const RunResult cut = desks.o.run({"bundle", "read", stick.text()}, 1);
  CHECK(cut.err.find("不完整") != std::string::npos);
  CHECK(cut.err.find("autorun.inf") != std::string::npos);

  std::string damaged = whole;
  damaged[70'000] = static_cast<char>(damaged[70'000] ^ 1);
  std::ofstream(file, std::ios::binary | std::ios::trunc) << damaged;
  const RunResult flipped = desks.o.run({"bundle", "read", stick.text()}, 1);
  CHECK(flipped.err.find("损坏") != std::string::npos);

  damaged = whole;
  damaged[20] = static_cast<char>(damaged[20] ^ 1);
  damaged[damaged.size() - 65'536 + 21] = static_cast<char>(damaged[damaged.size() - 65'515] ^ 1);
  std::ofstream(file, std::ios::binary | std::ios::trunc) << damaged;
  CHECK(desks.o.run({"bundle", "read", stick.text()}, 1).out.find("损坏") != std::string::npos);

  std::ofstream(file, std::ios::binary | std::ios::trunc) << whole;
  CHECK(desks.o.run({"bundle", "read", stick.text()}).exit_code == 0);
  CHECK(desks.o.json({"list", "rental"}).size() == 1);
  CHECK(desks.o.run({"bundle", "eat", stick.text()}, 2).err.find("receipt") != std::string::npos);
}

TEST_CASE("A stick that is read-only or too small is said so, and the rest goes on another one",
          "[bundle]") {
  TinyDisk small, other;
  if (small.is_missing() || other.is_missing()) return;
  ThreeDesks desks;
  desks.a.add({"rental", "premises_id=FW001", "address=幸福里1号"});
  const std::string path = (small / "").string();
  small.fill(300'000);
  const RunResult full = desks.a.run({"bundle", "write", "--to", "街道", path}, 1);
  CHECK(full.err.find("什么也没有写") != std::string::npos);
  CHECK(full.err.find("--continue") != std::string::npos);
  CHECK(files_of(small / "", ".CUB").empty());
  small.empty();
  desks.a.run({"bundle", "write", "--to", "街道", path});

  REQUIRE(::mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, "size=2m") == 0);
  const RunResult read = desks.o.run({"bundle", "read", path});
  CHECK(read.err.find("没能在") != std::string::npos);
  CHECK(read.out.find("收下的都已存盘") != std::string::npos);
  CHECK(desks.o.json({"list", "rental"}).size() == 1);
  const RunResult protect = desks.a.run({"bundle", "write", "--to", "街道", path}, 5);
  CHECK(protect.err.find("写保护") != std::string::npos);
  desks.o.run({"bundle", "receipt", "--to", "幸福村", (other / "").string()});
  CHECK(desks.a.run({"bundle", "read", (other / "").string()}).out.find("的回执") !=
        std::string::npos);
}

TEST_CASE("A writer that is killed at any moment leaves nothing that looks whole", "[bundle]") {
  ThreeDesks desks;
  for (int i = 0; i < 40; ++i)
    desks.a.add(
        {"rental", "premises_id=FW" + std::to_string(i), "address=" + std::string(20'000, 'x')});
  const Stick stick(desks.folder);
  for (int delay = 1; delay <= 61; delay += 6) {
    desks.a.try_run({"bundle", "write", "--to", "街道", stick.text()}, Milliseconds{delay});
    if (!fs::exists(stick.path / "CUNJU")) continue;
    for (const fs::path& file : files_of(stick.path, ".CUB")) {
      const std::string bytes = content_of(file);
      CHECK(bytes.size() % 65'536 == 0);
      CHECK(bytes.substr(0, 65'536) == bytes.substr(bytes.size() - 65'536));
    }
  }
  desks.a.run({"bundle", "write", "--to", "街道", stick.text()});
  CHECK(files_of(stick.path, ".TMP").empty());
  const RunResult read = desks.o.run({"bundle", "read", stick.text()});
  CHECK(desks.o.json({"list", "rental"}).size() == 40);
}

}  // namespace cunju::test
