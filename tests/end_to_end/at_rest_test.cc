// SPDX-License-Identifier: Apache-2.0
//
// A stolen laptop: nothing that anybody wrote can be found in the files of a home, whether its node
// runs or not, nor anywhere in the memory of a node that is locked.
#include <array>
#include <filesystem>
#include <thread>

#include "node/keys/unlock.h"
#include "tests/support/opened_home.h"
#include "tests/support/planted.h"
#include "tests/support/planted_village.h"
#include "tests/support/process_memory.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

bool wait_for(const std::function<bool()>& condition) {
  for (int i = 0; i < 300; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(50ms);
  }
  return false;
}

}  // namespace

TEST_CASE("No file of any home shows what was written: running, stopped, killed", "[at_rest]") {
  ThreeDesks desks;
  const std::vector<std::string> words = planted_words();
  // The search itself finds what is there.
  const std::string open_file = (desks.folder / "typed").string();
  std::ofstream(open_file) << "x" << words[1] << "y";
  REQUIRE(read_text_file(open_file).find(words[1]) != std::string::npos);
  write_planted(desks.a);
  {
    auto server = desks.a.serve();
    const std::string address = server->wait_until_listening();
    desks.b.run({"sync", address});
    desks.o.run({"sync", address});
    for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) check_absent(desk->home(), words, 5);
    // It is all there for who has the key.
    CHECK(desks.o.run({"list", "rental"}).out.find("13908714407") != std::string::npos);
    server->kill_now();
  }
  desks.b.try_run(
      {"set", "rental", desks.b.add({"rental", "address=欧阳慕容1娘"}), "address=欧阳慕容2娘"},
      30ms);
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) check_absent(desk->home(), words, 5);
}

TEST_CASE("A serving node lends its keys until it is locked, and then has nothing in memory",
          "[at_rest]") {
  TempFolder folder;
  Desk desk(folder, "village");
  desk.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  Desk colleague(folder, "colleague");
  pair_desks(desk, colleague, "clerk");
  write_planted(desk);
  write_planted(colleague);
  // Commands that name no key file: they have what the serving node lends, or nothing.
  auto bare = [&](Words words) {
    words.insert(words.begin(), {"--home", desk.home()});
    return run_program(program_path(), words,
                       {.environment = {{"LC_ALL", "C.UTF-8"}}, .input = {}});
  };
  CHECK(bare({"list", "rental"}).exit_code == 4);
  CHECK(bare({"lock"}).exit_code == 0);
  desk.run({"unlock"}, 3);  // Right, but nobody serves.
  auto server = desk.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  RunResult lent = bare({"list", "rental"});
  CHECK(lent.exit_code == 0);
  CHECK(lent.out.find("13908714407") != std::string::npos);
  CHECK(bare({"add", "rental", "address=借来的钥匙"}).exit_code == 0);
  CHECK(bare({"--clerk", "别人", "list", "rental"}).exit_code == 4);
  CHECK(desk.try_run({"serve", "--listen", "127.0.0.1:0"}).exit_code == 6);
  std::vector<std::string> words = in_all_spellings(planted_words());
  const HomeKeys opens = keys_of(desk.home(), desk.key_file());
  REQUIRE_FALSE(opens.epochs.empty());
  const std::vector<std::string> secrets = opens.all();
  words.insert(words.end(), secrets.begin(), secrets.end());
  auto key = keys::read_key_file(desk.key_file());
  REQUIRE(key);
  words.emplace_back(as_text(key.value().view()));
  words.push_back(desk.home());
  // The search finds what there is: an open node has just exchanged these words, and has its keys.
  colleague.run({"sync", address});
  const MemorySearch open = search_memory(server->pid(), words);
  if (open.bytes > 0) {
    CHECK(std::ranges::any_of(planted_words(),
                              [&](const std::string& word) { return open.found.contains(word); }));
    for (const std::string& secret : opens.device) CHECK(open.found.contains(secret));
  }
  CHECK(bare({"lock"}).exit_code == 0);
  CHECK(wait_for([&] { return server->out().find("\"locked\"") != std::string::npos; }));
  CHECK(bare({"list", "rental"}).exit_code == 4);
  const MemorySearch locked = search_memory(server->pid(), words);
  if (locked.bytes == 0) {
    WARN("skipped: this user may not read the memory of a process that keeps it to itself");
  } else {
    CHECK(locked.found == std::set<std::string>{desk.home()});  // It is this process's memory.
    CHECK(locked.mappings > 20);
  }
  desk.run({"unlock"});
  CHECK(bare({"list", "rental"}).exit_code == 0);
  CHECK(server->stop() == 0);
  CHECK(bare({"list", "rental"}).exit_code == 4);
}

TEST_CASE("A key that was replaced is lent to nobody", "[at_rest]") {
  ThreeDesks desks;
  auto bare = [&](Words words) {
    words.insert(words.begin(), {"--home", desks.b.home()});
    return run_program(program_path(), words, {.environment = {{"LC_ALL", "C.UTF-8"}}, .input = {}})
        .exit_code;
  };
  auto server = desks.b.serve();
  REQUIRE_FALSE(server->wait_until_listening().empty());
  CHECK(bare({"add", "rental", "address=旧钥匙"}) == 0);
  desks.b.run({"key", "replace", "--out", (desks.folder / "request").string(), "--yes"});
  CHECK(bare({"add", "rental", "address=还是旧钥匙"}) == 4);
  CHECK(wait_for([&] { return server->out().find("\"locked\"") != std::string::npos; }));
  CHECK(server->stop() == 0);
}

TEST_CASE("A home without its keys says so, and opens again when they are back", "[at_rest]") {
  TempFolder folder;
  Desk desk(folder, "village");
  desk.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  desk.add({"rental", "address=幸福路1号"});
  const std::string keys = desk.home() + "/keys", away = desk.home() + ".keys";
  fs::rename(keys, away);
  CHECK(desk.run({"list", "rental"}, 10).err.find("幸福路") == std::string::npos);
  desk.run({"add", "rental", "address=幸福路2号"}, 10);
  fs::remove_all(keys);
  fs::rename(away, keys);
  CHECK(desk.run({"list", "rental"}).out.find("幸福路1号") != std::string::npos);
}

TEST_CASE("A new passphrase opens what the old one did, and the old one nothing", "[at_rest]") {
  TempFolder folder;
  Desk desk(folder, "village", OpenedBy::kPassphrase);
  desk.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  desk.add({"rental", "address=幸福路1号"});
  const std::string fresh = (folder / "fresh").string(), key = (folder / "new.key").string();
  std::ofstream(fresh) << "另一句口令\n";
  auto open_with = [&](const std::string& file) {
    return run_program(
        program_path(), {"--home", desk.home(), "list", "rental"},
        {.environment = {{"CUNJU_PASSPHRASE_FILE", file}, {"LC_ALL", "C.UTF-8"}}, .input = {}});
  };
  const std::string before = read_text_file(desk.home() + "/data/data.mdb");
  desk.run({"passphrase", "--new-passphrase-file", fresh});
  CHECK(read_text_file(desk.home() + "/data/data.mdb") == before);
  desk.run({"list", "rental"}, 4);
  CHECK(open_with(fresh).out.find("幸福路1号") != std::string::npos);
  desk.run({"passphrase", "--new-passphrase-file", fresh}, 4);
  RunResult to_key = run_program(
      program_path(), {"--home", desk.home(), "passphrase", "--new-key-file", key},
      {.environment = {{"CUNJU_PASSPHRASE_FILE", fresh}, {"LC_ALL", "C.UTF-8"}}, .input = {}});
  CHECK(to_key.exit_code == 0);
  CHECK(open_with(fresh).exit_code == 4);
  CHECK(run_program(program_path(), {"--home", desk.home(), "--key-file", key, "list", "rental"})
            .exit_code == 0);
}

}  // namespace cunju::test
