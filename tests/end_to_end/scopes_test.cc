// SPDX-License-Identifier: Apache-2.0
//
// A mediator, a clerk who relays and an office, as real processes: what is confidential is on the
// relay's disk and on the office's only as what they can't read.
#include <algorithm>

#include "tests/end_to_end/scope_desks.h"
#include "tests/support/planted.h"
#include "tests/support/village_process.h"

namespace cunju::test {

TEST_CASE("Who is no mediator carries what mediators wrote, and can't read it", "[scopes]") {
  const std::vector<std::string> words{"欧阳慕容娘", "为滴水檐争了三年", "13908714407"};
  ThreeDesks desks;
  Desk m(desks.folder, "mediator"), n(desks.folder, "second");
  desks.invite(m, "mediator");
  meet(desks.a, m);
  CHECK(scope_of(m, "mediation").at("epochs").as_array().size() == 1);
  const std::string id = m.add({"mediation", "case_no=2026-1", "applicants=" + words[0],
                                "respondents=" + words[1], "applicant_phone=" + words[2]});
  CHECK(m.run({"show", "mediation", id}).out.find(words[0]) != std::string::npos);
  meet(desks.a, m);
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    const boost::json::object shown = desk->json({"show", "mediation", id}).front();
    CHECK(shown.at("fields").as_object().size() == 1);
    CHECK(Desk::number_of(shown.at("hidden").as_object(), "mediation") == 1);
    CHECK(desk->run({"show", "mediation", id}).out.find(words[0]) == std::string::npos);
    CHECK(desk->run({"history", "mediation", id, "--json"}).out.find(words[0]) ==
          std::string::npos);
    check_absent(desk->home(), words);
    // An export carries the sealed parts, proves them, and shows nothing of them.
    const std::string out = desk->home() + ".export";
    desk->run({"export", "--out", out});
    check_absent(out, words);
    CHECK(run_program(program_path(), {"verify", out}).exit_code == 0);
  }
  // A clerk may write in the registry, and not what he may not read.
  const RunResult refused = desks.b.run({"set", "mediation", id, "applicants=假的"}, 5);
  CHECK(refused.err.find("mediation") != std::string::npos);

  // The second mediator meets nobody but the village, which has no key to give.
  pair_desks(desks.a, n, "mediator", "吴");
  meet(desks.a, n);
  CHECK(n.run({"show", "mediation", id}).out.find(words[0]) == std::string::npos);
  meet(desks.a, m);
  meet(desks.a, n);
  CHECK(n.run({"show", "mediation", id}).out.find(words[0]) != std::string::npos);
  n.run({"set", "mediation", id, "respondent_address=甲处"});
  meet(desks.a, n);
  meet(desks.a, m);
  CHECK(m.field("mediation", id, "respondent_address") == "甲处");

  // The second one leaves: the act opens a new epoch, and says so before.
  std::string member;
  for (const boost::json::object& each : desks.a.json({"member", "list"}))
    if (Desk::text_of(each, "name") == "吴") member = Desk::text_of(each, "member");
  const boost::json::object plan = desks.a.json({"member", "remove", member}).front();
  REQUIRE(plan.at("scopes").as_array().size() == 1);
  CHECK(Desk::text_of(plan.at("scopes").as_array()[0].as_object(), "scope") == "mediation");
  desks.a.run({"member", "remove", member, "--yes"});
  meet(desks.a, m);
  CHECK(scope_of(m, "mediation").at("entitled").as_array().size() == 1);
  m.run({"set", "mediation", id, "remarks=新的秘密句子"});
  CHECK(m.field("mediation", id, "remarks") == "新的秘密句子");
  meet(desks.a, m);
  check_absent(desks.a.home(), {"新的秘密句子"});
  // Peers exchange nothing with the one who left, and what she had she still reads.
  CHECK(n.run({"show", "mediation", id}).out.find(words[0]) != std::string::npos);
  desks.a.run({"doctor"});
}

TEST_CASE("An act of the quorum that takes a mediator out opens a new epoch in itself",
          "[scopes]") {
  ThreeDesks desks;
  Desk m(desks.folder, "mediator"), n(desks.folder, "second");
  desks.invite(m, "mediator");
  meet(desks.a, m);
  pair_desks(desks.a, n, "mediator", "吴");
  meet(desks.a, n);
  const std::size_t before = scope_of(desks.a, "mediation").at("epochs").as_array().size();
  desks.a.run({"quorum", "set", "文书甲", "--threshold", "1", "--yes"});
  const std::string draft = (desks.folder / "draft").string();
  desks.a.run({"quorum", "draft", draft, "--remove", "吴"});
  desks.a.run({"quorum", "publish", draft, "--yes"});
  const boost::json::object scope = scope_of(desks.a, "mediation");
  CHECK(scope.at("epochs").as_array().size() == before + 1);
  CHECK(scope.at("entitled").as_array().size() == 1);
  meet(desks.a, m);
  const std::string id = m.add({"mediation", "case_no=2026-2", "applicants=欧阳慕容娘"});
  meet(desks.a, m);
  CHECK(m.run({"show", "mediation", id}).out.find("欧阳慕容娘") != std::string::npos);
  check_absent(desks.a.home(), {"欧阳慕容娘"});
}

}  // namespace cunju::test
