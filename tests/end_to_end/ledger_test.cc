// SPDX-License-Identifier: Apache-2.0
//
// Registers that prove what was done, at a real desk: what can't be emptied, ended, shortened or
// brought in by a table; and what a copy by the number alone leaves out.
#include <fstream>

#include "tests/end_to_end/person.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

/// The tenant's request, with the identity checked.
std::string enter_request(const Desk& desk, const char* phone) {
  Words words{"requests",      "no=2026-1",        "received_on=2026-01-10", "kinds+=access",
              "asked_by=self", "applicant=吴小兰", "state=received",         "identity_last4=002X"};
  if (*phone != 0) words.push_back(std::string("applicant_phone=") + phone);
  const std::string id = desk.add(words);
  desk.run({"set", "requests", id, "identity_check=card_seen", "identity_checked_on=2026-01-10",
            "state=identified"});
  return id;
}

}  // namespace

TEST_CASE("A request is neither emptied nor ended by set, and its end keeps its reasons",
          "[subject]") {
  ThreeDesks desks;
  const std::string id = enter_request(desks.a, "");
  desks.a.run({"set", "requests", id, "no=", "received_on="}, 2);
  CHECK(desks.a.field("requests", id, "received_on") == "2026-01-10");
  const RunResult refused = desks.a.run({"set", "requests", id, "state=refused"}, 2);
  CHECK(refused.err.find("subject close") != std::string::npos);
  desks.a.run(
      {"subject", "close", id, "refused", "--refusal", "retention", "--reason", "未满三年"});
  desks.a.run({"set", "requests", id, "refusal_text="}, 2);
  CHECK(desks.a.field("requests", id, "refusal_text") == "未满三年");
  desks.a.run({"set", "requests", id, "state=identified", "replied_on="}, 2);
  desks.a.run({"set", "requests", id, "state=identified", "refusal=", "refusal_text="});
  // Taken up again it still says when it was answered.
  desks.a.run({"set", "requests", id, "replied_on="}, 2);
}

TEST_CASE("A ledger of the committee's own is kept as long as it ever said", "[subject]") {
  ThreeDesks desks;
  const std::string file = (desks.folder / "keys.toml").string();
  const auto define = [&](const std::string& more, int exit_code, const Words& options = {}) {
    std::ofstream(file) << "format = 1\nid = \"keys\"\nversion = 1\nlabel = \"钥匙\"\n"
                        << more << "[[field]]\nid = \"on\"\ntype = \"date\"\nlabel = \"日期\"\n";
    Words words{"define", file};
    words.insert(words.end(), options.begin(), options.end());
    return desks.a.run(words, exit_code);
  };
  const auto kept = [](int years) {
    return "ledger = true\n[retention]\nclass = \"period\"\nrule = \"按年\"\nfrom = \"on\"\nyears "
           "= " +
           std::to_string(years) + "\n";
  };
  // Nobody makes one unawares.
  const std::string before = desks.a.state_hash();
  CHECK(define(kept(5), 6).err.find("谁也撤不回") != std::string::npos);
  CHECK(desks.a.state_hash() == before);
  define(kept(5), 0, {"--yes"});
  std::string record;
  for (const auto& each : desks.a.json({"define"}))
    if (Desk::text_of(each, "registry") == "keys") record = Desk::text_of(each, "record");
  CHECK(define(kept(1), 2).err.find("不能比从前的短") != std::string::npos);
  CHECK(define("", 2).err.find("缺 ledger = true") != std::string::npos);
  define("ledger = true\n[retention]\nclass = \"permanent\"\nrule = \"永久\"\n", 6);
  desks.a.run({"remove", "definition", record}, 2);
  desks.a.run({"set", "definition", record, "source=x"}, 2);
  define(kept(6), 0);
  desks.a.run({"doctor"});
}

TEST_CASE("No table says that an erased person was entered again", "[subject]") {
  ThreeDesks desks;
  const std::string csv = (desks.folder / "t.csv").string();
  const std::string map = (desks.folder / "t.toml").string();
  std::ofstream(csv) << "编号,说明\nFW1,经批准\n";
  std::ofstream(map) << "[columns]\n\"编号\" = \"premises_id\"\n\"说明\" = \"readmitted\"\n";
  const RunResult refused = desks.a.try_run({"import", "rental", csv, "--map", map});
  CAPTURE(refused.out, refused.err);
  CHECK(refused.exit_code != 0);
  CHECK((refused.out + refused.err).find("--readmit") != std::string::npos);
  CHECK(desks.a.json({"list", "rental"}).empty());
  desks.a.run({"add", "rental", "premises_id=FW2", "readmitted=x", "--extra"}, 2);
}

TEST_CASE("A copy by the number alone says how many records name and telephone would bring",
          "[subject]") {
  ThreeDesks desks;
  desks.a.add({"tenancy", "premises_id=FW2", "tenant_name=吴小兰", "tenant_phone=13800000001",
               std::string("tenant_identity_number=") + kIdentity, "state=active"});
  desks.a.add({"tenancy", "premises_id=FW3", "tenant_name=吴小兰", "tenant_phone=13800000001",
               "state=active"});
  const std::string id = enter_request(desks.a, "");
  int copies = 0;
  const auto hand_out = [&](const Words& more) {
    Words words{"subject",    "export",
                "--request",  id,
                "--identity", kIdentity,
                "--out",      (desks.folder / ("copy" + std::to_string(++copies))).string()};
    words.insert(words.end(), more.begin(), more.end());
    const RunResult result = desks.a.run(words);
    words[words.size() - more.size() - 1] += "j";
    const boost::json::object out = desks.a.json(words).front();
    return std::pair(result.err, out);
  };
  const auto [first, found] = hand_out({});
  CHECK(first.find("漏了 1 条") != std::string::npos);
  // The number is not the request's yet, so what to enter is said.
  CHECK(first.find("applicant_phone=13800000001") != std::string::npos);
  REQUIRE(found.at("by_name_and_phone").as_array().size() == 1);
  const auto count = [](const boost::json::object& out) {
    std::size_t tenancies = 0;
    for (const auto& each : out.at("records").as_array())
      tenancies += Desk::text_of(each.as_object(), "registry") == "tenancy" ? 1 : 0;
    return tenancies;
  };
  CHECK(count(found) == 1);
  desks.a.run({"set", "requests", id, "applicant_phone=13800000001"});
  CHECK(hand_out({}).first.find("加 --name 吴小兰 --phone 13800000001") != std::string::npos);
  const auto [wide, all] = hand_out({"--name", "吴小兰", "--phone", "13800000001"});
  CHECK(wide.find("漏了") == std::string::npos);
  CHECK(all.at("by_name_and_phone").as_array().empty());
  CHECK(count(all) == 2);
}

}  // namespace cunju::test
