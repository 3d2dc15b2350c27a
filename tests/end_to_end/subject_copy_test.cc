// SPDX-License-Identifier: Apache-2.0
//
// The folder of a person's copy: new, the owner's alone, and beside what was there before.
#include <filesystem>
#include <fstream>

#include "tests/end_to_end/subject_desks.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;

/// A tenancy, and the tenant's request with the identity checked.
struct CopyDesk : ThreeDesks {
  CopyDesk() {
    a.add({"tenancy", "premises_id=FW002", "tenant_name=吴小兰", "tenant_phone=13800000001",
           std::string("tenant_identity_number=") + kIdentity, "state=active"});
    request =
        a.add({"requests", "received_on=2026-01-10", "kinds+=access", "asked_by=self",
               "applicant=吴小兰", "applicant_phone=13800000001", "identity_last4=002X",
               "identity_check=card_seen", "identity_checked_on=2026-01-10", "state=received"});
    a.run({"set", "requests", request, "state=identified"});
  }
  int hand_out(const std::string& to) const {
    const Words words{"subject", "export", "--request", request, "--identity", "-", "--out", to};
    return run_typed(a, words).exit_code;
  }
  std::size_t booked() const { return a.json({"list", "disclosures"}).size(); }
  std::string request;
};

}  // namespace

TEST_CASE("A copy goes into a new folder, and nothing that was there before is touched",
          "[subject]") {
  CopyDesk desks;
  const fs::path copy = desks.folder / "copy";
  const fs::path notes = desks.folder / "copy.unfinished" / "notes";
  fs::create_directory(notes.parent_path());
  std::ofstream(notes) << "mine";
  // A link that leads nowhere is something that is there.
  const fs::path link = desks.folder / "copylink";
  fs::create_symlink(desks.folder / "nowhere", link);
  CHECK(desks.hand_out(link.string()) == 6);
  CHECK(fs::is_symlink(link));
  CHECK_FALSE(fs::exists(desks.folder / "nowhere"));
  CHECK(desks.booked() == 0);
  CHECK(desks.hand_out(copy.string() + "/") == 0);
  CHECK((fs::status(copy).permissions() & fs::perms::all) == fs::perms::owner_all);
  CHECK(fs::exists(copy / "personal_data.txt"));
  CHECK(read_text_file(notes.string()) == "mine");
  CHECK(count_names(copy.parent_path(), "copy") == 3);
  CHECK(desks.hand_out(copy.string() + "/") == 6);
  CHECK(desks.booked() == 1);
}

TEST_CASE("A copy does not say that nothing is held while something is restricted", "[subject]") {
  CopyDesk desks;
  desks.a.run({"subject", "restrict", "--request", desks.request, "--identity", kIdentity,
               "--basis", "个人信息保护法第四十七条", "--reason", "内容有争议", "--yes"});
  const fs::path copy = desks.folder / "copy";
  // Her own record is hidden, so the number fits nothing any more; name and telephone do.
  desks.a.run({"subject", "export", "--request", desks.request, "--name", "吴小兰", "--phone",
               "13800000001", "--out", copy.string()});
  const std::string text = read_text_file((copy / "personal_data.txt").string());
  CHECK(text.find("没有您的记录") == std::string::npos);
  CHECK(text.find("封存") != std::string::npos);
  const auto status = desks.a.json({"subject", "status", desks.request}).front();
  for (const auto& each : status.at("outcome").as_array())
    CHECK(each.as_string() != "nothing_held");
}

}  // namespace cunju::test
