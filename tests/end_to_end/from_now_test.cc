// SPDX-License-Identifier: Apache-2.0
//
// A role that reads a scope from its members' coming on, as real processes: what a new mediator
// gets of what was before, by each way that keys go, and what people are told of it.
#include <filesystem>

#include "tests/end_to_end/scope_desks.h"
#include "tests/support/desk_words.h"

namespace cunju::test {
namespace {

const Words kFromNow{"policy", "set", "mediator", "scope:mediation", "from-now"};
const Words kRemove{"member", "remove", "老何"};
constexpr const char *kOld = "欧阳慕容娘", *kNew = "司马相如郎";

/// A chair who reads no case, an old mediator with a case, and one who comes when mediators read
/// from now on.
struct NewMediator {
  TempFolder folder;
  Desk a{folder, "village"}, m{folder, "mediator"}, n{folder, "next"};
  std::string old_case, new_case;

  NewMediator() {
    a.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
    pair_desks(a, m, "mediator", "老何");
    meet(a, m);
    old_case = m.add({"mediation", "case_no=2025-1", std::string("applicants+=") + kOld});
    meet(a, m);
    a.run(with(kFromNow, {"--yes"}));
    pair_desks(a, n, "mediator", "新人");
    meet_all();
    new_case = m.add({"mediation", "case_no=2026-1", std::string("applicants+=") + kNew});
    meet_all();
  }
  void meet_all() const {
    for (int round = 0; round < 2; ++round) {
      meet(a, m);
      meet(a, n);
    }
  }
  static bool reads(const Desk& desk, const std::string& record, const char* word) {
    return has(desk.try_run({"show", "mediation", record}), word);
  }
  bool reads_old() const { return reads(n, old_case, kOld); }
  bool reads_new() const { return reads(n, new_case, kNew); }
};

boost::json::object status_of(const Desk& desk) { return desk.json({"status"}).front(); }

}  // namespace

TEST_CASE("A new mediator who reads from now on is given nothing of before, until the line says so",
          "[scopes]") {
  NewMediator desks;
  const Desk &a = desks.a, &m = desks.m, &n = desks.n;
  CHECK(desks.reads_new());
  CHECK_FALSE(desks.reads_old());
  CHECK(NewMediator::reads(m, desks.old_case, kOld));

  // What the newcomer is told: that it is closed, and nothing to ask anybody for.
  const boost::json::object status = status_of(n);
  CHECK(Desk::number_of(status.at("closed").as_object(), "mediation") == 1);
  CHECK(status.at("unread_scopes").as_array().empty());
  const RunResult words = n.run({"--lang", "zh", "status"});
  CHECK(has(words, "您加入以前的，按规定不给"));
  CHECK_FALSE(has(words, "scope share"));
  CHECK(has(n.run({"--lang", "en", "list", "mediation"}), "from before your time"));
  const boost::json::object scope = scope_of(n, "mediation");
  CHECK(Desk::number_of(scope, "closed") == 1);
  const boost::json::object role = scope.at("roles").as_array().front().as_object();
  CHECK(Desk::text_of(role, "role") == "mediator");
  CHECK_FALSE(role.at("earlier").as_bool());
  const boost::json::object first = scope.at("epochs").as_array().front().as_object();
  CHECK(first.at("missing").as_array().empty());
  CHECK(first.at("closed_to").as_array().size() == 1);
  CHECK(has(n.run({"--lang", "zh", "scope", "list"}), "按规定不给（加入以前的）：新人"));
  CHECK(status_of(a).at("unread_scopes").as_array().empty());
  CHECK_FALSE(has(n.run({"doctor"}), "scope share"));

  // By hand, once more, and on a stick.
  CHECK(Desk::number_of(m.json({"scope", "share"}).front(), "changes") == 0);
  m.run({"scope", "share", "--again", "新人"});
  desks.meet_all();
  CHECK_FALSE(desks.reads_old());
  const std::string stick = (desks.folder / "stick").string();
  std::filesystem::create_directories(stick);
  m.run({"bundle", "write", "--to", "新人", "--everything", stick});
  n.run({"bundle", "read", stick, "--no-receipt"});
  CHECK_FALSE(desks.reads_old());
  // The newcomer writes with the key that all write with.
  n.run({"set", "mediation", desks.new_case, "respondent_address=甲处"});
  desks.meet_all();
  CHECK(m.field("mediation", desks.new_case, "respondent_address") == "甲处");

  a.run({"policy", "set", "mediator", "scope:mediation", "read", "--yes"});
  desks.meet_all();
  CHECK(desks.reads_old());
  CHECK(desks.reads_new());
  CHECK(status_of(n).at("closed").as_object().empty());
}

TEST_CASE("The last one who reads what was before is not removed for one who reads from now on",
          "[scopes]") {
  NewMediator desks;
  const RunResult refused = desks.a.run(kRemove, 6);
  for (const char* part : {"没有改动任何数据", "policy set ROLE scope:mediation read"})
    CHECK(has(refused, part));
  desks.a.run({"policy", "set", "mediator", "scope:mediation", "read", "--yes"});
  desks.meet_all();
  desks.a.run(with(kRemove, {"--yes"}));
  meet(desks.a, desks.n);
  CHECK(desks.reads_old());
}

TEST_CASE("Who reads from now on is said where the line is set, and where somebody comes",
          "[scopes]") {
  TempFolder folder;
  Desk a(folder, "village"), m(folder, "mediator");
  a.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  pair_desks(a, m, "mediator", "老何");
  const auto invited = [&](const char* file) {
    const auto out = a.json({"invite", "--role", "mediator", "--out", (folder / file).string()});
    const boost::json::array& scopes = out.front().at("scopes").as_array();
    REQUIRE(scopes.size() == 1);
    CHECK(Desk::text_of(scopes[0].as_object(), "scope") == "mediation");
    return scopes[0].as_object().at("earlier").as_bool();
  };
  CHECK(invited("one"));
  // Not for what is open to all, and not beside what is more.
  CHECK(has(a.run({"policy", "set", "mediator", "minutes", "from-now"}, 2), "scope:NAME"));
  a.run({"policy", "set", "mediator", "scope:mediation", "read,from-now"}, 2);
  const boost::json::object plan = a.json(kFromNow).front();
  CHECK_FALSE(plan.at("done").as_bool());
  CHECK(boost::json::serialize(plan.at("rights_before")) == R"(["read"])");
  CHECK(boost::json::serialize(plan.at("rights")) == R"(["from-now"])");
  const boost::json::object readers = plan.at("readers").as_array().front().as_object();
  CHECK(boost::json::serialize(readers.at("narrowed")) == R"(["老何"])");
  CHECK(readers.at("loses").as_array().empty());
  const std::size_t epochs = scope_of(a, "mediation").at("epochs").as_array().size();
  a.run(with(kFromNow, {"--yes"}));
  CHECK(scope_of(a, "mediation").at("epochs").as_array().size() == epochs + 1);
  CHECK_FALSE(invited("two"));
  CHECK(has(a.run({"--lang", "zh", "policy", "list"}), "只看加入以后的"));
  // It is so already; and all of it takes nothing from anybody, so it cuts no log.
  CHECK(a.json(with(kFromNow, {"--yes"})).front().contains("unchanged"));
  const boost::json::object wide =
      a.json({"policy", "set", "mediator", "scope:mediation", "read"}).front();
  CHECK(wide.at("devices").as_array().empty());
  CHECK(wide.at("takes").as_array().empty());
  const boost::json::array& wider = wide.at("readers").as_array();
  REQUIRE(wider.size() == 1);
  CHECK(boost::json::serialize(wider[0].as_object().at("widened")) == R"(["老何"])");
}

}  // namespace cunju::test
