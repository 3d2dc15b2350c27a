// SPDX-License-Identifier: Apache-2.0
//
// What is confidential goes to an auditor record by record: the real program says it first, books
// it, and the auditor's own program opens that and nothing else.
#include <filesystem>

#include "tests/support/planted.h"
#include "tests/support/tiny_disk.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

const std::string kShown = "欧阳慕容娘", kBefore = "欧阳慕容氏", kOther = "上官之孙";

/// A mediator's two files, one of them written twice, which have come to the village.
struct Mediated {
  ThreeDesks desks;
  Desk m{desks.folder, "mediator"};
  std::string shown, other;

  Mediated() {
    desks.invite(m, "mediator");
    meet();
    shown = m.add({"mediation", "case_no=2026-1", "applicants=" + kBefore});
    m.run({"set", "mediation", shown, "applicants+=" + kShown, "brief=为滴水檐争了三年"});
    other = m.add({"mediation", "case_no=2026-2", "applicants=" + kOther});
    meet();
  }
  void meet() {
    auto server = desks.a.serve();
    const std::string address = server->wait_until_listening();
    REQUIRE_FALSE(address.empty());
    for (int round = 0; round < 3; ++round) {
      m.run({"sync", address});
      if (desks.a.state_hash() == m.state_hash()) break;
    }
    CHECK(server->stop() == 0);
  }
  std::string path(const std::string& name) const { return (desks.folder / name).string(); }
  Words words(const std::string& out, const std::string& what, bool is_meant = true) const {
    Words said{"export", "--out",  path(out),   "--disclose", what,
               "--to",   "审计局", "--purpose", "离任审计"};
    if (is_meant) said.emplace_back("--yes");
    return said;
  }
  /// As the auditor runs it: without any home.
  boost::json::object verify(const std::string& out, int exit_code = 0) const {
    const RunResult result = run_program(program_path(), {"verify", path(out), "--json"});
    INFO(result.out);
    CHECK(result.exit_code == exit_code);
    return Desk::parse_lines(result.out).back();
  }
  std::vector<boost::json::object> ledger() const { return m.json({"list", "disclosures"}); }
  /// Of each entry the registries, fields and records, as JSON.
  static Words entries(const Desk& desk) {
    Words out;
    for (const boost::json::object& entry : desk.json({"disclose", "list"})) {
      if (!entry.contains("disclosure")) continue;
      std::string line = boost::json::serialize(entry.at("registries")) +
                         boost::json::serialize(entry.at("fields"));
      if (const auto* records = entry.if_contains("records"))
        line += boost::json::serialize(*records);
      out.push_back(line);
    }
    std::ranges::sort(out);
    return out;
  }
  bool is_in(const std::string& out, const std::string& word) const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path(out)))
      if (entry.is_regular_file() &&
          read_text_file(entry.path().string()).find(word) != std::string::npos)
        return true;
    return false;
  }
};

}  // namespace

TEST_CASE("A mediator opens one file to an auditor, who reads that one and no other",
          "[disclosing]") {
  Mediated all;
  const std::string what = "mediation/" + all.shown.substr(0, 8);
  // First it is said, and nothing is written or booked.
  const boost::json::object plan = all.m.json(all.words("out", what, false)).back();
  CHECK_FALSE(plan.at("done").as_bool());
  const boost::json::object of = plan.at("disclosing").as_array().at(0).as_object();
  CHECK(Desk::text_of(of, "registry") == "mediation");
  CHECK(Desk::number_of(of, "records") == 1);
  CHECK(of.at("fields").as_array().size() == 2);
  CHECK_FALSE(std::filesystem::exists(all.path("out")));
  CHECK(all.ledger().empty());

  all.m.run(all.words("out", what));
  const boost::json::object verdict = all.verify("out");
  CHECK(verdict.at("ok").as_bool());
  CHECK(Desk::number_of(verdict, "disclosed_records") == 1);
  CHECK(Desk::number_of(verdict, "disclosed_parts") == 2);
  CHECK(Desk::number_of(verdict, "sealed_parts") > 0);
  CHECK(Desk::number_of(verdict, "held_parts") == 0);
  const Words words{kShown, kBefore, "为滴水檐争了三年"};
  for (const std::string& word : words) CHECK(all.is_in("out", word));
  check_absent(all.path("out"), {kOther});
  CHECK_FALSE(all.is_in("out", read_text_file(all.m.key_file())));

  // Both are in the ledger that everybody has: all that is open, and what was opened beside it.
  std::vector<std::string> fields;
  for (const boost::json::object& entry : all.m.json({"disclose", "list"})) {
    if (!entry.contains("disclosure") || Desk::text_of(entry, "recipient") != "审计局") continue;
    CHECK(Desk::text_of(entry, "purpose") == "离任审计");
    fields.push_back(boost::json::serialize(entry.at("fields")));
  }
  std::ranges::sort(fields);
  CHECK(fields == std::vector<std::string>{R"(["applicants","brief"])", "[]"});
}

TEST_CASE("A disclosed key that somebody alters or moves is named to the auditor", "[disclosing]") {
  Mediated all;
  all.m.run(all.words("out", "mediation"));
  CHECK(Desk::number_of(all.verify("out"), "disclosed_records") == 2);
  std::string file;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(all.path("out")))
    if (entry.path().filename() == "disclosed.json") file = entry.path().string();
  std::string text = read_text_file(file);
  const std::size_t key = text.find("\"key\":\"") + 7;
  text[key] = text[key] == '0' ? '1' : '0';
  std::ofstream(file, std::ios::trunc) << text;
  const RunResult result = run_program(program_path(), {"verify", "--deep", all.path("out")});
  CHECK(result.exit_code == 1);
  CHECK(result.out.find("钥匙打不开所指的部分") != std::string::npos);
}

TEST_CASE("Who may not read discloses nothing, and nothing goes without a recipient and a purpose",
          "[disclosing]") {
  Mediated all;
  // The clerk's computer carries the parts; the roster does not let him read them.
  const RunResult refused = all.desks.a.run(all.words("out", "mediation/" + all.shown), 3);
  CHECK(refused.err.find("没有导出") != std::string::npos);
  all.desks.o.run(all.words("out", "tenancy"), 5);
  const std::vector<Words> wrong{
      {"export", "--out", all.path("out"), "--disclose", "mediation", "--yes"},
      {"export", "--out", all.path("out"), "--disclose", "mediation", "--to", "审计局"},
      {"export", "--out", all.path("out"), "--disclose", "mediation", "--recipient-kind",
       "individual", "--purpose", "审计", "--yes"},
      {"export", "--out", all.path("out"), "--disclose", "mediation", "--recipient-kind", "person",
       "--purpose", "审计", "--yes"},
      {"export", "--out", all.path("out"), "--disclose", "mediation", "--to", " ", "--purpose",
       "审计", "--yes"},
      {"export", "--out", all.path("out"), "--yes"}};
  for (const Words& words : wrong) all.m.run(words, 2);
  all.m.run(all.words("out", "no_such"), 3);
  all.m.run(all.words("out", "mediation/ffffffff"), 3);
  CHECK_FALSE(std::filesystem::exists(all.path("out")));
  CHECK(all.ledger().empty());
}

TEST_CASE("What is restricted is in no disclosure, and a folder that is there is not booked",
          "[disclosing]") {
  Mediated all;
  // The clerk names what he can see of it, which is not what the mediator wrote.
  all.desks.a.run({"erase", "record", "mediation", all.shown, "--reason", "本人要求", "--basis",
                   "个人信息保护法第四十七条", "--asked-by", "本人", "--readable-only", "--yes"});
  all.meet();
  all.m.run(all.words("out", "mediation/" + all.shown), 3);
  all.m.run(all.words("out", "mediation"));
  CHECK(Desk::number_of(all.verify("out"), "disclosed_records") == 1);
  CHECK(all.is_in("out", kOther));
  check_absent(all.path("out"), {kShown, kBefore});
  // A folder that is there is refused before anything is booked.
  const std::size_t booked = all.ledger().size();
  all.m.run(all.words("out", "mediation"), 6);
  CHECK(all.ledger().size() == booked);
}

TEST_CASE("The marks of erased persons are disclosed to nobody, whatever registry is named",
          "[disclosing]") {
  Mediated all;
  const Desk& clerk = all.desks.a;
  const std::string tenancy =
      clerk.add({"tenancy", "premises_id=FW1", "tenant_name=赵六",
                 "tenant_identity_number=11010519491231002X", "start=2024-01-01"});
  const std::string erasure =
      Desk::text_of(clerk
                        .json({"erase", "person", "--identity", "11010519491231002X", "--reason",
                               "本人要求", "--basis", "个人信息保护法第四十七条", "--yes"})
                        .back(),
                    "erasure");
  for (const std::string& what : {"erasures/" + erasure, "/" + erasure, std::string("erasures"),
                                  std::string("/"), std::string(), "tenancy/" + erasure})
    CHECK(clerk.try_run(all.words("out", what)).exit_code == (what == "/" ? 2 : 3));
  CHECK_FALSE(std::filesystem::exists(all.path("out")));
  CHECK(all.entries(clerk).empty());
}

TEST_CASE("A whole registry has its removed records too, and counts those that are erased",
          "[disclosing]") {
  Mediated all;
  all.m.run({"remove", "mediation", all.other});
  all.m.run(all.words("out", "mediation"));
  CHECK(Desk::number_of(all.verify("out"), "disclosed_records") == 2);
  CHECK(all.is_in("out", kOther));
  const Desk& clerk = all.desks.a;
  const std::string erased = clerk.add({"tenancy", "premises_id=FW1", "tenant_name=赵六"});
  clerk.add({"tenancy", "premises_id=FW2", "tenant_name=李四"});
  clerk.run({"erase", "record", "tenancy", erased, "--reason", "本人要求", "--basis",
             "个人信息保护法第四十七条", "--against-retention", "--yes"});
  const boost::json::object plan = clerk.json(all.words("more", "tenancy", false)).back();
  CHECK(boost::json::serialize(plan.at("left_out")) == "[\"" + erased + "\"]");
  CHECK(Desk::number_of(plan, "parts") == 1);
}

TEST_CASE("A whole registry and a single record are two entries of the ledger", "[disclosing]") {
  Mediated all;
  const Desk& clerk = all.desks.a;
  const std::string shown = clerk.add({"tenancy", "premises_id=FW1", "tenant_name=赵六"});
  clerk.add({"tenancy", "premises_id=FW2", "tenant_name=李四"});
  clerk.add({"requests", "received_on=2026-11-01", "kinds+=access", "asked_by=self",
             "applicant=李四", "state=received"});
  Words words = all.words("out", "requests");
  words.insert(words.end(), {"--disclose", "tenancy/" + shown});
  clerk.run(words);
  const Words booked = all.entries(clerk);
  REQUIRE(booked.size() == 3);
  const auto has = [&](const std::string& entry) {
    return std::ranges::find(booked, entry) != booked.end();
  };
  CHECK(has(R"(["requests"]["applicant"])"));
  CHECK(has(R"(["tenancy"]["tenant_name"]["tenancy/)" + shown + "\"]"));
  CHECK(Desk::number_of(all.verify("out"), "disclosed_records") == 2);
}

TEST_CASE("A computer that lacks something of a record does not disclose what it has of it",
          "[disclosing]") {
  Mediated all;
  const Desk &clerk = all.desks.a, &other = all.desks.b;
  const std::string changed = clerk.add({"tenancy", "premises_id=FW1", "tenant_name=旧名"});
  const std::string same = clerk.add({"tenancy", "premises_id=FW2", "tenant_name=李四"});
  all.desks.sync_colleague();
  clerk.run({"set", "tenancy", changed, "tenant_name=新名", "planned_end=2027-01-01"});
  auto server = clerk.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  other.run({"sync", "--metered", address});
  for (const std::string& what : {"tenancy/" + changed, std::string("tenancy")}) {
    const RunResult refused = other.run(all.words("out", what), 6);
    CHECK(refused.err.find("缺一部分保密内容") != std::string::npos);
  }
  CHECK(all.entries(other).empty());
  // Of another record nothing says that it lacks anything; that something is lacking is said.
  const RunResult warned = other.run(all.words("out", "tenancy/" + same, false));
  CHECK(warned.err.find("看不出是哪条记录的") != std::string::npos);
  CHECK(Desk::number_of(other.json(all.words("out", "tenancy/" + same, false)).back(), "unseen") ==
        1);
  other.run({"sync", address});
  CHECK(server->stop() == 0);
  other.run(all.words("out", "tenancy/" + changed));
  CHECK(all.is_in("out", "新名"));
}

TEST_CASE("An export that can't begin is not booked, and one that was cut off is named by doctor",
          "[disclosing]") {
  Mediated all;
  Words words = all.words("", "mediation");
  words[2] = "/proc/out";
  all.m.run(words, 3);
  CHECK(all.ledger().empty());
  all.m.run(all.words("out", "mediation"));
  CHECK(all.m.run({"doctor"}).out.find(all.path("out")) == std::string::npos);
  // As a kill leaves it: the manifest is written last.
  std::filesystem::remove(all.path("out") + "/manifest.json");
  CHECK(all.m.run({"doctor"}, 1).out.find(all.path("out")) != std::string::npos);
  std::filesystem::remove_all(all.path("out"));
  all.m.run({"doctor"});
}

TEST_CASE(
    "A disk that is full at any file of a disclosure keeps nothing of it, and the ledger says so",
    "[disclosing]") {
  TinyDisk disk;
  if (disk.is_missing()) return;
  Mediated all;
  Words words = all.words("", "mediation");
  words[2] = (disk / "out").string();
  std::size_t failed = 0, booked = 0;
  constexpr std::size_t kStep = 12 * 1024, kMost = 100;
  for (std::size_t room = 0; room < kMost; ++room) {
    disk.fill(room * kStep);
    const RunResult result = all.m.try_run(words);
    disk.empty();
    if (result.exit_code == 0) break;
    CAPTURE(room, result.err);
    REQUIRE(result.exit_code == 7);
    REQUIRE_FALSE(std::filesystem::exists(disk / "out"));
    // Where not even the folder could be made nothing is booked; what was booked is said to stay.
    if (result.err.find("披露登记") != std::string::npos) ++booked;
    ++failed;
  }
  CHECK(failed > 3);
  CHECK(run_program(program_path(), {"verify", words[2]}).exit_code == 0);
  std::size_t out = 0, destroyed = 0;
  for (const boost::json::object& entry : all.m.json({"disclose", "list"})) {
    if (!entry.contains("disclosure")) continue;
    (Desk::text_of(entry, "copy") == "out" ? out : destroyed) += 1;
  }
  CHECK(out == 2);
  CHECK(booked > 3);
  CHECK(destroyed == 2 * booked);
}

}  // namespace cunju::test
