// SPDX-License-Identifier: Apache-2.0
//
// What other people on the same machine may see of a node.
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;

bool holds(const std::string& text, const std::string& secret) {
  return text.find(secret) != std::string::npos;
}

}  // namespace

TEST_CASE("A passphrase is in no argument list, no output and no file of the home", "[secrets]") {
  TempFolder folder;
  const Desk village(folder, "village", OpenedBy::kPassphrase), guest(folder, "colleague");
  village.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  pair_desks(village, guest, "clerk");
  auto server = village.serve();
  REQUIRE_FALSE(server->wait_until_listening().empty());
  const std::string secret = village.passphrase();
  const std::string process = "/proc/" + std::to_string(server->pid());
  const std::string arguments = read_text_file(process + "/cmdline");
  REQUIRE(holds(arguments, "serve"));
  CHECK_FALSE(holds(arguments, secret));
  CHECK_FALSE(holds(read_text_file(process + "/environ"), secret));
  RunResult added = village.run({"add", "rental", "address=幸福路1号"});
  RunResult doctor = village.run({"doctor"});
  for (const RunResult* result : {&added, &doctor}) {
    CHECK_FALSE(holds(result->out + result->err, secret));
  }
  CHECK(server->stop() == 0);
  CHECK_FALSE(holds(server->out() + server->err(), secret));
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(village.home())) {
    if (!entry.is_regular_file()) continue;
    ++files;
    INFO(entry.path());
    CHECK_FALSE(holds(read_text_file(entry.path().string()), secret));
  }
  CHECK(files >= 5);
}

TEST_CASE("A home is closed to other users whatever the umask", "[secrets]") {
  const mode_t before = ::umask(0);
  TempFolder folder;
  Desk desk(folder, "village");
  desk.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  const std::string invitation = (folder / "invitation").string();
  desk.run({"invite", "--role", "office", "--out", invitation});
  auto server = desk.serve();
  const bool is_listening = !server->wait_until_listening().empty();
  ::umask(before);
  REQUIRE(is_listening);
  auto mode_of = [](const fs::path& path) {
    return static_cast<unsigned>(fs::status(path).permissions());
  };
  CHECK(mode_of(desk.home()) == 0700);
  CHECK(mode_of(invitation) == 0600);
  for (const auto& entry : fs::recursive_directory_iterator(desk.home())) {
    INFO(entry.path());
    if (entry.is_directory()) CHECK(mode_of(entry.path()) == 0700);
    if (entry.is_regular_file()) CHECK(mode_of(entry.path()) == 0600);
  }
  CHECK(server->stop() == 0);
}

}  // namespace cunju::test
