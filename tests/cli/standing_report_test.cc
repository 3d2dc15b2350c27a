// SPDX-License-Identifier: Apache-2.0
//
// No act leaves the branch that stands in passing.
#include "cli/standing_report.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "cli/record_lookup.h"
#include "cli/verbs.h"

namespace cunju::cli {
namespace {

struct Called {
  std::ostringstream out, err;
  Terminal terminal{out, err};
  Invocation call{.terminal = terminal,
                  .verb = kMemberVerb,
                  .home = {},
                  .space = {},
                  .clerk = {},
                  .arguments = {"remove"},
                  .options = {}};
};

}  // namespace

TEST_CASE("An act that would leave the branch that stands is refused, unless somebody names it",
          "[cli]") {
  crypto::SeededRandom random(1);
  council::ForkOutlook fork{.author = random.make<AuthorKey>(), .point = Seq{3}};
  fork.branch_now = random.make<ChangeId>();
  fork.branch_after = random.make<ChangeId>();
  fork.leaves_branch = true;
  const Roster roster;
  const std::vector<RosterOperation> removal{RemoveMember{}};
  const std::vector<RosterOperation> epoch{RemoveMember{}, Epoch{}};
  Called asked;
  const Result<void> refused = refuse_leaving(asked.call, roster, removal, std::span(&fork, 1));
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == Errc::kConflict);
  asked.terminal.error(refused.error());
  for (const std::string& id : {fork.branch_now->hex(), fork.branch_after->hex()})
    CHECK(asked.err.str().find(short_id(id)) != std::string::npos);
  CHECK(asked.err.str().find("key revoke") != std::string::npos);
  // The quorum's acts are shown and not refused, and neither is what somebody has named.
  CHECK(refuse_leaving(asked.call, roster, epoch, std::span(&fork, 1)));
  Called named;
  named.call.options.emplace("--branch", "abcd");
  CHECK(refuse_leaving(named.call, roster, removal, std::span(&fork, 1)));
  fork.leaves_branch = false;
  CHECK(refuse_leaving(asked.call, roster, removal, std::span(&fork, 1)));
}

}  // namespace cunju::cli
