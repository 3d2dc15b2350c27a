// SPDX-License-Identifier: Apache-2.0
//
// Keys of confidential scopes that an act brought which does not stand, or that somebody has who
// may not read any more, as real processes see and mend it.
#include <algorithm>

#include "tests/end_to_end/scope_desks.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

const boost::json::array& troubles_of(const boost::json::object& status) {
  return status.at("scope_troubles").as_array();
}

std::string member_id(const Desk& desk, const std::string& name) {
  for (const boost::json::object& each : desk.json({"member", "list"}))
    if (Desk::text_of(each, "name") == name) return Desk::text_of(each, "member");
  FAIL("no member " + name);
  return {};
}

}  // namespace

TEST_CASE(
    "What was sealed under a key of an act that fell is said, and read once it is handed over",
    "[scopes]") {
  ThreeDesks desks;
  Desk m(desks.folder, "mediator"), c(desks.folder, "chair"), n(desks.folder, "second");
  desks.invite(m, "mediator");
  pair_desks(desks.a, c, "chair", "陈");
  meet(desks.a, c);
  meet(desks.a, m);
  // Chen opens a new key, and Zhang writes under it, while the village removes Chen.
  c.run({"scope", "open", "mediation", "--yes"});
  meet(c, m);
  const std::string id = m.add({"mediation", "case_no=2026-1", "remarks=欧阳慕容娘"});
  desks.a.run({"member", "remove", member_id(desks.a, "陈"), "--yes"});
  meet(desks.a, m);
  CHECK(m.field("mediation", id, "remarks") == "欧阳慕容娘");
  const boost::json::array fallen = scope_of(m, "mediation").at("fallen").as_array();
  REQUIRE(fallen.size() == 1);
  CHECK(Desk::number_of(fallen[0].as_object(), "parts") == 1);
  // Who comes now may read it, and is told that it can't be opened yet.
  pair_desks(desks.a, n, "mediator", "吴");
  meet(desks.a, n);
  CHECK(n.field("mediation", id, "remarks").empty());
  const boost::json::object before = n.json({"status"}).front();
  REQUIRE(troubles_of(before).size() == 1);
  CHECK(Desk::number_of(troubles_of(before)[0].as_object(), "fallen_parts") == 1);
  const RunResult told = n.run({"doctor"}, 1);
  CHECK(told.out.find("失效的名册改动") != std::string::npos);
  meet(desks.a, m);
  meet(desks.a, n);
  CHECK(n.field("mediation", id, "remarks") == "欧阳慕容娘");
  CHECK(troubles_of(n.json({"status"}).front()).empty());
  n.run({"doctor"});
}

TEST_CASE("Whom an act of the quorum leaves with the current key is named, and a new one ends it",
          "[scopes]") {
  ThreeDesks desks;
  Desk m(desks.folder, "mediator"), n(desks.folder, "second");
  // The key that came with her admission falls with it; the next one was wrapped to her as well.
  pair_desks(desks.a, n, "mediator", "吴");
  meet(desks.a, n);
  pair_desks(desks.a, m, "mediator", "郑");
  meet(desks.a, m);
  CHECK(troubles_of(desks.a.json({"status"}).front()).empty());
  // The change that let Wu in is void by the quorum.
  desks.a.run({"quorum", "set", "文书甲", "--threshold", "1", "--yes"});
  // The last change that names Wu let Wu in.
  std::string admission;
  for (const boost::json::object& each : desks.a.json({"member", "history"}))
    if (boost::json::serialize(each).find("吴") != std::string::npos)
      admission = Desk::text_of(each, "change");
  const std::string draft = (desks.folder / "draft").string();
  desks.a.run({"quorum", "draft", draft, "--void", admission});
  const RunResult published = desks.a.run({"quorum", "publish", draft, "--yes"});
  CHECK(published.err.find("scope open mediation") != std::string::npos);
  CHECK(troubles_of(desks.a.json({"status"}).front()).size() == 1);
  desks.a.run({"scope", "open", "mediation", "--yes"});
  CHECK(troubles_of(desks.a.json({"status"}).front()).empty());
  meet(desks.a, m);
  const std::string id = m.add({"mediation", "case_no=2026-2", "remarks=欧阳慕容娘"});
  CHECK(m.field("mediation", id, "remarks") == "欧阳慕容娘");
}

TEST_CASE("Keys are wrapped once more for a member who is named, and for nobody else", "[scopes]") {
  ThreeDesks desks;
  Desk m(desks.folder, "mediator");
  pair_desks(desks.a, m, "mediator", "吴");
  meet(desks.a, m);
  CHECK(Desk::number_of(m.json({"scope", "share"}).front(), "changes") == 0);
  CHECK(Desk::number_of(m.json({"scope", "share", "--again", "吴"}).front(), "changes") == 1);
  CHECK(Desk::number_of(m.json({"scope", "share"}).front(), "changes") == 0);
  m.run({"scope", "share", "--again", "没有这个人"}, 3);
}

}  // namespace cunju::test
