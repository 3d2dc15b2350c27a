// SPDX-License-Identifier: Apache-2.0
//
// What a clerk is told when something is wrong with one attachment, and whether the advice works:
// a folder that is missing, a file that is damaged, a choice that can't be read, a picture that
// hides where it was taken, a name that hides what it is.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/end_to_end/attached_files.h"
#include "tests/node/attachments/picture_parts.h"
#include "tests/support/desk_words.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;

/// Writes over the middle of every whole attachment of the home.
void damage_all(const Desk& desk) {
  for (const auto& entry : fs::directory_iterator(fs::path(desk.home()) / "blobs")) {
    if (entry.path().filename().string().size() != 64) continue;
    std::fstream file(entry.path(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(fs::file_size(entry.path()) / 2));
    file << "damage";
  }
}

struct OneDesk {
  OneDesk() {
    desk.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
    id = desk.add({"minutes", "title=议事", "body=council"});
  }
  TempFolder folder;
  Desk desk{folder, "village"};
  std::string id;
};

}  // namespace

TEST_CASE("A target folder that is missing is named, and not taken for the attachment",
          "[attachments]") {
  OneDesk one;
  one.desk.run({"attach", "minutes", one.id, "scan", write_file(one.folder, "a.bin", "words")});
  const std::string target = (one.folder / "nowhere" / "deep" / "x").string();
  const RunResult said =
      one.desk.run({"--lang", "en", "open", "minutes", one.id, "scan", "--to", target}, 3);
  CHECK(said.err.find("there is no folder " + (one.folder / "nowhere" / "deep").string()) !=
        std::string::npos);
  CHECK(said.err.find("fetch") == std::string::npos);
}

TEST_CASE("Who opens what is not here is told the command that brings it", "[attachments]") {
  ThreeDesks desks;
  desks.b.run({"fetch", "--policy", "--each", "1KiB"});
  const std::string id = desks.a.add({"minutes", "title=议事", "body=council"});
  const std::string content = random_text(50'000, 1);
  desks.a.run({"attach", "minutes", id, "photo", write_file(desks.folder, "a.bin", content)});
  desks.sync_colleague();
  const std::string out = (desks.folder / "out").string();
  const RunResult said =
      desks.b.run({"--lang", "en", "open", "minutes", id, "photo", "--to", out}, 6);
  CHECK(said.err.find("fetch minutes " + id) != std::string::npos);
  desks.b.run({"fetch", "minutes", id});
  desks.sync_colleague();
  desks.b.run({"open", "minutes", id, "photo", "--to", out});
  CHECK(read_text_file(out) == content);
}

TEST_CASE("A damaged original is said to be that and no more, and comes again however large it is",
          "[attachments]") {
  ThreeDesks desks;
  const std::string id = desks.a.add({"minutes", "title=议事", "body=council"});
  const std::string content = random_text(300'000, 1);
  desks.a.run({"attach", "minutes", id, "photo", write_file(desks.folder, "a.bin", content)});
  desks.sync_all();
  // Beyond what it fetches by itself: nothing else would ask for it again.
  desks.a.run({"fetch", "--policy", "--each", "1KiB"});
  damage_all(desks.a);
  const std::string out = (desks.folder / "out").string();
  const RunResult said =
      desks.a.run({"--lang", "en", "open", "minutes", id, "photo", "--to", out}, 6);
  CHECK(said.err.find("The file of this attachment is damaged") != std::string::npos);
  CHECK(said.err.find("Stop writing") == std::string::npos);
  CHECK_FALSE(fs::exists(out));
  SECTION("as it was found") {}
  SECTION("where an older program has put it aside, and doctor looks") {
    for (const auto& entry : fs::directory_iterator(fs::path(desks.a.home()) / "blobs"))
      if (entry.path().extension() == ".want") fs::remove(entry.path());
    desks.a.run({"doctor"}, 1);
  }
  desks.sync_all();
  desks.a.run({"open", "minutes", id, "photo", "--to", out});
  CHECK(read_text_file(out) == content);
  desks.a.run({"doctor", "--attachments"});
}

TEST_CASE("An attachment that is damaged where it is fetched from is said on both computers",
          "[attachments]") {
  ThreeDesks desks;
  desks.b.run({"fetch", "--policy", "--each", "1KiB"});
  const std::string id = desks.a.add({"minutes", "title=议事", "body=council"});
  const std::string content = random_text(300'000, 1);
  const std::string file = write_file(desks.folder, "a.bin", content);
  desks.a.run({"attach", "minutes", id, "photo", file});
  desks.sync_colleague();
  damage_all(desks.a);
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  const RunResult said =
      desks.b.run({"--lang", "zh", "fetch", "minutes", id, "--from", address}, 1);
  CHECK(said.err.find("对方没有给出 1 个要取的附件：幸福村 minutes " + id.substr(0, 8)) !=
        std::string::npos);
  CHECK(said.err.find("photo.1") != std::string::npos);
  const auto again = desks.b.json({"fetch", "--all", "--from", address}, 1).back();
  REQUIRE(again.at("not_brought").as_array().size() == 1);
  const auto& place = again.at("not_brought").as_array().front().as_object();
  CHECK(Desk::text_of(place, "record") == id);
  CHECK(Desk::text_of(place, "field") == "photo.1");
  // Who only looks what there is has asked for nothing.
  desks.b.run({"fetch"});
  CHECK(server->stop() == 0);
  CHECK(server->err().find("要的一个附件，本机的文件已损坏，没有给") != std::string::npos);
  std::size_t told = 0;
  for (const auto& event : Desk::parse_lines(server->out())) {
    if (const boost::json::value* kind = event.if_contains("event"); kind && *kind == "log") {
      ++told;
      CHECK(Desk::text_of(event, "error") == "corrupt");
    }
  }
  CHECK(told == 1);
  // As it says.
  desks.a.run({"attach", "minutes", id, "photo", file});
  auto mended = desks.a.serve();
  const auto fetched =
      desks.b.json({"fetch", "--all", "--from", mended->wait_until_listening()}).back();
  CHECK(fetched.at("not_brought").as_array().empty());
  CHECK(mended->stop() == 0);
  const std::string out = (desks.folder / "out").string();
  desks.b.run({"open", "minutes", id, "photo.1", "--to", out});
  CHECK(read_text_file(out) == content);
}

TEST_CASE("A folder in the place of the choice of what comes unasked is named, and what to do",
          "[attachments]") {
  OneDesk one;
  one.desk.run({"fetch"});
  for (const char* name : {"policy", "total"}) {
    CAPTURE(name);
    const fs::path place = fs::path(one.desk.home()) / "blobs" / name;
    fs::remove(place);
    fs::create_directory(place);
    const std::string advice = place.string() + " is a folder that does not belong there: rename";
    CHECK(one.desk.run({"--lang", "en", "doctor"}, 1).out.find(advice) != std::string::npos);
    CHECK(one.desk.run({"--lang", "en", "fetch", "--policy"}, 1).err.find(advice) !=
          std::string::npos);
    const RunResult refused =
        one.desk.run({"--lang", "en", "fetch", "--policy", "--each", "8MiB"}, 6);
    CHECK(refused.err.find(advice) != std::string::npos);
    // As it says.
    fs::rename(place, one.folder / name);
    one.desk.run({"fetch", "--policy", "--each", "8MiB"});
    one.desk.run({"doctor"});
  }
}

TEST_CASE("What is said to be taken out of a picture is in no byte of what is opened",
          "[attachments]") {
  OneDesk one;
  const Bytes with_place = jpeg({{{0xE1, exif(false, true)}}, {}});
  Bytes beyond = exif(false, true);
  // More values than the block has bytes for: GPS stands behind three entries, and the latitude is
  // its second one.
  beyond[6 + 8 + 2 + 36 + 4 + 2 + 12 + 4 + 1] = 0x70;
  const std::pair<std::string, Bytes> pictures[] = {
      {"exif", beyond}, {"thumbnail", block_with(with_place, with_place.size())}};
  int number = 0;
  for (const auto& [removed, block] : pictures) {
    CAPTURE(removed);
    const Bytes picture = jpeg({{{0xE1, block}}, {}});
    REQUIRE(holds(picture, kLatitude));
    const std::string file =
        write_file(one.folder, "a.jpg", std::string(picture.begin(), picture.end()));
    const auto attached = one.desk.json({"attach", "minutes", one.id, "photo", file}).front();
    REQUIRE(attached.at("removed").as_array().size() == 1);
    CHECK(boost::json::value_to<std::string>(attached.at("removed").as_array().front()) == removed);
    const std::string place = "photo." + std::to_string(++number),
                      out = (one.folder / place).string();
    one.desk.run({"open", "minutes", one.id, place, "--to", out});
    CHECK(read_text_file(out).find(kLatitude) == std::string::npos);
  }
}

TEST_CASE("A file's name has no letters that nobody sees, and a place for one of many is a number",
          "[attachments]") {
  OneDesk one;
  const std::string file = write_file(one.folder, "a.bin", "words");
  one.desk.run({"attach", "minutes", one.id, "scan", file, "--name",
                "签\u200B字\u2060稿\uFEFF.pdf\U000E0041\u00AD"});
  // A rare form of a letter, as in people's names, stays.
  one.desk.run({"attach", "minutes", one.id, "scan", file, "--name", "葛\U000E0100.pdf"});
  const std::string out = (one.folder / "out").string();
  fs::create_directory(out);
  for (const char* place : {"scan.1", "scan.2"})
    one.desk.run({"open", "minutes", one.id, place, "--to", out});
  CHECK(fs::exists(out + "/签字稿.pdf"));
  CHECK(fs::exists(out + "/葛\U000E0100.pdf"));
  const RunResult refused =
      one.desk.run({"--lang", "en", "attach", "minutes", one.id, "scan.-1", file}, 2);
  CHECK(refused.err.find("numbered from 1 on") != std::string::npos);
  one.desk.run({"attach", "minutes", one.id, "scan.7", file});
}

TEST_CASE("What is no file to attach is named for what it is, and nobody waits for it",
          "[attachments]") {
  OneDesk one;
  const TempFolder& folder = one.folder;
  const Desk& desk = one.desk;
  const std::string& id = one.id;
  const std::string pipe = (folder / "pipe").string(), hash = desk.state_hash();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  struct Refused {
    std::string path;
    int exit_code;
    std::string words;
  };
  const std::vector<Refused> all{{folder.path().string(), 2, "是文件夹"},
                                 {pipe, 2, "不是普通文件"},
                                 {"/dev/zero", 2, "不是普通文件"},
                                 {(folder / "missing").string(), 3, "不在那里"}};
  for (const Refused& each : all) {
    CAPTURE(each.path);
    // A person who waits at the other end of nothing has pressed Ctrl+C long before.
    const RunResult result =
        desk.try_run({"attach", "minutes", id, "scan", each.path}, std::chrono::seconds(20));
    CHECK(result.exit_code == each.exit_code);
    CHECK(has(result.err, each.path));
    CHECK(has(result.err, each.words));
  }
  // Whoever is root reads everything, but for a root from whom just that was taken.
  const std::string secret = write_file(folder, "secret.bin", "words");
  REQUIRE(::chmod(secret.c_str(), 0) == 0);
  Words words{"--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all", program_path()};
  for (const std::string& word : desk.at_home({"attach", "minutes", id, "scan", secret}))
    words.push_back(word);
  const RunResult refused =
      run_program("/usr/bin/setpriv", words, {.environment = desk.environment(), .input = {}});
  CHECK(refused.exit_code == 5);
  CHECK(has(refused.err, "系统不让读这个文件：" + secret));
  CHECK_FALSE(has(refused.err, "名册"));
  CHECK(desk.state_hash() == hash);
}

}  // namespace cunju::test
