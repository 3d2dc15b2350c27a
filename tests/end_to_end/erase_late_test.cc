// SPDX-License-Identifier: Apache-2.0
//
// Erasures that were taken back, and those in which somebody speaks whose right was taken: nobody
// is left without a way out, and nothing is destroyed or kept hidden unawares.
#include "tests/end_to_end/person_desks.h"
#include "tests/support/desk_words.h"

namespace cunju::test {
namespace {

/// `guest` exchanges with `host`, and nobody else hears of it.
void exchange(const Desk& host, const Desk& guest) {
  auto server = host.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  guest.run({"sync", address});
  guest.run({"sync", address});
  CHECK(server->stop() == 0);
}

std::string ask(const Desk& desk, const std::string& registry, const std::string& record,
                const Words& more = {}) {
  const Words words =
      with(with({"erase", "record", registry, record}, kGrounds), with(more, {"--yes"}));
  return Desk::text_of(desk.json(words).front(), "erasure");
}

boost::json::object status_of(const Desk& desk, const std::string& erasure) {
  return desk.json({"erase", "status", erasure}).front();
}

std::string member_with(const Desk& desk, const std::string& role) {
  for (const auto& member : desk.json({"member", "list"}))
    if (has(boost::json::serialize(member.at("roles")), "\"" + role + "\""))
      return Desk::text_of(member, "name");
  FAIL("nobody is " + role);
  return {};
}

std::string admitting(const boost::json::object& answer) {
  return Desk::text_of(answer.at("erasures").as_array().front().as_object(), "admitting");
}

}  // namespace

TEST_CASE("Whose erasure was taken back is entered and imported like anybody", "[erase]") {
  PersonDesks desks;
  const std::string erasure = Desk::text_of(
      desks.a.json(PersonDesks::ask({"--except", desks.minutes, "--yes"})).front(), "erasure");
  desks.sync_all();
  const Words set = {"set", "rental", desks.other,
                     std::string("owner_identity_number=") + kIdentity};
  desks.b.run(set, 6);
  desks.b.run(desks.import({"--dry-run"}), 1);
  desks.a.run({"erase", "withdraw", erasure, "--reason", "点错了", "--yes"});
  desks.sync_all();
  CHECK(Desk::text_of(status_of(desks.b, erasure), "state") == "withdrawn");
  desks.b.run(set);
  desks.b.run(desks.import({}));
}

TEST_CASE("Nobody approves of an erasure whose author's right was taken, before it is admitted",
          "[erase]") {
  PersonDesks desks;
  const Desk mediator(desks.folder, "mediator");
  pair_desks(desks.a, mediator, "mediator", "老何");
  desks.sync_all();
  exchange(desks.a, mediator);
  // Only the office hears of it before the mediator is removed.
  const std::string erasure = ask(mediator, "rental", desks.other, {"--readable-only"});
  exchange(desks.o, mediator);
  desks.a.run({"member", "remove", "老何", "--yes"});
  desks.sync_all();
  const auto known = status_of(desks.a, erasure);
  CHECK(Desk::text_of(known, "state") == "late");
  const auto& late = known.at("late").as_array().front().as_object();
  CHECK(Desk::text_of(late, "kind") == "act");
  const std::string change = Desk::text_of(late, "change");
  for (const Desk* desk : {&desks.a, &desks.b}) {
    const RunResult refused = desk->run({"erase", "approve", erasure, "--yes"}, 6);
    CHECK(has(said(refused), "late admit " + change.substr(0, 8)));
    desk->run({"erase", "approve", erasure}, 6);
  }
  desks.sync_all();
  CHECK(desks.a.field("rental", desks.other, "premises_id") == "FW003");
  // Before it is admitted it is said what it would hide.
  const RunResult shown = desks.a.run({"late", "admit", change.substr(0, 12)});
  CHECK(has(said(shown), desks.other));
  CHECK(has(said(shown), "立即隐藏"));
  CHECK(has(said(desks.a.run({"late", "list"})), desks.other));
  CHECK(admitting(desks.a.json({"late", "admit", change.substr(0, 12)}).back()) == "hides");
  desks.a.run({"late", "admit", change.substr(0, 12), "--yes"});
  desks.sync_all();
  desks.b.run({"show", "rental", desks.other}, 3);
  desks.b.run({"erase", "approve", erasure, "--yes"});
  desks.sync_all();
  CHECK(Desk::text_of(desks.a.json({"erase", "approve", erasure, "--yes"}).back(), "state") ==
        "erased");
}

TEST_CASE("What a removed approver approved of is destroyed by nobody unawares", "[erase]") {
  PersonDesks desks;
  const std::string colleague = member_with(desks.a, "supervisor");
  const std::string erasure = ask(desks.a, "tenancy", desks.tenancy);
  desks.a.run({"erase", "approve", erasure, "--yes"});
  desks.sync_all();
  // The colleague's approval comes to the office alone; the village takes the erasure back.
  desks.b.run({"erase", "approve", erasure, "--yes"});
  exchange(desks.b, desks.o);
  desks.a.run({"erase", "withdraw", erasure, "--reason", "点错了", "--yes"});
  desks.a.run({"member", "remove", colleague, "--yes"});
  exchange(desks.a, desks.o);
  const auto known = status_of(desks.a, erasure);
  CHECK(Desk::text_of(known, "state") == "hidden");
  const auto& late = known.at("late").as_array().front().as_object();
  CHECK(Desk::text_of(late, "kind") == "approval");
  const std::string change = Desk::text_of(late, "change").substr(0, 12);
  const std::string status = said(desks.a.run({"erase", "status", erasure}));
  for (const std::string& words :
       {"late admit " + change.substr(0, 8), std::string("不再给任何人看")})
    CHECK(has(status, words));
  CHECK_FALSE(has(status, "内容在这台电脑上看不到"));
  desks.a.run({"erase", "withdraw", erasure, "--reason", "点错了", "--yes"}, 6);
  desks.a.run({"erase", "approve", erasure, "--yes"}, 6);
  bool is_named = false;
  for (const auto& line : desks.a.json({"doctor"}, 1))
    is_named = is_named || (Desk::text_of(line, "check") == "erasures" &&
                            Desk::text_of(line, "erasure") == erasure);
  CHECK(is_named);

  CHECK(has(said(desks.a.run({"late", "admit", change, "--yes"}, 6)), "--taken-back"));
  CHECK(Desk::text_of(status_of(desks.a, erasure), "state") == "hidden");
  const Words admit = {"late", "admit", change, "--taken-back"};
  const RunResult shown = desks.a.run(admit);
  CHECK(has(said(shown), desks.tenancy));
  CHECK(has(said(shown), "各台电脑立即销毁"));
  CHECK(admitting(desks.a.json(admit).back()) == "destroys");
  desks.a.run(with(admit, {"--yes"}));
  CHECK(Desk::text_of(status_of(desks.a, erasure), "state") == "erased");
}

TEST_CASE("Whoever admits a late erasure without its author's own withdrawal is asked", "[erase]") {
  PersonDesks desks;
  const Desk mediator(desks.folder, "mediator");
  pair_desks(desks.a, mediator, "mediator", "老何");
  desks.sync_all();
  exchange(desks.a, mediator);
  const std::string erasure = ask(mediator, "rental", desks.other, {"--readable-only"});
  mediator.run({"erase", "withdraw", erasure, "--reason", "点错了", "--yes"});
  exchange(desks.o, mediator);
  desks.a.run({"member", "remove", "老何", "--leave-unread", "--yes"});
  desks.sync_all();
  std::string act, withdrawal;
  const auto known = status_of(desks.a, erasure);
  for (const auto& each : known.at("late").as_array()) {
    const auto& late = each.as_object();
    (Desk::text_of(late, "kind") == "act" ? act : withdrawal) =
        Desk::text_of(late, "change").substr(0, 12);
  }
  REQUIRE_FALSE(act.empty());
  REQUIRE_FALSE(withdrawal.empty());
  CHECK(has(said(desks.a.run({"late", "admit", act, "--yes"}, 6)), "--taken-back"));
  CHECK(desks.a.field("rental", desks.other, "premises_id") == "FW003");
  // Both together are what their author meant.
  desks.a.run({"late", "admit", act, withdrawal, "--yes"});
  CHECK(Desk::text_of(status_of(desks.a, erasure), "state") == "withdrawn");
  CHECK(desks.a.field("rental", desks.other, "premises_id") == "FW003");
}

TEST_CASE("Before something is restricted it is said that nobody undoes it alone", "[erase]") {
  const TempFolder folder;
  const Desk alone(folder, "alone");
  alone.run({"init", "--name", "独户村", "--code", "530102001202", "--clerk", "主任"});
  const std::string minutes =
      alone.add({"minutes", "title=村民大会决议", "body=council", "archive_class=permanent"});
  const Words words = with({"erase", "record", "minutes", minutes}, kGrounds);
  const std::string shown = said(alone.run(words));
  for (const char* part : {"自己撤不回来", "subject lift", "2 人批准"}) CHECK(has(shown, part));
  const std::string filed = said(alone.run(with(words, {"--yes"})));
  CHECK(has(filed, "policy set chair erasures:1 approve"));
  // What is to go can be taken back, and nothing of the kind is said.
  const std::string tenancy = alone.add({"tenancy", "premises_id=FW1"});
  CHECK_FALSE(has(said(alone.run(with({"erase", "record", "tenancy", tenancy}, kGrounds))),
                  "自己撤不回来"));
}

TEST_CASE("Taking back one of two erasures says that the other one hides", "[erase]") {
  PersonDesks desks;
  const std::string one = ask(desks.a, "tenancy", desks.tenancy);
  const std::string other = ask(desks.b, "tenancy", desks.tenancy);
  desks.sync_all();
  const Words words = {"erase", "withdraw", one, "--reason", "点错了", "--yes"};
  const auto back = desks.a.json(words).front();
  CHECK(Desk::number_of(back, "hidden") == Desk::number_of(back, "parts"));
  CHECK(boost::json::serialize(back.at("hidden_by")) == "[\"" + other + "\"]");
  CHECK(Desk::text_of(back.at("records").as_array().front().as_object(), "outcome") == "hidden");
  desks.a.run({"show", "tenancy", desks.tenancy}, 3);
  const RunResult last = desks.a.run({"erase", "withdraw", other, "--reason", "点错了", "--yes"});
  CHECK(has(said(last), "内容恢复显示"));
  CHECK(desks.a.field("tenancy", desks.tenancy, "premises_id") == "FW002");

  // What was restricted stays so when its end is taken back.
  const std::string kept = ask(desks.a, "minutes", desks.minutes);
  desks.a.run(with({"erase", "finish", kept}, with(kGrounds, {"--against-retention", "--yes"})));
  const auto again =
      desks.a.json({"erase", "withdraw", kept, "--reason", "点错了", "--yes"}).front();
  CHECK(Desk::number_of(again, "parts") > 0);
  CHECK(Desk::number_of(again, "hidden") == Desk::number_of(again, "parts"));
  desks.a.run({"show", "minutes", desks.minutes}, 3);
}

}  // namespace cunju::test
