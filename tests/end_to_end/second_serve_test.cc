// SPDX-License-Identifier: Apache-2.0
//
// Clerks who share a computer: one of them starts `serve` where another one's runs.
#include "tests/support/village_process.h"

namespace cunju::test {

TEST_CASE("A second serve on one home is refused in words, and the first one goes on", "[serve]") {
  ThreeDesks desks;
  auto first = desks.a.serve();
  const std::string address = first->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  for (const Words& words :
       {Words{"serve", "--listen", "127.0.0.1:0"}, Words{"serve", "--listen", address},
        Words{"serve", "--listen", "127.0.0.1:0", "--locked"}}) {
    const RunResult second = desks.a.try_run(words, std::chrono::seconds(20));
    CAPTURE(second.out, second.err);
    CHECK_FALSE(second.timed_out);
    CHECK(second.exit_code != 0);
    CHECK(second.err.find("已有一个 serve 在运行") != std::string::npos);
    CHECK(second.out.find("127.0.0.1") == std::string::npos);
  }
  CHECK(first->is_running());
  desks.a.add({"minutes", "title=还在运行"});
  desks.b.run({"sync", address});
  CHECK(desks.a.state_hash() == desks.b.state_hash());
  CHECK(first->stop() == 0);
  // When it is over the next one serves.
  auto next = desks.a.serve();
  CHECK_FALSE(next->wait_until_listening().empty());
  CHECK(next->stop() == 0);
}

}  // namespace cunju::test
