// SPDX-License-Identifier: Apache-2.0
//
// A request concerns more than who asks: the other party of a tenancy, the register that proves
// what was done, the day until which it has to be answered, the copy that was cut off.
#include <filesystem>
#include <set>

#include "tests/end_to_end/person.h"
#include "tests/support/desk_words.h"
#include "tests/support/member_names.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLandlordPhone = "13900000002";

/// A tenancy of two parties, and the landlord's request beside the tenant's.
struct PartyDesks : ThreeDesks {
  PartyDesks() {
    add_supervisor(a);
    tenancy = a.add(
        {"tenancy", "premises_id=FW002", std::string("tenant_name=") + kName,
         std::string("tenant_phone=") + kPhone, std::string("tenant_identity_number=") + kIdentity,
         std::string("landlord_name=") + kLandlord, std::string("landlord_phone=") + kLandlordPhone,
         "occupants+=李四 女儿", "start=2024-01-01", "state=active"});
    tenants = enter({std::string("applicant=") + kName, std::string("applicant_phone=") + kPhone,
                     "identity_last4=002X"});
    landlords = enter(
        {std::string("applicant=") + kLandlord, std::string("applicant_phone=") + kLandlordPhone});
  }
  std::string enter(Words more) const {
    Words words{"requests", "received_on=2026-01-10", "kinds+=delete", "asked_by=self",
                "state=received"};
    words.insert(words.end(), more.begin(), more.end());
    const std::string id = a.add(words);
    a.run({"set", "requests", id, "identity_check=card_seen", "identity_checked_on=2026-01-10",
           "state=identified"});
    return id;
  }
  Words as_landlord(Words words, Words more = {}) const {
    words.insert(words.end(),
                 {"--request", landlords, "--name", kLandlord, "--phone", kLandlordPhone});
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  Words as_tenant(Words words, Words more = {}) const {
    words.insert(words.end(), {"--request", tenants, "--identity", kIdentity});
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  std::size_t outcomes(const std::string& request) const {
    return a.json({"subject", "status", request}).front().at("outcome").as_array().size();
  }
  std::string tenancy, tenants, landlords;
};

}  // namespace

TEST_CASE("Whom else an erasure concerns is said by role before it is asked for", "[subject]") {
  PartyDesks desks;
  for (const char* action : {"erase", "restrict"}) {
    CAPTURE(action);
    const Words words = desks.as_landlord({"subject", action}, {"--basis", "b", "--reason", "r"});
    const std::string shown = said(desks.a.run(words));
    CHECK(shown.find("承租人、实际居住人") != std::string::npos);
    for (const char* secret : {kName, kPhone, kIdentity, "李四"})
      CHECK(shown.find(secret) == std::string::npos);
    const auto plan = desks.a.json(words).front();
    const auto& record = plan.at("records").as_array().front().as_object();
    CHECK(boost::json::serialize(record.at("concerns")) == R"(["tenant","occupants"])");
  }
  const std::string person = said(
      desks.a.run({"erase", "person", "--identity", kIdentity, "--reason", "r", "--basis", "b"}));
  CHECK(person.find("出租人、实际居住人") != std::string::npos);
  CHECK(person.find(kLandlord) == std::string::npos);
}

TEST_CASE("A correction is of the asker's own fields, and of what is not so already", "[subject]") {
  PartyDesks desks;
  const auto correct = [&](const std::string& edit) {
    return Words{"subject", "correct", "tenancy", desks.tenancy, edit};
  };
  const std::string before = desks.a.state_hash();
  const RunResult refused =
      desks.a.run(desks.as_tenant(correct("landlord_phone=13900000009"), {"--yes"}), 6);
  CHECK(refused.err.find("出租人") != std::string::npos);
  CHECK(refused.err.find(kLandlordPhone) == std::string::npos);
  desks.a.run(desks.as_landlord(correct("tenant_name=吴晓兰"), {"--yes"}), 6);
  desks.a.run(desks.as_landlord(correct("承租人=吴晓兰"), {"--yes"}), 6);
  // What stands there already is said to, and is no correction.
  const Words equal = desks.as_landlord(correct(std::string("landlord_name=") + kLandlord));
  CHECK(said(desks.a.run(equal)).find("没有什么可更正") != std::string::npos);
  Words really = equal;
  really.emplace_back("--yes");
  const auto none = desks.a.json(really).back();
  CHECK_FALSE(none.at("done").as_bool());
  CHECK(none.at("corrections").as_array().front().as_object().at("equal").as_bool());
  CHECK(desks.outcomes(desks.landlords) == 0);
  CHECK(desks.a.state_hash() == before);
  // One field that differs makes it one, and the other parties are named by role.
  Words both = correct(std::string("landlord_name=") + kLandlord);
  both.insert(both.end(), {"landlord_phone=13900000009"});
  const std::string shown = said(desks.a.run(desks.as_landlord(both)));
  CHECK(shown.find("与登记的相同") != std::string::npos);
  CHECK(shown.find("承租人") != std::string::npos);
  CHECK(shown.find(kName) == std::string::npos);
  CHECK(desks.a.json(desks.as_landlord(both, {"--yes"})).back().at("done").as_bool());
  CHECK(desks.a.field("tenancy", desks.tenancy, "landlord_phone") == "13900000009");
  CHECK(desks.outcomes(desks.landlords) == 1);
}

TEST_CASE("What proves that something was done is neither removed nor hidden by who is in it",
          "[subject]") {
  PartyDesks desks;
  desks.a.run({"disclose", "note", "--kind", "oral", "--person",
               std::string(kName) + " " + kIdentity, "--purpose", "答复"});
  const std::string entry = Desk::text_of(desks.a.json({"list", "disclosures"}).front(), "id");
  for (const auto& [registry, id] :
       {std::pair("disclosures", entry), std::pair("requests", desks.tenants)}) {
    CHECK(desks.a.run({"remove", registry, id}, 2).err.find("只增不删") != std::string::npos);
    desks.a.run({"erase", "record", registry, id, "--reason", "r", "--basis", "b", "--yes"}, 6);
  }
  desks.a.run({"erase", "field", "disclosures", entry, "recipient_person", "--reason", "r",
               "--basis", "b", "--yes"},
              6);
  // One whose period is over may go, and is still not restricted.
  const std::string over =
      desks.a.add({"requests", "received_on=2015-01-10", "kinds+=access", "asked_by=self",
                   std::string("applicant=") + kName, std::string("applicant_phone=") + kPhone,
                   "replied_on=2015-01-20", "state=received"});
  const Words person{"erase",   "person", "--identity", kIdentity, "--name",  kName,
                     "--phone", kPhone,   "--reason",   "r",       "--basis", "b"};
  std::size_t proof = 0;
  for (const Words& words :
       {person, desks.as_tenant({"subject", "restrict", "--name", kName, "--phone", kPhone},
                                {"--basis", "b", "--reason", "r"})}) {
    const auto plan = desks.a.json(words).front();
    for (const auto& each : plan.at("records").as_array()) {
      const auto& record = each.as_object();
      const std::string registry = Desk::text_of(record, "registry");
      if (registry == "tenancy") continue;
      if (words[0] == "erase" && Desk::text_of(record, "record") == over) {
        CHECK(Desk::text_of(record, "outcome") == "erase");
        continue;
      }
      CHECK(Desk::text_of(record, "outcome") == "none");
      CHECK(record.at("proof").as_bool());
      ++proof;
    }
  }
  CHECK(proof == 5);
  Words really = person;
  really.emplace_back("--yes");
  desks.a.run(really);
  CHECK(Desk::text_of(desks.a.json({"show", "disclosures", entry}).front(), "id") == entry);
  CHECK(desks.a.field("requests", desks.tenants, "applicant") == kName);
  // She may ask again, by the desk or by a table; and nobody enters her elsewhere by one.
  std::ofstream(desks.folder / "again.csv")
      << "日,人,话\n2026-02-01," << kName << "," << kPhone << "\n";
  std::ofstream(desks.folder / "again.toml")
      << "[columns]\n\"日\" = \"received_on\"\n\"人\" = \"applicant\"\n\"话\" = "
         "\"applicant_phone\"\n";
  std::ofstream(desks.folder / "rental.toml")
      << "[columns]\n\"日\" = \"premises_id\"\n\"人\" = \"owner_name\"\n\"话\" = "
         "\"owner_phone\"\n";
  const auto import_again = [&](const char* registry, const char* map, int exit_code) {
    return Desk::number_of(desks.a
                               .json({"import", registry, (desks.folder / "again.csv").string(),
                                      "--map", (desks.folder / map).string()},
                                     exit_code)
                               .front(),
                           "added");
  };
  CHECK(import_again("requests", "again.toml", 0) == 1);
  CHECK(import_again("rental", "rental.toml", 1) == 0);
  // What was entered by a table is not taken out with it.
  std::ofstream(desks.folder / "t.csv") << "日,目的\n2026-01-20,检查\n";
  std::ofstream(desks.folder / "t.toml") << "[columns]\n\"日\" = \"on\"\n\"目的\" = \"purpose\"\n";
  const std::string import =
      Desk::text_of(desks.a
                        .json({"import", "disclosures", (desks.folder / "t.csv").string(), "--map",
                               (desks.folder / "t.toml").string()})
                        .front(),
                    "import");
  const auto undone = desks.a.json({"import", "--undo", import}).front();
  CHECK(Desk::number_of(undone, "removed") == 0);
  CHECK(Desk::number_of(undone, "kept") == 1);
}

TEST_CASE("A request without a date gets the committee's own, and what is overdue comes first",
          "[subject]") {
  PartyDesks desks;
  CHECK(desks.a.field("requests", desks.tenants, "due_on") == "2026-01-25");
  std::ofstream(desks.folder / "days.toml") << "format = 1\namends = \"requests\"\nversion = "
                                               "1\nproposed = [ { field = \"due_on\", from = "
                                               "\"received_on\", days = 5 } ]\n";
  desks.a.run({"define", (desks.folder / "days.toml").string()});
  desks.sync_all();
  const Words add{"add",           "requests",       "received_on=2026-01-10", "kinds+=access",
                  "asked_by=self", "applicant=李四", "state=received"};
  const RunResult entered = desks.b.run(add);
  CHECK(said(entered).find("2026-01-15") != std::string::npos);
  desks.sync_all();
  const std::string far =
      desks.a.add({"requests", "received_on=2026-01-10", "kinds+=access", "asked_by=self",
                   "applicant=王五", "due_on=2099-01-01", "state=received"});
  const std::string none =
      desks.a.add({"requests", "received_on=2026-01-10", "kinds+=access", "asked_by=self",
                   "applicant=王五", "due_on=", "state=received"});
  const std::string closed =
      desks.a.add({"requests", "received_on=2020-01-10", "kinds+=access", "asked_by=self",
                   "applicant=王五", "due_on=2020-01-15", "state=received"});
  desks.a.run({"subject", "close", closed, "withdrawn"});
  const auto all = desks.a.json({"subject", "list", "--all"});
  REQUIRE(all.size() == 6);
  CHECK(Desk::text_of(all[0], "due_on") == "2026-01-15");
  for (std::size_t i = 0; i < 3; ++i) CHECK(all[i].at("overdue").as_bool());
  CHECK(Desk::text_of(all[3], "request") == far);
  CHECK(Desk::text_of(all[4], "request") == none);
  CHECK(Desk::text_of(all[5], "request") == closed);
  CHECK(desks.a.json({"subject", "list"}).size() == 5);
  const auto status = desks.a.json({"status"}).front();
  CHECK(Desk::number_of(status, "requests_overdue") == 3);
  CHECK(Desk::number_of(status, "requests_waiting") == 5);
  CHECK(desks.a.run({"status"}).out.find("逾期 3 件") != std::string::npos);
}

TEST_CASE("How long a built-in register is kept is amended by the chair, and obeyed everywhere",
          "[subject]") {
  PartyDesks desks;
  const std::string file = (desks.folder / "years.toml").string();
  std::ofstream(file) << "format = 1\namends = \"tenancy\"\nversion = 1\n[retention]\nclass = "
                         "\"period\"\nrule = \"起租后 50 年\"\nyears = 50\nfrom = \"start\"\n";
  const Words ask{"erase", "record", "tenancy", desks.tenancy, "--reason", "r", "--basis", "b"};
  CHECK(Desk::text_of(desks.a.json(ask).front(), "outcome") == "erase");
  desks.b.run({"define", file}, 5);
  const auto added = desks.a.json({"define", file}).front();
  CHECK(added.at("amends").as_bool());
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b}) {
    const auto plan = desk->json(ask).front();
    CHECK(Desk::text_of(plan, "outcome") == "restrict");
    CHECK(Desk::text_of(plan, "until") == "2074-01-01");
    for (const auto& each : desk->json({"define"}))
      CHECK(each.at("amended").as_bool() == (Desk::text_of(each, "registry") == "tenancy"));
  }
  const std::string out = (desks.folder / "audit").string();
  desks.o.run({"export", "--out", out});
  CHECK(run_program(program_path(), {"verify", out}).exit_code == 0);
  // A full text in its place, or a field that is not there, is refused and changes nothing.
  std::ofstream(file)
      << "format = 1\nid = \"tenancy\"\nversion = 9\nlabel = \"x\"\n[[field]]\nid = "
         "\"a\"\nlabel = \"a\"\n";
  CHECK(desks.a.run({"define", file}, 6).err.find("amends") != std::string::npos);
  std::ofstream(file) << "format = 1\namends = \"tenancy\"\nversion = 1\n[retention]\nrule = "
                         "\"x\"\nyears = 5\nfrom = \"no_such\"\n";
  desks.a.run({"define", file}, 2);
  std::ofstream(file) << "format = 1\namends = \"tenancy\"\nversion = 2\n[retention]\nclass = "
                         "\"purge\"\nrule = \"随时\"\n";
  CHECK(desks.a.run({"define", file}, 6).err.find("起租后 50 年") != std::string::npos);
  // Without the amendment the tenancy is kept for a shorter time: that is said first.
  CHECK(desks.a.run({"remove", "definition", Desk::text_of(added, "record")}, 6).err.find("改短") !=
        std::string::npos);
  desks.a.run({"remove", "definition", Desk::text_of(added, "record"), "--yes"});
  CHECK(Desk::text_of(desks.a.json(ask).front(), "outcome") == "erase");
}

TEST_CASE("A copy that was cut off is found by its computer, and named until it is deleted",
          "[subject]") {
  PartyDesks desks;
  const auto copy_to = [&](const std::string& to) {
    return desks.as_tenant({"subject", "export", "--out", to});
  };
  // "k/." is "k", and nothing is left where nothing could be written.
  const fs::path place = desks.folder / "copies";
  fs::create_directory(place);
  desks.a.run(copy_to((place / "k" / ".").string()));
  CHECK(fs::exists(place / "k" / "personal_data.txt"));
  desks.a.run(copy_to((place / "k" / ".").string()), 6);
  CHECK(std::distance(fs::directory_iterator(place), fs::directory_iterator()) == 1);
  desks.a.run({"doctor"});

  std::set<std::string> left;
  for (int i = 0; i < 12; ++i) {
    desks.a.try_run(copy_to((place / ("n" + std::to_string(i))).string()),
                    Milliseconds{10 + 8 * i});
  }
  // One that is there for certain: as it would lie after a kill between two files.
  fs::create_directory(place / "k.ab12Cd");
  std::ofstream(place / "k.ab12Cd" / "personal_data.txt") << kName;
  for (const auto& each : fs::directory_iterator(place))
    if (each.path().extension().string().size() == 7 && !fs::is_empty(each.path()))
      left.insert(each.path().string());
  // Somebody's own folders are nobody's copy.
  fs::create_directory(place / "k.mine12");
  std::ofstream(place / "k.mine12" / "personal_data.txt") << "mine";
  std::ofstream(place / "k.mine12" / "notes") << "mine";
  fs::create_directory(place / "q.ab12Cd");
  std::ofstream(place / "q.ab12Cd" / "personal_data.txt") << "x";
  std::set<std::string> named;
  for (const auto& line : desks.a.json({"doctor"}, 1))
    if (line.contains("path")) named.insert(Desk::text_of(line, "path"));
  CHECK(named == left);
  const std::string listed = said(desks.a.run({"subject", "list"}));
  for (const std::string& each : left) {
    CHECK(listed.find(each) != std::string::npos);
    fs::remove_all(each);
  }
  desks.a.run({"doctor"});
  CHECK(fs::exists(place / "k.mine12" / "notes"));
}

}  // namespace cunju::test
