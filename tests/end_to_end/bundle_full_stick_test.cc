// SPDX-License-Identifier: Apache-2.0
//
// Sticks without room for everybody, or for anybody: what was not written is remembered, whomever
// it was for is named, and the command that the program advises reaches all of them.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/support/tiny_disk.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;

/// A village with a scan that a colleague and the office lack, and small sticks.
struct Waiting {
  Waiting() {
    id = desks.a.add({"minutes", "title=议事", "body=council"});
    for (std::size_t i = 0; i < 300'000; ++i)
      content.push_back(static_cast<char>(i * i % 251 + i % 7));
    const std::string path = (desks.folder / "scan.bin").string();
    std::ofstream(path, std::ios::binary) << content;
    desks.a.run({"attach", "minutes", id, "scan", path});
    office = to_of(plan("街道").front());
    for (const boost::json::object& each : plan("all"))
      if (to_of(each) != office) colleague = to_of(each);
    REQUIRE_FALSE(colleague.empty());
  }
  static std::string to_of(const boost::json::object& object) {
    return Desk::text_of(object, "to");
  }
  std::vector<boost::json::object> plan(const std::string& to) {
    return desks.a.json({"bundle", "write", "--to", to, "--dry-run"});
  }
  /// Everybody whom the last line of a `bundle write` names, sorted.
  static std::vector<std::string> waiting_in(const std::vector<boost::json::object>& lines) {
    std::vector<std::string> out;
    if (const boost::json::value* waiting = lines.back().if_contains("waiting"))
      for (const boost::json::value& each : waiting->as_array())
        out.push_back(to_of(each.as_object()));
    std::ranges::sort(out);
    return out;
  }
  std::vector<std::string> both() const {
    std::vector<std::string> out{office, colleague};
    std::ranges::sort(out);
    return out;
  }
  /// Reads what of the sticks is for it; the scan as it has it then.
  std::string read(const Desk& desk, const std::vector<std::string>& sticks) {
    for (const std::string& stick : sticks) {
      const RunResult result = desk.try_run({"bundle", "read", "--no-receipt", stick});
      CHECK((result.exit_code == 0 || result.exit_code == 3));
    }
    const std::string out = (desks.folder / ("out" + std::to_string(++opened_))).string();
    desk.run({"open", "minutes", id, "scan", "--to", out});
    return read_text_file(out);
  }

  ThreeDesks desks;
  std::string id, content, office, colleague;
  TinyDisk first, second;

 private:
  int opened_ = 0;
};

bool are_mounted(const Waiting& desks) {
  if (desks.first.mounted() && desks.second.mounted()) return true;
  WARN("tmpfs can't be mounted here; not tested");
  return false;
}

}  // namespace

TEST_CASE("Whoever gets nothing on a full stick is named, and gets it from the next one",
          "[bundle]") {
  Waiting desks;
  if (!are_mounted(desks)) return;
  const std::string first = (desks.first / "").string(), second = (desks.second / "").string();
  desks.first.fill(620'000);
  const Desk& village = desks.desks.a;
  const auto lines = village.json({"bundle", "write", "--to", "all", first}, 1);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].at("letters").as_array().size() == 1);
  CHECK(lines[1].at("letters").as_array().empty());
  CHECK(Desk::number_of(lines[1], "missing_bytes") > 0);
  CHECK(Waiting::waiting_in(lines) == desks.both());
  // In words: of whom something is there, and of whom nothing.
  const RunResult again = village.run({"--lang", "zh", "bundle", "write", "--to", "all", first}, 1);
  CHECK(again.err.find("什么也没有写") != std::string::npos);
  CHECK(again.err.find("还有没写完的：") != std::string::npos);
  CHECK(again.err.find("bundle write --continue DIR") != std::string::npos);

  const auto rest = village.json({"bundle", "write", "--continue", second});
  REQUIRE(rest.size() == 2);
  for (const boost::json::object& each : rest) CHECK_FALSE(each.at("letters").as_array().empty());
  CHECK(desks.read(desks.desks.b, {first, second}) == desks.content);
  CHECK(desks.read(desks.desks.o, {first, second}) == desks.content);
  village.run({"bundle", "write", "--continue", second}, 3);
}

TEST_CASE("Where not all fits, everybody gets the records before anybody gets a scan", "[bundle]") {
  Waiting desks;
  if (!are_mounted(desks)) return;
  const std::string first = (desks.first / "").string(), second = (desks.second / "").string();
  desks.first.fill(720'000);
  const Desk& village = desks.desks.a;
  const auto lines = village.json({"bundle", "write", "--to", "all", first}, 1);
  REQUIRE(lines.size() == 3);
  for (std::size_t i = 0; i < 2; ++i) {
    const boost::json::array& letters = lines[i].at("letters").as_array();
    REQUIRE(letters.size() == 1);
    const auto& space = letters[0].as_object().at("spaces").as_array().at(0).as_object();
    CHECK(Desk::number_of(space, "changes") > 0);
    CHECK(Desk::number_of(space, "attachments") == 0);
    CHECK(letters[0].as_object().at("last") == false);
    CHECK(Desk::number_of(lines[i], "missing_changes") == 0);
    CHECK(Desk::number_of(lines[i], "missing_attachments") == 1);
  }
  CHECK(Waiting::waiting_in(lines) == desks.both());
  CHECK(village.json({"bundle", "write", "--continue", second}).size() == 2);
  CHECK(desks.read(desks.desks.b, {first, second}) == desks.content);
  CHECK(desks.read(desks.desks.o, {first, second}) == desks.content);
}

TEST_CASE("Of a stick without any room it is said that nothing is on it, and the next one has all",
          "[bundle]") {
  Waiting desks;
  if (!are_mounted(desks)) return;
  const std::string first = (desks.first / "").string(), second = (desks.second / "").string();
  desks.first.fill(200'000);
  const Desk& village = desks.desks.a;
  const RunResult full = village.run({"--lang", "en", "bundle", "write", "--to", "街道", first}, 1);
  CHECK(full.err.find("nothing was written for") != std::string::npos);
  CHECK(full.err.find("is whole and can go") == std::string::npos);
  CHECK(full.err.find("kB free") != std::string::npos);
  CHECK(full.out.find("Eject") == std::string::npos);
  // On the same one again: the same, and nothing is forgotten.
  CHECK(Waiting::waiting_in(village.json({"bundle", "write", "--continue", first}, 1)) ==
        std::vector{desks.office});
  const auto rest = village.json({"bundle", "write", "--continue", second});
  REQUIRE(rest.size() == 1);
  const auto& letter = rest[0].at("letters").as_array().at(0).as_object();
  CHECK(Desk::number_of(letter, "part") == 1);
  CHECK(letter.at("last") == true);
  CHECK(desks.read(desks.desks.o, {second}) == desks.content);
}

TEST_CASE("Who waits from an earlier stick is named beside who waits from this one", "[bundle]") {
  Waiting desks;
  if (!are_mounted(desks)) return;
  const std::string first = (desks.first / "").string(), second = (desks.second / "").string();
  const std::string kept = (desks.desks.folder / "kept").string();
  fs::create_directory(kept);
  const Desk& village = desks.desks.a;
  desks.first.fill(620'000);
  CHECK(Waiting::waiting_in(village.json({"bundle", "write", "--to", desks.colleague, first}, 1)) ==
        std::vector{desks.colleague});
  fs::copy(fs::path(first) / "CUNJU", fs::path(kept) / "CUNJU");
  // A second one is full, for somebody else.
  CHECK(Waiting::waiting_in(village.json({"bundle", "write", "--to", "街道", first}, 1)) ==
        desks.both());
  const std::string big = (desks.desks.folder / "big").string();
  fs::create_directory(big);
  // Whoever gets all of it does not wait any more; the other one does, and it is said.
  const auto done = village.json({"bundle", "write", "--to", "街道", big});
  CHECK(Waiting::waiting_in(done) == std::vector{desks.colleague});
  const auto rest = village.json({"bundle", "write", "--continue", second});
  REQUIRE(rest.size() == 1);
  CHECK(Waiting::to_of(rest[0]) == desks.colleague);
  CHECK(Desk::number_of(rest[0].at("letters").as_array().at(0).as_object(), "part") == 2);
  CHECK(desks.read(desks.desks.b, {kept, second}) == desks.content);
  CHECK(desks.read(desks.desks.o, {big}) == desks.content);
}

TEST_CASE("The rest of a bundle of two villages is not written of one of them", "[bundle]") {
  TempFolder folder;
  const Desk east(folder, "east"), west(folder, "west"), office(folder, "office"),
      other(folder, "other");
  east.run({"init", "--name", "东村", "--code", "530102001201", "--clerk", "东文书"});
  west.run({"init", "--name", "西村", "--code", "530102001202", "--clerk", "西文书"});
  for (const Desk* village : {&east, &west}) {
    for (const Desk* guest : {&office, &other}) {
      fs::remove(guest->home() + ".invitation");
      pair_desks(*village, *guest, "supervisor");
    }
    village->add({"minutes", "title=议事", "body=council"});
    auto server = village->serve();
    const std::string address = server->wait_until_listening();
    REQUIRE_FALSE(address.empty());
    office.run({"sync", address});
    CHECK(server->stop() == 0);
  }
  TinyDisk small, large;
  if (small.is_missing() || large.is_missing()) return;
  const std::string first = (small / "").string(), second = (large / "").string();
  small.fill(200'000);
  std::string to;
  for (const auto& each : office.json({"bundle", "write", "--to", "all", "--dry-run"}))
    if (each.at("letters").as_array().at(0).as_object().at("spaces").as_array().size() == 2)
      to = Desk::text_of(each, "to");
  REQUIRE_FALSE(to.empty());
  office.run({"bundle", "write", "--to", to, first}, 1);
  const RunResult narrowed =
      office.run({"--lang", "zh", "--space", "东村", "bundle", "write", "--continue", second}, 6);
  CHECK(narrowed.err.find("别的村就会漏掉") != std::string::npos);
  office.run({"--space", "东村", "bundle", "write", "--to", to, second}, 6);
  office.run({"bundle", "write", "--continue", second});
  other.run({"bundle", "read", "--no-receipt", second});
  for (const char* village : {"东村", "西村"})
    CHECK(other.json({"--space", village, "list", "minutes"}).size() == 1);

  // What was begun of one village goes on with that one, by the command that is advised.
  east.add({"minutes", "title=再议", "body=council"});
  auto server = east.serve();
  office.run({"sync", server->wait_until_listening()});
  CHECK(server->stop() == 0);
  const RunResult of_one =
      office.run({"--lang", "zh", "--space", "东村", "bundle", "write", "--to", to, first}, 1);
  CHECK(of_one.err.find("--space") == std::string::npos);
  const auto rest = office.json({"bundle", "write", "--continue", second});
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].at("letters").as_array().at(0).as_object().at("spaces").as_array().size() == 1);
  // Also where it is said once more which one it is.
  office.run({"--space", "东村", "bundle", "write", "--to", to, "--everything", first}, 1);
  office.run({"--space", "东村", "bundle", "write", "--continue", second});
}

}  // namespace cunju::test
