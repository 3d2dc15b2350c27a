// SPDX-License-Identifier: Apache-2.0
//
// The main job as people do it: three homes, real processes, TCP on loopback.
#include <filesystem>
#include <set>

#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;

/// A small register with what trips tables up: a BOM, quoted line breaks, commas, formulas.
std::string rental_csv(int rows) {
  std::string out = "\xEF\xBB\xBF房屋编号,详细地址,使用状态,居住间数,备注\r\n";
  for (int i = 0; i < rows; ++i) {
    const std::string n = std::to_string(i);
    out += "FW-" + n + ",\"幸福路 " + n + " 号, 东\",在租," + std::to_string(1 + i % 5) + "," +
           (i % 7 == 0   ? "\"第一行\n第二行\""
            : i % 5 == 0 ? "=1+1"
                         : "无") +
           "\r\n";
  }
  return out;
}

void import_register(ThreeDesks& desks, int rows) {
  const std::string csv = (desks.folder / "rental.csv").string();
  const std::string map = (desks.folder / "rental.toml").string();
  std::ofstream(csv) << rental_csv(rows);
  desks.a.run({"import", "rental", csv, "--write-map", map});
  const auto dry = desks.a.json({"import", "rental", csv, "--map", map, "--dry-run"}).back();
  CHECK(Desk::number_of(dry, "added") == rows);
  CHECK(desks.a.json({"list", "rental"}).empty());
  const auto done = desks.a.json({"import", "rental", csv, "--map", map}).back();
  REQUIRE(Desk::number_of(done, "added") == rows);
}

std::set<std::string> ids_of(const Desk& desk, const Words& words) {
  std::set<std::string> out;
  for (const auto& record : desk.json(words)) out.insert(Desk::text_of(record, "id"));
  return out;
}

/// Changes one byte in the middle of a file.
void flip_byte(const fs::path& path) {
  std::string text = read_text_file(path.string());
  REQUIRE_FALSE(text.empty());
  text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
  std::ofstream(path, std::ios::binary) << text;
}

/// One conflicting edit of the same field on two nodes that have not met since.
std::string make_conflict(ThreeDesks& desks) {
  const std::string id = *ids_of(desks.a, {"list", "rental", "premises_id=FW-1"}).begin();
  desks.a.run({"set", "rental", id, "address=文书甲写的地址"});
  desks.b.run({"set", "rental", id, "address=同事写的地址"});
  desks.sync_all();
  return id;
}

}  // namespace

TEST_CASE("A register imported in the village is the same at all three nodes and in their exports",
          "[main_job]") {
  ThreeDesks desks;
  import_register(desks, 40);
  desks.sync_all();
  const std::string expected = desks.a.run({"list", "rental", "--json"}).out;
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    const std::string out = desk->home() + ".export";
    CHECK(desk->run({"list", "rental", "--json"}).out == expected);
    CHECK(ids_of(*desk, {"list", "rental"}).size() == 40);
    CHECK(ids_of(*desk, {"list", "rental", "rooms=3"}).size() == 8);
    desk->run({"export", "--out", out});
    // Verification needs no home: it is given one that does not exist.
    RunResult verified = run_program(program_path(), {"verify", out, "--home", out + ".none"});
    CHECK(verified.exit_code == 0);
    CHECK_FALSE(fs::exists(out + ".none"));
  }
}

TEST_CASE("A conflicting edit is shown everywhere, settled by one and then agreed on by all",
          "[main_job]") {
  ThreeDesks desks;
  import_register(desks, 3);
  desks.sync_all();
  const std::string id = make_conflict(desks);
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    const auto conflicts = desk->json({"conflicts"});
    REQUIRE(conflicts.size() == 1);
    CHECK(Desk::text_of(conflicts[0], "id") == id);
    CHECK(Desk::text_of(conflicts[0], "field") == "address");
    CHECK(conflicts[0].at("candidates").as_array().size() == 2);
  }
  desks.b.run({"settle", "rental", id, "address", "--take", "3"}, 2);
  desks.b.run({"settle", "rental", id, "address", "--value", "核对后的地址"});
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    CHECK(desk->json({"conflicts"}).empty());
    CHECK(desk->field("rental", id, "address") == "核对后的地址");
  }
}

TEST_CASE("Importing a table again changes nothing, and undo takes the import back at all nodes",
          "[main_job]") {
  ThreeDesks desks;
  import_register(desks, 20);
  const std::string before = desks.a.state_hash();
  const std::string csv = (desks.folder / "rental.csv").string();
  const std::string map = (desks.folder / "rental.toml").string();
  const auto again = desks.a.json({"import", "rental", csv, "--map", map}).back();
  CHECK(Desk::number_of(again, "added") == 0);
  CHECK(Desk::number_of(again, "equal") == 20);
  CHECK(desks.a.state_hash() == before);
  const std::string kept = *ids_of(desks.a, {"list", "rental", "premises_id=FW-2"}).begin();
  desks.a.run({"set", "rental", kept, "remarks=导入后又改过"});
  const std::string import_id = *ids_of(desks.a, {"list", "import"}).begin();
  const auto undone = desks.a.json({"import", "--undo", import_id}).back();
  CHECK(Desk::number_of(undone, "removed") == 19);
  CHECK(Desk::number_of(undone, "kept") == 1);
  desks.sync_all();
  CHECK(ids_of(desks.o, {"list", "rental"}) == std::set<std::string>{kept});
  CHECK(ids_of(desks.o, {"list", "rental", "--deleted"}).size() == 20);
}

TEST_CASE("A registry that the chair defines works at the office without a new program",
          "[main_job]") {
  ThreeDesks desks;
  const std::string file = (desks.folder / "tools.toml").string();
  std::ofstream(file) << "format = 1\nid = \"tools\"\nversion = 1\n"
                         "label = { zh = \"农具\", en = \"Tools\" }\ndisplay = [\"name\"]\n"
                         "[[field]]\nid = \"name\"\nlabel = { zh = \"名称\", en = \"Name\" }\n"
                         "required = true\n";
  desks.b.run({"define", file}, 5);
  desks.a.run({"define", file});
  desks.sync_all();
  // The colleague is a clerk: the new registry is open to clerks as soon as it has arrived.
  const std::string id = desks.b.add({"tools", "名称=犁"});
  desks.sync_all();
  CHECK(desks.o.field("tools", id, "name") == "犁");
  bool is_listed = false;
  for (const auto& item : desks.o.json({"define"}))
    is_listed = is_listed || Desk::text_of(item, "registry") == "tools";
  CHECK(is_listed);
}

TEST_CASE("Exit codes tell a program what happened", "[main_job]") {
  ThreeDesks desks;
  const std::string id = desks.a.add({"rental", "address=幸福路1号"});
  desks.sync_all();
  desks.a.run({"show", "rental", "00000000"}, 3);
  desks.a.run({"set", "rental", "00000000", "address=无"}, 3);
  desks.a.run({"set", "rental", id, "没有等号"}, 2);
  desks.a.run({"nonsense"}, 2);
  desks.a.run({"list"}, 2);
  desks.a.run({"list", "rental", "--no-such-option"}, 2);
  desks.o.run({"set", "rental", id, "address=街道改的"}, 5);
  desks.o.run({"add", "rental", "address=街道加的"}, 5);
  desks.a.run({"invite", "--role", "office", "--out", desks.o.home() + ".invitation"}, 6);
  desks.a.run({"init", "--name", "再建一次"}, 6);
  desks.a.run({"init", "--name", "再建一次", "--clerk", "不认识的人"}, 6);
  desks.a.run({"sync", "127.0.0.1:1"}, 8);
  Desk nowhere(desks.folder, "nowhere");
  nowhere.run({"status"}, 3);
  // The key file of another home opens nothing here, and without one nothing can even be read.
  auto with_key = [&](Words key, Words words) {
    words.insert(words.begin(), key.begin(), key.end());
    words.insert(words.begin(), {"--home", desks.a.home()});
    return run_program(program_path(), words, {.environment = desks.a.environment(), .input = {}})
        .exit_code;
  };
  for (const Words& words : {Words{"set", "rental", id, "address=别人"}, Words{"list", "rental"}}) {
    CHECK(with_key({"--key-file", desks.b.key_file()}, words) == 4);
    CHECK(with_key({"--key-file", (desks.folder / "no such file").string()}, words) == 3);
    CHECK(with_key({}, words) == 4);
  }
  desks.require_agreement();
}

TEST_CASE("One flipped byte anywhere in an export is found and its file is named", "[main_job]") {
  ThreeDesks desks;
  import_register(desks, 5);
  const fs::path folder = desks.folder / "export";
  desks.a.run({"export", "--out", folder.string()});
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  REQUIRE(files.size() >= 9);
  for (const fs::path& file : files) {
    const std::string before = read_text_file(file.string());
    flip_byte(file);
    RunResult found = run_program(program_path(), {"verify", folder.string(), "--json"});
    INFO(file << "\n" << found.out);
    CHECK(found.exit_code == 1);
    CHECK(found.out.find(file.filename().string()) != std::string::npos);
    std::ofstream(file, std::ios::binary) << before;
  }
  CHECK(run_program(program_path(), {"verify", folder.string()}).exit_code == 0);
}

}  // namespace cunju::test
