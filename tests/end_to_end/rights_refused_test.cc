// SPDX-License-Identifier: Apache-2.0
//
// What is refused about an erased person, a ledger and an amendment is refused whole, and names a
// way that exists.
#include <filesystem>

#include "tests/end_to_end/person_desks.h"

namespace cunju::test {
namespace {

/// A tenancy with the person in it, and her request.
struct RightsDesks : ThreeDesks {
  RightsDesks() {
    tenancy = a.add({"tenancy", "premises_id=FW002", std::string("tenant_name=") + kName,
                     std::string("tenant_phone=") + kPhone,
                     std::string("tenant_identity_number=") + kIdentity, "start=2024-01-01",
                     "state=active"});
    house = a.add({"rental", "premises_id=FW003", std::string("owner_name=") + kName,
                   std::string("owner_phone=") + kPhone});
    request = a.add({"requests", "received_on=2026-01-10", "kinds+=correct", "asked_by=self",
                     "state=received", std::string("applicant=") + kName,
                     std::string("applicant_phone=") + kPhone, "identity_last4=002X"});
    a.run({"set", "requests", request, "identity_check=card_seen", "identity_checked_on=2026-01-10",
           "state=identified"});
    sync_all();
  }
  Words correct(const std::string& registry, const std::string& id, const std::string& edit,
                Words more = {}) const {
    Words out{"subject",   "correct", registry,     id,       edit,
              "--request", request,   "--identity", kIdentity};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  /// She is erased, but for the tenancy; the beginning of the erasure's id.
  std::string erase_her() const {
    const auto asked =
        a.json({"erase", "person", "--identity", kIdentity, "--name", kName, "--phone", kPhone,
                "--except", tenancy, "--reason", "r", "--basis", "b", "--yes"})
            .front();
    return Desk::text_of(asked, "erasure").substr(0, 8);
  }
  std::string define_file(const std::string& text) const {
    const std::string file = (folder / "definition.toml").string();
    std::ofstream(file) << text;
    return file;
  }
  std::string tenancy, house, request;
};

}  // namespace

TEST_CASE("A correction is of no record whose text the person only stood in before", "[subject]") {
  RightsDesks desks;
  const std::string id = desks.a.add({"minutes", "title=旧会议", "body=council"});
  const std::string file = (desks.folder / "text").string();
  for (const std::string& text : {std::string("来访人证号") + kIdentity, std::string("来访一人")}) {
    std::ofstream(file) << text;
    desks.a.run({"text", "set", "minutes", id, "discussion", file});
  }
  const std::string before = desks.a.state_hash();
  desks.a.run(desks.correct("minutes", id, "title=新会议"), 6);
  desks.a.run(desks.correct("minutes", id, "title=新会议", {"--yes"}), 6);
  CHECK(desks.a.state_hash() == before);
}

TEST_CASE("A correction and a settled conflict take an erased person by the way that is named",
          "[subject]") {
  RightsDesks desks;
  const std::string erasure = desks.erase_her();
  const Words readmit{"--readmit", erasure, "--basis", "新租约"};
  desks.a.run(desks.correct("tenancy", desks.tenancy, "tenant_phone=13900000009", {"--yes"}));
  const std::string phone = std::string("tenant_phone=") + kPhone;
  Words back = desks.correct("tenancy", desks.tenancy, phone, {"--yes"});
  CHECK(desks.a.run(back, 6).err.find("--readmit " + erasure) != std::string::npos);
  back.insert(back.end(), readmit.begin(), readmit.end());
  desks.a.run(back);
  CHECK(desks.a.field("tenancy", desks.tenancy, "tenant_phone") == kPhone);

  const std::string other = desks.a.add({"rental", "premises_id=FW004"});
  desks.sync_all();
  desks.a.run({"set", "rental", other, "premises_id=FW005"});
  desks.b.run({"set", "rental", other, "premises_id=FW006"});
  desks.sync_all();
  Words settle{"settle", "rental", other, "premises_id", "--value", kIdentity};
  const RunResult refused = desks.a.run(settle, 6);
  CHECK(refused.err.find("--readmit " + erasure) != std::string::npos);
  Words take{"settle", "rental", other, "premises_id", "--take", "1"};
  take.insert(take.end(), readmit.begin(), readmit.end());
  desks.a.run(take, 2);
  settle.insert(settle.end(), readmit.begin(), readmit.end());
  desks.a.run(settle);
  // Why she is there stays, whoever would have it otherwise.
  CHECK(desks.a.run({"show", "rental", other}).out.find("新租约") != std::string::npos);
  const std::string after = desks.a.state_hash();
  desks.a.run({"set", "rental", other, "readmitted="}, 2);
  desks.a.run({"add", "rental", "--extra", "premises_id=FW007", "readmitted=0123"}, 2);
  CHECK(desks.a.state_hash() == after);
}

TEST_CASE("A record is not brought back by an edit that is refused", "[erase]") {
  RightsDesks desks;
  const std::string other = desks.a.add({"rental", "premises_id=FW004"});
  desks.erase_her();
  desks.a.run({"remove", "rental", other});
  const std::string before = desks.a.state_hash();
  Words restore{"set", "rental", other, "--restore",
                std::string("owner_identity_number=") + kIdentity};
  desks.a.run(restore, 6);
  CHECK(desks.a.state_hash() == before);
  restore.back() = "address=九巷";
  desks.a.run(restore);
  CHECK(desks.a.field("rental", other, "address") == "九巷");
}

TEST_CASE("A request is not closed as done without a word when its erasure was taken back",
          "[subject]") {
  RightsDesks desks;
  const auto asked = desks.a.json({"subject", "erase", "--request", desks.request, "--identity",
                                   kIdentity, "--basis", "个保法", "--yes"});
  const std::string erasure = Desk::text_of(asked.front(), "erasure");
  desks.a.run({"erase", "withdraw", erasure, "--reason", "点错了", "--yes"});
  const RunResult closed = desks.a.run({"subject", "close", desks.request, "done"});
  CHECK((closed.out + closed.err).find("已经撤回") != std::string::npos);
  CHECK((closed.out + closed.err).find(erasure.substr(0, 6)) != std::string::npos);
}

TEST_CASE("What is in force is not dropped by a file that leaves it out, nor a ledger opened",
          "[subject]") {
  RightsDesks desks;
  const std::string head = "format = 1\namends = \"requests\"\nversion = 1\n";
  const std::string years =
      "[retention]\nclass = \"period\"\nrule = \"5 年\"\nyears = 5\nfrom = \"replied_on\"\n";
  const auto added = desks.a.json({"define", desks.define_file(head + years)}).front();
  const std::string before = desks.a.state_hash();
  const RunResult refused =
      desks.a.run({"define", desks.define_file(head + "proposed = [ { field = \"due_on\", from = "
                                                      "\"received_on\", days = 10 } ]\n")},
                  6);
  CHECK(refused.err.find("[retention]") != std::string::npos);
  CHECK(refused.err.find("remove definition") != std::string::npos);
  for (const char* ledger : {"requests", "disclosures"})
    desks.a.run({"define", desks.define_file("format = 1\namends = \"" + std::string(ledger) +
                                             "\"\nversion = 2\n[retention]\nclass = "
                                             "\"purge\"\nrule = \"随时\"\n")},
                2);
  // What nodes need to agree is refused before anybody counts on its going.
  Words erase{"erase",    "record", "definition", Desk::text_of(added, "record"),
              "--reason", "r",      "--basis",    "b"};
  CHECK(desks.a.run(erase, 2).err.find("remove definition") != std::string::npos);
  erase.emplace_back("--yes");
  desks.a.run(erase, 2);
  CHECK(desks.a.state_hash() == before);
  CHECK(desks.a.run({"help", "subject"}).out.find("本村修订过的按修订") != std::string::npos);
}

}  // namespace cunju::test
