// SPDX-License-Identifier: Apache-2.0
//
// Scans and photos between real processes: attached, exchanged, fetched, opened.
#include <sys/mount.h>

#include <algorithm>
#include <filesystem>

#include "node/attachments/attach_file.h"
#include "node/attachments/want_book.h"
#include "node/node.h"
#include "tests/end_to_end/attached_files.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;

bool is_somewhere(const std::string& home, const std::string& text) {
  for (const auto& entry : fs::recursive_directory_iterator(home)) {
    if (entry.is_regular_file() &&
        read_text_file(entry.path().string()).find(text) != std::string::npos)
      return true;
  }
  return false;
}

bool is_here(const Desk& desk, const std::string& registry, const std::string& id,
             const std::string& field) {
  const boost::json::object record = desk.json({"show", registry, id}).front();
  const boost::json::value* here = record.if_contains("attachments_here");
  return here != nullptr && here->as_object().at(field).as_bool();
}

/// Files of attachments in the home, whole or not.
std::size_t blobs(const Desk& desk) {
  std::size_t out = 0;
  for (const auto& entry : fs::directory_iterator(desk.home() + "/blobs"))
    out += entry.path().filename() == "asks" ? 0 : 1;
  return out;
}

/// What a program leaves that is killed between the two steps of attaching.
fs::path attach_without_record(const Desk& desk, const std::string& path) {
  auto node = node::Node::open(desk.home());
  REQUIRE(node.has_value());
  REQUIRE(node.value()->unlock("", keys::Unlock(keys::KeyFile{desk.key_file()})));
  auto blobs = attachments::BlobFolder::open(fs::path(desk.home()) / "blobs");
  REQUIRE(blobs.has_value());
  const auto attached = attachments::attach_file(*blobs.value(), path, {}, node.value()->random());
  REQUIRE(attached.has_value());
  const auto made = attachment::parse_reference(attached.value().value);
  REQUIRE(made.has_value());
  const auto spaces = node.value()->replica().spaces();
  REQUIRE(node.value()->want_book().charges().note(
      spaces.value().front(),
      {.author = node.value()->unlocked().author.author(), .blob = made.value().blob()}));
  return blobs.value()->folder() / made.value().address.hex();
}

/// A folder on a small disk of its own, which takes root to mount.
class SmallDisk {
 public:
  SmallDisk(const fs::path& folder, const char* size) : folder_(folder) {
    fs::create_directories(folder);
    is_mounted_ = ::mount("tmpfs", folder.c_str(), "tmpfs", 0, size) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (is_mounted_) ::umount(folder_.c_str());
  }
  bool is_mounted() const { return is_mounted_; }
  std::uint64_t available() const { return fs::space(folder_).available; }

 private:
  fs::path folder_;
  bool is_mounted_ = false;
};

}  // namespace

TEST_CASE("Attachments that nobody asked for leave a disk room for records and for what frees it",
          "[attachments]") {
  ThreeDesks desks;
  // The colleague's home moves to a disk of 12 MB, of which a quarter is kept free.
  const fs::path home = desks.b.home(), aside = desks.folder / "aside";
  fs::rename(home, aside);
  const SmallDisk disk(home, "size=12m");
  if (!disk.is_mounted()) {
    WARN("needs root to mount a small disk: skipped");
    return;
  }
  fs::permissions(home, fs::perms::owner_all);
  fs::copy(aside, home, fs::copy_options::recursive);
  const std::string id = desks.a.add({"minutes", "title=议事", "body=council"});
  for (std::uint64_t i = 0; i < 3; ++i)
    desks.a.run({"attach", "minutes", id, "photo",
                 write_file(desks.folder, "a.bin", random_text(5'000'000, i))});
  desks.sync_colleague();
  CHECK(disk.available() > 2'000'000);
  // Records go on here, and those of others come.
  desks.b.add({"minutes", "title=会", "body=council"});
  const std::string other = desks.a.add({"minutes", "title=后来的", "body=council"});
  desks.sync_colleague();
  desks.b.run({"show", "minutes", other});
  // What asks for more is told why not, in words and by its exit code.
  const RunResult asked = desks.b.run({"--lang", "en", "fetch", "--all"}, 7);
  CHECK(asked.err.find("free for records") != std::string::npos);
  CHECK(desks.b.run({"fetch", "--all", "--json"}, 7).out.find("\"disk_full\":true") !=
        std::string::npos);
  const RunResult attached =
      desks.b.run({"--lang", "en", "attach", "minutes", other, "photo",
                   write_file(desks.folder, "b.bin", random_text(9'000'000, 7))},
                  7);
  CHECK(attached.err.find("does not fit") != std::string::npos);
  desks.b.run({"fetch", "--policy", "--each", "0"});
}

TEST_CASE("Who replaces one scan again and again fills nobody's disk", "[attachments]") {
  ThreeDesks desks;
  desks.b.run({"fetch", "--policy", "--each", "200KB", "--author", "300KB", "--book", "300KB"});
  const std::string id = desks.a.add({"minutes", "title=议事", "body=council"});
  for (std::uint64_t i = 0; i < 6; ++i) {
    desks.a.run({"attach", "minutes", id, i == 0 ? "scan" : "scan.1",
                 write_file(desks.folder, "a.bin", random_text(190'000, i))});
    desks.sync_colleague();
  }
  const auto policy = desks.b.json({"fetch", "--policy"}).front();
  CHECK(Desk::number_of(policy, "stored") < 300'000);
  CHECK(Desk::number_of(policy, "total") == std::int64_t{32} << 30);
  // Nor do many spaces together.
  desks.b.run({"fetch", "--policy", "--author", "100MB", "--book", "100MB", "--total", "300KB"});
  desks.a.run({"attach", "minutes", id, "photo",
               write_file(desks.folder, "a.bin", random_text(190'000, 9))});
  desks.sync_colleague();
  CHECK(Desk::number_of(desks.b.json({"fetch", "--policy"}).front(), "stored") < 300'000);
}

TEST_CASE("A scan that one clerk attaches is opened by the other, and is on no disk in clear",
          "[attachments]") {
  ThreeDesks desks;
  const std::string id = desks.a.add({"minutes", "title=议事", "body=council"});
  const std::string content = "%PDF-1.7 " + random_text(200'000, 1);
  const std::string file = write_file(desks.folder, "签字稿.pdf", content);
  const auto attached = desks.a.json({"attach", "minutes", id, "scan", file});
  CHECK(Desk::text_of(attached[0], "media") == "application/pdf");
  desks.a.run({"attach", "minutes", id, "scan", file});
  desks.sync_all();
  CHECK(is_here(desks.b, "minutes", id, "scan.1"));
  CHECK(is_here(desks.b, "minutes", id, "scan.2"));

  const std::string out = (desks.folder / "copy").string();
  fs::create_directory(out);
  desks.b.run({"open", "minutes", id, "scan.1", "--to", out});
  CHECK(read_text_file(out + "/签字稿.pdf") == content);
  // It overwrites nothing, and wants to know which of two.
  desks.b.run({"open", "minutes", id, "scan.1", "--to", out}, 6);
  desks.b.run({"open", "minutes", id, "scan", "--to", (desks.folder / "x").string()}, 6);
  // The second one was the same file: one attachment on each disk.
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    CHECK_FALSE(is_somewhere(desk->home(), content.substr(1000, 32)));
    CHECK(blobs(*desk) == 1);
  }
  // Neither a list nor the history shows the key that opens it.
  CHECK(desks.b.run({"history", "minutes", id, "--json"}).out.find("63756e6a75206174746163") ==
        std::string::npos);
}

TEST_CASE("A file is written under a name that shows what it is", "[attachments]") {
  ThreeDesks desks;
  const std::string id = desks.a.add({"minutes", "title=议事", "body=council"});
  const std::string file = write_file(desks.folder, "a.bin", random_text(100, 1));
  // A mark that turns the rest of the name around: it would read as a picture's.
  desks.a.run({"attach", "minutes", id, "scan", file, "--name", "照\u202Egpj.exe"});
  const std::string out = (desks.folder / "out").string();
  fs::create_directory(out);
  desks.a.run({"open", "minutes", id, "scan", "--to", out});
  REQUIRE(std::distance(fs::directory_iterator(out), {}) == 1);
  const std::string name = fs::directory_iterator(out)->path().filename().string();
  CHECK(name == "照 gpj.exe");
}

TEST_CASE("A large attachment is fetched when somebody asks for it", "[attachments]") {
  ThreeDesks desks;
  desks.b.run({"fetch", "--policy", "--each", "100KiB"});
  const std::string id = desks.a.add({"minutes", "title=议事", "body=council"});
  const std::string content = random_text(3'000'000, 2);
  desks.a.run({"attach", "minutes", id, "photo", write_file(desks.folder, "a.bin", content)});
  desks.sync_colleague();
  CHECK_FALSE(is_here(desks.b, "minutes", id, "photo.1"));
  CHECK(desks.b.run({"--lang", "zh", "show", "minutes", id}).out.find("尚未取来") !=
        std::string::npos);
  const std::string out = (desks.folder / "out").string();
  desks.b.run({"open", "minutes", id, "photo", "--to", out}, 6);
  CHECK_FALSE(fs::exists(out));
  CHECK(Desk::number_of(desks.b.json({"fetch"}).front(), "missing") == 1);

  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  const auto fetched = desks.b.json({"fetch", "minutes", id, "--from", address});
  CHECK(Desk::number_of(fetched.back(), "missing") == 0);
  CHECK(server->stop() == 0);
  desks.b.run({"open", "minutes", id, "photo", "--to", out});
  CHECK(read_text_file(out) == content);
}

TEST_CASE("Fetching goes on where a killed program left it", "[attachments]") {
  ThreeDesks desks;
  desks.b.run({"fetch", "--policy", "--each", "0"});
  const std::string id = desks.a.add({"minutes", "title=议事", "body=council"});
  const std::string content = random_text(40'000'000, 3);
  desks.a.run({"attach", "minutes", id, "photo", write_file(desks.folder, "a.bin", content)});
  desks.sync_colleague();
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  bool is_whole = false;
  for (int kills = 0; kills < 200 && !is_whole; ++kills) {
    const RunResult result = desks.b.try_run({"fetch", "--all", "--from", address},
                                             Milliseconds{kills < 5 ? 150 + 60 * kills : 60'000});
    is_whole = result.exit_code == 0 && is_here(desks.b, "minutes", id, "photo.1");
  }
  CHECK(is_whole);
  CHECK(server->stop() == 0);
  const std::string out = (desks.folder / "out").string();
  desks.b.run({"open", "minutes", id, "photo", "--to", out});
  CHECK(read_text_file(out) == content);
}

TEST_CASE("A confidential scan goes to those who may read it alone", "[attachments]") {
  ThreeDesks desks;
  desks.a.run({"member", "list"});
  // The founder is chair and clerk: who mediates is asked for.
  const std::string id = desks.a.add({"tenancy", "start=2026-01-01"});
  const std::string content = random_text(50'000, 4);
  desks.a.run({"attach", "tenancy", id, "contract_scan",
               write_file(desks.folder, "contract.pdf", content)});
  desks.sync_all();
  CHECK(is_here(desks.b, "tenancy", id, "contract_scan.1"));
  const boost::json::object seen = desks.o.json({"show", "tenancy", id}).front();
  CHECK(seen.if_contains("attachments_here") == nullptr);
  CHECK(blobs(desks.o) == 0);
}

TEST_CASE("What can't be attached is refused with words and changes nothing", "[attachments]") {
  TempFolder folder;
  const Desk desk(folder, "village");
  desk.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  const std::string id = desk.add({"minutes", "title=议事", "body=council"});
  const std::string file = write_file(folder, "a.txt", "words");
  const std::string broken = write_file(folder, "a.jpg", "\xFF\xD8\xFF\xE1 not a picture");
  const std::string hash = desk.state_hash();
  desk.run({"attach", "minutes", id, "title", file}, 2);
  desk.run({"attach", "minutes", id, "no_such_field", file}, 2);
  desk.run({"attach", "minutes", id, "scan", (folder / "missing").string()}, 3);
  desk.run({"attach", "minutes", id, "scan", folder.path().string()}, 2);
  desk.run({"attach", "minutes", id, "photo", broken}, 2);
  desk.run({"set", "minutes", id, "scan.1=words"}, 2);
  desk.run({"open", "minutes", id, "scan", "--to", (folder / "x").string()}, 3);
  CHECK(desk.state_hash() == hash);
  CHECK(fs::is_empty(desk.home() + "/blobs"));
  desk.run({"attach", "minutes", id, "photo", broken, "--keep-location"});
  desk.run({"attach", "minutes", id, "scan", file, "--name", "b.txt"});
  desk.run({"open", "minutes", id, "scan", "--to", (folder / "x").string()});
  CHECK(read_text_file((folder / "x").string()) == "words");
  // Cleared like any field.
  desk.run({"set", "minutes", id, "scan.1="});
  desk.run({"open", "minutes", id, "scan", "--to", (folder / "y").string()}, 3);
}

TEST_CASE("What a killed program left of an attachment is named by doctor, and goes when told to",
          "[attachments]") {
  TempFolder folder;
  const Desk desk(folder, "village");
  desk.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  const std::string id = desk.add({"minutes", "title=议事", "body=council"});
  desk.run({"attach", "minutes", id, "photo", write_file(folder, "a.bin", random_text(50'000, 1))});
  // A file without a record: as between the two steps of attaching.
  const fs::path file =
      attach_without_record(desk, write_file(folder, "b.bin", random_text(70'000, 2)));
  // And one of which this home's data knows nothing, as when an older copy of it was put back.
  const fs::path unknown = fs::path(desk.home()) / "blobs" / std::string(64, 'a');
  std::ofstream(unknown, std::ios::binary) << random_text(70'000, 2);
  fs::last_write_time(unknown, fs::file_time_type::clock::now() - std::chrono::hours{2});
  auto check_of = [&](const std::vector<boost::json::object>& checks, const char* name) {
    for (const boost::json::object& check : checks)
      if (Desk::text_of(check, "check") == name) return check;
    return boost::json::object{};
  };
  auto attachments = check_of(desk.json({"doctor"}), "attachments");
  CHECK(Desk::number_of(attachments.at("orphaned").as_object(), "count") == 2);
  CHECK(Desk::number_of(attachments.at("whole").as_object(), "count") == 1);
  // Somebody may be saving its record just now.
  desk.run({"doctor", "--orphans", "--yes"});
  CHECK(fs::exists(file));
  fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours{2});
  desk.run({"doctor", "--yes"});
  const RunResult said = desk.run({"--lang", "zh", "doctor", "--orphans"});
  CHECK(said.out.find("会清掉 1 个") != std::string::npos);
  CHECK(fs::exists(file));
  CHECK(check_of(desk.json({"doctor", "--orphans", "--yes"}), "orphans")
            .at("addresses")
            .as_array()
            .size() == 1);
  CHECK_FALSE(fs::exists(file));
  CHECK(fs::exists(unknown));
  CHECK(desk.run({"--lang", "en", "doctor", "--orphans"})
            .out.find("1 were not stored while this copy of `data` was in use") !=
        std::string::npos);
  fs::remove(unknown);
  desk.run({"open", "minutes", id, "photo", "--to", (folder / "x").string()});

  // A damaged one is found when each is verified, and is said to be a problem.
  for (const auto& entry : fs::directory_iterator(fs::path(desk.home()) / "blobs"))
    std::ofstream(entry.path(), std::ios::binary | std::ios::in | std::ios::out) << "damage";
  const RunResult damaged = desk.run({"--lang", "zh", "doctor", "--attachments"}, 1);
  CHECK(damaged.out.find("损坏 1 个") != std::string::npos);
}

TEST_CASE("An attachment whose file somebody deleted is named by doctor, and comes with a session",
          "[attachments]") {
  ThreeDesks desks;
  const std::string id = desks.a.add({"minutes", "title=议事", "body=council"});
  const std::string content = random_text(50'000, 1);
  desks.a.run({"attach", "minutes", id, "photo", write_file(desks.folder, "a.bin", content)});
  desks.sync_all();
  // Beyond what it fetches by itself: nothing else would ask for it again.
  desks.a.run({"fetch", "--policy", "--each", "1KiB"});
  for (const auto& entry : fs::directory_iterator(fs::path(desks.a.home()) / "blobs"))
    if (entry.path().filename().string().size() == 64) fs::remove(entry.path());
  const RunResult said = desks.a.run({"--lang", "zh", "doctor", "--attachments"}, 1);
  CHECK(said.out.find("文件却不在了") != std::string::npos);
  CHECK(said.out.find(id.substr(0, 8)) != std::string::npos);
  desks.sync_all();
  desks.a.run({"doctor", "--attachments"});
  const std::string out = (desks.folder / "back").string();
  desks.a.run({"open", "minutes", id, "photo", "--to", out});
  CHECK(read_text_file(out) == content);
}

TEST_CASE("The original attached again brings back an attachment that nobody has any more",
          "[attachments]") {
  TempFolder folder;
  const Desk desk(folder, "village");
  desk.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  const std::string id = desk.add({"minutes", "title=议事", "body=council"});
  const std::string content = random_text(150'000, 1);
  const std::string file = write_file(folder, "a.bin", content);
  desk.run({"attach", "minutes", id, "scan", file});
  for (const auto& entry : fs::directory_iterator(fs::path(desk.home()) / "blobs"))
    if (entry.path().filename().string().size() == 64) fs::remove(entry.path());
  desk.run({"doctor"}, 1);
  const auto again = desk.json({"attach", "minutes", id, "scan", file}).front();
  CHECK(again.at("known") == true);
  CHECK(again.at("healed") == true);
  desk.run({"doctor", "--attachments"});
  const std::string out = (folder / "out").string();
  desk.run({"open", "minutes", id, "scan.1", "--to", out});
  CHECK(read_text_file(out) == content);
}

TEST_CASE("A choice of what comes unasked that can't be read stops no exchange, and is chosen anew",
          "[attachments]") {
  ThreeDesks desks;
  const std::string id = desks.a.add({"minutes", "title=议事", "body=council"});
  desks.a.run({"attach", "minutes", id, "photo",
               write_file(desks.folder, "a.bin", random_text(50'000, 1))});
  const fs::path blobs = fs::path(desks.b.home()) / "blobs";
  fs::create_directories(blobs);
  fs::permissions(blobs, fs::perms::owner_all);
  std::ofstream(blobs / "policy") << "each 41";
  desks.sync_colleague();
  CHECK_FALSE(is_here(desks.b, "minutes", id, "photo.1"));
  // It serves as well, and nobody hears of its disk.
  desks.b.add({"minutes", "title=后来的", "body=council"});
  auto server = desks.b.serve();
  desks.a.run({"sync", server->wait_until_listening()});
  CHECK(server->stop() == 0);
  const std::string stick = (desks.folder / "stick").string();
  fs::create_directory(stick);
  desks.b.run({"bundle", "write", "--to", "幸福村", "--everything", stick});
  const RunResult said = desks.b.run({"--lang", "zh", "doctor"}, 1);
  CHECK(said.out.find("自动取附件的设置") != std::string::npos);
  desks.b.run({"fetch", "--policy"}, 1);
  const RunResult mended = desks.b.run({"--lang", "en", "fetch", "--policy", "--each", "4MiB"});
  CHECK(mended.err.find("was replaced") != std::string::npos);
  const auto policy = desks.b.json({"fetch", "--policy"}).front();
  CHECK(Desk::number_of(policy, "each") == 4 * 1024 * 1024);
  CHECK(Desk::number_of(policy, "total") == std::int64_t{32} << 30);
  desks.b.run({"doctor"});
  desks.sync_colleague();
  CHECK(is_here(desks.b, "minutes", id, "photo.1"));
}

TEST_CASE("Who settles for another's attachment is not told that it was here and is gone",
          "[attachments]") {
  ThreeDesks desks;
  // Nothing of another's comes by itself.
  desks.a.run({"fetch", "--policy", "--each", "1KiB"});
  const std::string id = desks.a.add({"minutes", "title=议事", "body=council"});
  desks.sync_all();
  desks.a.run(
      {"attach", "minutes", id, "scan", write_file(desks.folder, "a.bin", random_text(50'000, 1))});
  desks.b.run(
      {"attach", "minutes", id, "scan", write_file(desks.folder, "b.bin", random_text(60'000, 2))});
  desks.sync_all();
  const auto conflicts = desks.a.json({"conflicts"});
  REQUIRE(conflicts.size() == 1);
  std::int64_t theirs = 0;
  for (const boost::json::value& each : conflicts.front().at("candidates").as_array()) {
    const boost::json::object& candidate = each.as_object();
    if (Desk::text_of(candidate.at("value").as_object(), "name") == "b.bin")
      theirs = Desk::number_of(candidate, "n");
  }
  REQUIRE(theirs > 0);
  desks.a.run({"settle", "minutes", id, "scan.1", "--take", std::to_string(theirs)});
  const RunResult said = desks.a.run({"--lang", "zh", "doctor", "--attachments"});
  CHECK(said.out.find("文件却不在了") == std::string::npos);
  CHECK(said.out.find("可能曾经在") != std::string::npos);
  desks.sync_all();
  CHECK(Desk::number_of(desks.a.json({"fetch"}).front(), "missing") == 1);
}

}  // namespace cunju::test
