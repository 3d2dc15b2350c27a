// SPDX-License-Identifier: Apache-2.0
// Receipts in an export: whoever drops the end of a log, or signs it anew, is found out although
// all hashes, signatures and tables agree.
#include "node/audit/verify_witness.h"

#include "node/audit/verify_logs.h"
#include "tests/node/audit/export_fixture.h"

namespace cunju::audit {
namespace {

/// A village whose office has acknowledged all that is there.
struct Receipted : test::StoredVillage {
  Receipted() : office(crypto::SigningKey::generate(random)) {
    const auto member = random.make<MemberId>();
    const crypto::DhKey office_wire = crypto::DhKey::generate(random);
    const std::vector<RosterOperation> operations{
        AdmitMember{member, "街道办"}, GrantRole{member, "office", {}, {}},
        AddNode{.node = office.node(),
                .wire = office_wire.wire(),
                .name = "街道办电脑",
                .member = member,
                .signature = sign_node_entry(office, space, office_wire.wire(), member)}};
    require(replica->append_roster(space, chair, operations, 1));
    fill(3);
    require(replica->append_statements(space, office, 1'700'000'000'000));
  }
  /// Another village's store with the changes that `keep` wants, exported and signed by this node.
  VerifyReport verify_without(const std::function<bool(const Change&)>& keep) {
    test::Store other(5);
    REQUIRE(other.replica->join(space, wire.wire()));
    std::vector<sync::Run> runs;
    for (const sync::AuthorHead& head : require(replica->heads(space))) {
      sync::Run run;
      REQUIRE(replica->scan_log(space, head.author, Seq{0}, [&](const Change& change) {
        const bool is_kept = keep(change);
        if (is_kept) run.changes.push_back(change);
        return is_kept;
      }));
      if (!run.changes.empty()) runs.push_back(std::move(run));
    }
    for (const sync::Run& run : runs) REQUIRE(other.replica->accept(space, std::span(&run, 1)));
    REQUIRE(other.replica->counts().value().pooled == 0);
    const fs::path out = folder / "cut short";
    require(export_spaces(*other.replica, std::span(&space, 1), builtin_toml, out, node,
                          1'700'000'000'123, {}));
    return require_report(out);
  }
  Seq last_of(const crypto::SigningKey& key) {
    for (const sync::AuthorHead& head : require(replica->heads(space)))
      if (head.author == key.author()) return head.seq;
    FAIL("no log");
    return {};
  }
  crypto::SigningKey office;
};

bool says(const VerifyReport& report, Severity severity, const std::string& text) {
  return std::ranges::any_of(report.findings, [&](const Finding& finding) {
    return finding.severity == severity && finding.en.find(text) != std::string::npos;
  });
}

}  // namespace

TEST_CASE(
    "An export with all that the office acknowledged verifies, and says that it was looked for") {
  Receipted village;
  require_export(village, village.folder / "out");
  const VerifyReport report = require_report(village.folder / "out");
  CHECK(report.ok);
  CHECK(report.counts.statements == 1);
  CHECK(describe(report, registry::Language::kEnglish).find("1 witness statements") !=
        std::string::npos);
  // Statements are no register of anybody's.
  for (const auto& [path, size] : village.require(list_folder(village.folder / "out")).files)
    CHECK(path.find("witness") == std::string::npos);
}

TEST_CASE("An export without the last change of a log that the office acknowledged is found out") {
  Receipted village;
  const Seq last = village.last_of(village.second_clerk);
  const VerifyReport report = village.verify_without([&](const Change& change) {
    return change.header.author != village.second_clerk.author() || change.header.seq != last;
  });
  CHECK_FALSE(report.ok);
  CHECK(report.errors == 1);
  CHECK(says(report, Severity::kError, "has acknowledged this change, which is not here"));
  CHECK(names_place(
      report, village.second_clerk.author().hex() + ".log change " + std::to_string(last.value)));
  CHECK(report.findings.front().zh.find("街道办电脑") != std::string::npos);
}

TEST_CASE("Nor does it help to leave a whole log out") {
  Receipted village;
  const VerifyReport report = village.verify_without(
      [&](const Change& change) { return change.header.author != village.second_clerk.author(); });
  CHECK(says(report, Severity::kError, "which is not here"));
}

TEST_CASE("A log whose end was signed anew after the office had acknowledged it is found out") {
  Receipted village;
  std::vector<Change> changes;
  for (const sync::AuthorHead& head : village.require(village.replica->heads(village.space)))
    REQUIRE(
        village.replica->scan_log(village.space, head.author, Seq{0}, [&](const Change& change) {
          changes.push_back(change);
          return true;
        }));
  auto last = std::ranges::find_if(changes, [&](const Change& change) {
    return change.header.author == village.second_clerk.author() &&
           change.header.seq == village.last_of(village.second_clerk);
  });
  ChangeHeader header = last->header;
  header.claimed_ms += 1;
  *last = sign_change(village.second_clerk, header, last->parts);
  VerifyReport report;
  verify_receipts(village.space, changes, replay::replay(village.space, changes), report);
  CHECK(report.errors == 1);
  CHECK(says(report, Severity::kError, "has acknowledged another change in this place"));
}

TEST_CASE("A change that names a statement which was left out is worth a warning") {
  Receipted village;
  village.write(village.clerk, village.random.make<RecordId>(), "rental",
                {make_operation(OperationKind::kRegisterSet, "address", std::string("后来"))});
  const VerifyReport report = village.verify_without(
      [&](const Change& change) { return change.header.author != village.office.author(); });
  CHECK(report.ok);
  CHECK(report.counts.statements == 0);
  CHECK(says(report, Severity::kWarning, "names a statement that is not in the export"));
}

}  // namespace cunju::audit
