// SPDX-License-Identifier: Apache-2.0
//
// Who decides on an erasure is more than one, as long as one waits; and its grounds name nobody,
// whether the person was typed by name or found by number, and whatever else is typed where a name
// belongs.
#include "tests/end_to_end/person_desks.h"
#include "tests/support/desk_words.h"

namespace cunju::test {
namespace {

/// The village's chair and its one supervisor can approve.
struct TwoWhoApprove : PersonDesks {
  TwoWhoApprove() {
    for (const auto& member : a.json({"member", "list"}))
      if (has(boost::json::serialize(member.at("roles")), "supervisor"))
        second = Desk::text_of(member, "name");
    REQUIRE_FALSE(second.empty());
  }
  std::string ask_for_tenancy() const {
    return Desk::text_of(a.json({"erase", "record", "tenancy", tenancy, "--reason", "本人要求",
                                 "--basis", "个保法", "--yes"})
                             .front(),
                         "erasure");
  }
  std::string second;
};

boost::json::object second_member(const TwoWhoApprove& desks) {
  for (const auto& member : desks.a.json({"member", "list"}))
    if (Desk::text_of(member, "name") == desks.second) return member;
  FAIL("no second member");
  return {};
}

std::string key_of_second(const TwoWhoApprove& desks) {
  return boost::json::value_to<std::string>(second_member(desks).at("devices").as_array().front());
}

std::string node_of_second(const TwoWhoApprove& desks) {
  const std::string member = Desk::text_of(second_member(desks), "member");
  for (const auto& node : desks.a.json({"node", "list"}))
    if (Desk::text_of(node, "member") == member) return Desk::text_of(node, "node");
  FAIL("no computer of the second member");
  return {};
}

}  // namespace

TEST_CASE("While an erasure waits nobody takes the second away who could approve of it",
          "[erase]") {
  TwoWhoApprove desks;
  const std::string erasure = desks.ask_for_tenancy();
  const std::string before = desks.a.state_hash();
  for (const Words& act :
       {Words{"policy", "set", "supervisor", "erasures", "none"},
        Words{"member", "end", desks.second, "--role", "supervisor"},
        Words{"member", "remove", desks.second},
        Words{"handover", desks.second, "--to", "文书甲", "--role", "supervisor"}}) {
    CAPTURE(act);
    CHECK(has(said(desks.a.run(act, 6)), "erase withdraw"));
    CHECK(has(said(desks.a.run(with(act, {"--yes"}), 6)), "等批准"));
  }
  CHECK(desks.a.state_hash() == before);
  // A key may be in wrong hands, so that is not refused; what waits is named before.
  const RunResult revoke = desks.a.run({"key", "revoke", key_of_second(desks)});
  for (const std::string& part : {std::string("等批准"), erasure.substr(0, 8)})
    CHECK(has(revoke, part));
  // What a computer keeps takes nobody's approval away.
  CHECK_FALSE(has(desks.a.run({"node", "scope", node_of_second(desks), "shell"}), "等批准"));
  // What leaves two is nobody's deciding alone.
  const std::string third = name_with(desks.a, "office");
  REQUIRE_FALSE(third.empty());
  const Words grant{"member", "grant", third, "--role", "supervisor"};
  CHECK(has(said(desks.a.run(with(grant, {"--yes"}))), third));
  desks.a.run({"member", "end", desks.second, "--role", "supervisor"});
  desks.a.run({"member", "end", third, "--role", "supervisor", "--yes"});
  // Once nothing waits it is the village's business, and said.
  desks.a.run({"erase", "withdraw", erasure, "--reason", "换届", "--yes"});
  CHECK(has(said(desks.a.run({"policy", "set", "supervisor", "erasures", "none"})),
            "能批准的人不够"));
}

TEST_CASE("No policy line asks for more approvals than there are members to give them", "[erase]") {
  TwoWhoApprove desks;
  const Words three{"policy", "set", "chair", "erasures:3", "approve"};
  for (const char* number : {"erasures:3", "erasures:5"}) {
    const Words line{"policy", "set", "chair", number, "approve"};
    CHECK(has(said(desks.a.run(line, 6)), "只有 2 人"));
    desks.a.run(with(line, {"--yes"}), 6);
  }
  CHECK(has(said(desks.a.run({"policy", "set", "chair", "erasures:2", "approve"})), "之后 2"));
  // Approving takes writing as well, so a line without it adds nobody.
  CHECK(has(said(desks.a.run({"policy", "set", "office", "erasures", "approve", "--yes"})),
            "没有 write"));
  CHECK(has(said(desks.a.run(three, 6)), "只有 2 人"));
  desks.a.run({"policy", "set", "office", "erasures", "read,write,approve", "--yes"});
  CHECK(has(said(desks.a.run(three)), "之后 3"));
}

TEST_CASE("The grounds name nobody who is found by number alone", "[erase]") {
  PersonDesks desks;
  const std::string name = kName, phone = kPhone;
  desks.a.add({"rental", "premises_id=FW009", "owner_name=" + name, "owner_phone=" + phone,
               std::string("owner_identity_number=") + kIdentity});
  for (const Words& grounds :
       {Words{"--reason", name + phone + "要求", "--basis", "x"},
        Words{"--reason", name + "要求", "--basis", "x"}, Words{"--reason", "r", "--basis", phone},
        Words{"--reason", "r", "--basis", "x", "--asked-by", name}}) {
    const RunResult refused = desks.a.run(
        with({"erase", "person", "--identity", kIdentity}, with(grounds, {"--yes"})), 2);
    CHECK_FALSE(has(said(refused), name));
    CHECK_FALSE(has(said(refused), phone));
  }
  const std::string request = desks.a.add({"requests", "received_on=2026-01-10", "kinds+=restrict",
                                           "asked_by=agent", "state=received", "applicant=李代办",
                                           "applicant_phone=13900000009", "person=" + name});
  desks.a.run({"set", "requests", request, "identity_check=authority_seen",
               "identity_checked_on=2026-01-10", "state=identified"});
  const Words restrict {"subject", "restrict", "--request", request, "--identity", kIdentity};
  for (const Words& grounds :
       {Words{"--reason", name + "要求", "--basis", "x"}, Words{"--reason", "r", "--basis", name},
        Words{"--reason", "李代办来办", "--basis", "x"},
        Words{"--reason", "r", "--basis", "13900000009"}})
    desks.a.run(with(restrict, with(grounds, {"--yes"})), 2);
  CHECK(desks.a.json({"erase", "status"}).empty());
  desks.a.run(with(restrict, {"--reason", "本人要求", "--basis", "个保法", "--yes"}));
  CHECK(desks.a.json({"erase", "status"}).size() == 1);
}

TEST_CASE("Words that name nobody are no names, wherever a name belongs", "[erase]") {
  PersonDesks desks;
  const std::string house = desks.a.add({"rental", "premises_id=FW009", "owner_name=王五",
                                         "owner_company=村委会", "manager_name=本人"});
  const auto erase = [&](const char* reason, int exit_code) {
    desks.a.run({"erase", "record", "rental", house, "--reason", reason, "--basis", "按规定"},
                exit_code);
  };
  erase("本人要求", 0);
  erase("按村委会决定", 0);
  erase("房主要求", 0);
  erase("王五要求", 2);
  desks.a.run({"set", "rental", house, "manager_name=村委会", "owner_company=幸福公司"});
  erase("按村委会决定", 0);
  erase("幸福公司已注销", 0);
}

}  // namespace cunju::test
