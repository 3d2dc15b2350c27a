// SPDX-License-Identifier: Apache-2.0
// A session that is open while another program of the home computes everything anew
// (doctor --rebuild), with attachments and without.
#include <catch2/catch.hpp>

#include "node/replica/sharing.h"
#include "tests/node/replica/scoped_nodes.h"
#include "tests/support/memory_attachments.h"

using namespace cunju;
using namespace cunju::test;

namespace {

/// The office and the desk, connected and caught up.
struct Connected {
  explicit Connected(bool has_attachments, bool met_before) {
    if (met_before) REQUIRE(all.meet(all.office, all.desk).is_clean());
    std::array<sync::AttachmentPort*, 2> ports{};
    if (has_attachments) ports = {&attachments[0], &attachments[1]};
    pair = std::make_unique<testing::SessionPair>(
        *all.office, *all.desk, sync::Options{}, sync::Options{}, testing::test_handshake_hash(),
        all.village.founder.wire.wire(), all.zhang.wire.wire(), ports);
    pair->start();
    REQUIRE(pair->pump());
    REQUIRE(pair->session(0).progress().phase == sync::Phase::kLive);
  }
  /// Somebody writes at the office; whether the desk hears of it.
  bool is_heard() {
    const ChangeId id =
        all.write(all.office, all.village.founder, all.office->new_record_id(), "开", "");
    pair->apply(0, pair->session(0).on_changes_committed());
    REQUIRE(pair->pump());
    return require(all.desk->has_change(all.space, id));
  }

  ScopedNodes all;
  std::array<testing::MemoryAttachments, 2> attachments;
  std::unique_ptr<testing::SessionPair> pair;
};

}  // namespace

TEST_CASE("a session that is open goes on pushing after everything was computed anew") {
  for (const bool has_attachments : {false, true}) {
    for (const bool met_before : {false, true}) {
      for (const int writes : {0, 1, 3}) {
        CAPTURE(has_attachments, met_before, writes);
        Connected at(has_attachments, met_before);
        for (int i = 0; i < writes; ++i) CHECK(at.is_heard());
        // Something is written that the session has nothing to do with.
        found_village(*at.all.office, at.all.office.random(), "别村");
        require(at.all.office->rebuild_views());
        CHECK(at.is_heard());
        require(at.all.office->rebuild_views());
        require(at.all.desk->rebuild_views());
        CHECK(at.is_heard());
      }
    }
  }
}

TEST_CASE("computing anew makes nothing shared that the roster does not share any more") {
  Connected at(false, true);
  const WireKey zhang = at.all.zhang.wire.wire();
  CHECK(require(at.all.office->shared_spaces(zhang)).size() == 1);
  const RosterOperation gone = RetireNode{.node = at.all.zhang.node.node()};
  require(at.all.office->append_roster(at.all.space, at.all.village.founder.device, {&gone, 1}, 0));
  CHECK(require(at.all.office->shared_spaces(zhang)).empty());
  require(at.all.office->rebuild_views());
  CHECK(require(at.all.office->shared_spaces(zhang)).empty());
}
