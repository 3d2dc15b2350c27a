// SPDX-License-Identifier: Apache-2.0
//
// Requests that are not carried out: of another person, under an identity that nobody checked, by
// who may not read who asked. Nothing is handed out, and nothing booked.
#include <filesystem>

#include "tests/end_to_end/subject_desks.h"
#include "tests/support/tiny_disk.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;

/// Ends in the same four.
constexpr const char* kOtherIdentity = "11010519551206002X";

}  // namespace

TEST_CASE("Wrong requests, persons and disks hand nothing out, and book nothing", "[subject]") {
  SubjectDesks desks;
  const std::size_t before = desks.booked(desks.a);
  const std::string copy = (desks.folder / "copy").string();
  const auto tried = [&](const char* option, const char* value, const std::string& request) {
    return Words{"subject", "export", "--request", request, option, value, "--out", copy};
  };
  // A state alone says nothing of how the identity was checked, nor does a check that failed.
  desks.a.run({"set", "requests", desks.request, "state=identified"});
  desks.a.run(tried("--identity", kIdentity, desks.request), 6);
  desks.a.run({"set", "requests", desks.request, "identity_check=failed"});
  desks.a.run(tried("--identity", kIdentity, desks.request), 6);
  desks.identify();
  desks.a.run(tried("--identity", kIdentity, "0000abcd"), 3);
  desks.a.run(tried("--identity", "110105194912310038", desks.request), 6);
  desks.a.run(tried("--identity", "110105194912310021", desks.request), 2);
  desks.a.run(tried("--name", kName, desks.request), 2);
  desks.a.run({"subject", "export", "--request", desks.request, "--identity", kIdentity}, 2);
  desks.a.run({"subject", "export", "--identity", kIdentity, "--out", copy}, 2);
  desks.a.run({"subject", "lift", "0000abcd", "--reason", "r", "--basis", "b"}, 3);
  CHECK_FALSE(fs::exists(copy));
  // Who may not read who asked can't write it either: nothing is handed out.
  desks.sync_all();
  desks.b.run(tried("--identity", kIdentity, desks.request), 5);
  CHECK_FALSE(fs::exists(copy));
  CHECK(count_names(fs::path(copy).parent_path(), "copy") == 0);
  TinyDisk disk;
  std::size_t failed = 0;
  if (disk.mounted()) {
    disk.fill(0);
    const std::string full = (disk / "copy").string();
    desks.a.run(
        {"subject", "export", "--request", desks.request, "--identity", kIdentity, "--out", full},
        7);
    CHECK_FALSE(fs::exists(full));
    CHECK(count_names(fs::path(full).parent_path(), "copy") == 0);
    // Either is booked before it begins; one that fails is nobody's any more.
    for (const auto& each : desks.a.json({"list", "disclosures", "kind=person_copy"})) {
      CHECK(Desk::text_of(each.at("fields").as_object(), "copy") == "destroyed");
      ++failed;
    }
    const std::string out = (disk / "export").string();
    desks.a.run({"export", "--out", out, "--to", "住建局", "--purpose", "检查"}, 7);
    const auto entries = desks.a.json({"list", "disclosures", "recipient=住建局"});
    REQUIRE(entries.size() == 1);
    CHECK(Desk::text_of(entries[0].at("fields").as_object(), "copy") == "destroyed");
    ++failed;
  } else {
    WARN("no tmpfs here: the full disk was left out");
  }
  CHECK(desks.booked(desks.a) == before + failed);
  CHECK(desks.status(desks.a).at("outcome").as_array().empty());
}

TEST_CASE("Who may not read who asked does nothing under a request", "[subject]") {
  SubjectDesks desks;
  desks.identify();
  const std::string erasure = Desk::text_of(
      desks.a.json(desks.restrict({"--reason", "内容有争议", "--yes"})).front(), "erasure");
  const std::string second =
      desks.a.add({"tenancy", "premises_id=FW003", std::string("tenant_name=") + kName,
                   std::string("tenant_identity_number=") + kIdentity, "state=active", "--readmit",
                   erasure.substr(0, 8), "--basis", "新租约"});
  desks.sync_all();
  const std::string before = desks.b.state_hash();
  Words correct = desks.correct("tenancy", second, "tenant_phone=13800000003");
  correct.emplace_back("--yes");
  Words erase = desks.restrict({"--yes"});
  erase[1] = "erase";
  for (const Words& words : {desks.copy_to((desks.folder / "copy").string()), correct,
                             desks.restrict({"--reason", "r", "--yes"}), erase,
                             Words{"subject", "lift", erasure, "--reason", "r", "--basis", "b",
                                   "--request", desks.request, "--yes"},
                             Words{"subject", "close", desks.request, "done"},
                             Words{"subject", "close", desks.request, "refused", "--refusal",
                                   "other", "--reason", "r"}}) {
    CAPTURE(words[1]);
    CHECK(run_typed(desks.b, words).exit_code == 5);
  }
  CHECK(desks.b.state_hash() == before);
}

TEST_CASE("A request is carried out for the person that it names, and for nobody who is like them",
          "[subject]") {
  SubjectDesks desks;
  const std::string other =
      desks.a.add({"tenancy", "premises_id=FW004", "tenant_name=周大伟", "tenant_phone=13800000004",
                   std::string("tenant_identity_number=") + kOtherIdentity, "state=active"});
  desks.a.run({"set", "requests", desks.request, "identity_last4="});
  desks.identify();
  int copies = 0;
  const auto tried = [&](Words person, int exit_code) {
    CAPTURE(person);
    const std::string copy = (desks.folder / ("copy" + std::to_string(++copies))).string();
    Words words{"subject", "export", "--request", desks.request, "--out", copy};
    words.insert(words.end(), person.begin(), person.end());
    desks.a.run(words, exit_code);
    CHECK(fs::exists(copy) == (exit_code == 0));
  };
  const auto set = [&](const char* edit) { desks.a.run({"set", "requests", desks.request, edit}); };
  // Nothing to hold the number against.
  tried({"--identity", kIdentity}, 6);
  set("identity_last4=002x");
  tried({"--identity", kIdentity}, 0);
  // The same four, and another's name in the record; or a record that nobody has.
  tried({"--identity", kOtherIdentity}, 6);
  tried({"--identity", "11010519551214002X"}, 6);
  tried({"--name", "周大伟", "--phone", "13800000004"}, 6);
  tried({"--identity", kOtherIdentity, "--name", "周大伟", "--phone", "13800000004"}, 6);
  set("applicant=吴　小 兰");
  tried({"--name", kName, "--phone", "13800000001"}, 0);
  tried({"--identity", kIdentity}, 0);
  // The same four, the applicant's own name typed, and another's record; a namesake's telephone.
  tried({"--identity", kOtherIdentity, "--name", kName, "--phone", "13800000001"}, 6);
  tried({"--name", kName, "--phone", "13800000077"}, 6);
  // An agent's four say nothing of whom the agent asks for.
  set("asked_by=agent");
  set("applicant=孙代理");
  tried({"--name", "孙代理", "--phone", "13800000001"}, 6);
  tried({"--identity", kIdentity}, 6);
  set("person=周大伟");
  tried({"--identity", kIdentity}, 6);
  tried({"--identity", kIdentity, "--name", "周大伟", "--phone", "13800000004"}, 6);
  set("identity_last4=1234");
  tried({"--identity", kOtherIdentity}, 0);
  // A telephone number that the request does not have is anybody's.
  tried({"--name", "周大伟", "--phone", "13800000004"}, 6);
  tried({"--identity", kOtherIdentity, "--name", "周大伟", "--phone", "13800000004"}, 6);

  // What is corrected is a record of that person; looking and doing end alike.
  set("person=吴小兰");
  const auto corrected = [&](const std::string& registry, const std::string& record,
                             const std::string& edit, int exit_code) {
    CAPTURE(registry, edit);
    Words words = desks.correct(registry, record, edit);
    const RunResult shown = desks.a.run(words, exit_code);
    words.emplace_back("--yes");
    const RunResult done = desks.a.run(words, exit_code);
    CHECK((shown.err.find("提醒") == std::string::npos) ==
          (done.err.find("提醒") == std::string::npos));
    return shown;
  };
  corrected("tenancy", other, "tenant_phone=", 6);
  corrected("requests", desks.request, "due_on=2027-01-01", 6);
  corrected("tenancy", desks.tenancy, "no_such_field=1", 2);
  corrected("tenancy", desks.tenancy, "state=draft", 2);
  CHECK(desks.a.field("tenancy", desks.tenancy, "state") == "active");
  CHECK(corrected("tenancy", desks.tenancy, "start=春天", 0).err.find("提醒") != std::string::npos);
  CHECK(desks.a.field("tenancy", other, "tenant_phone") == "13800000004");
}

}  // namespace cunju::test
