// SPDX-License-Identifier: Apache-2.0
//
// An export that opens single confidential parts: these, no others, and only with their own keys.
#include "node/audit/disclosed_parts.h"

#include "crdt/erasure/erasure_act.h"
#include "node/audit/verify_logs.h"
#include "tests/node/audit/export_files.h"
#include "tests/node/replica/scoped_nodes.h"
#include "tests/support/temp_folder.h"

namespace cunju::audit {
namespace {

using test::require;
using test::set_field;

/// Three files of a mediator: the first two were written in one change, the first again later.
struct Mediation : test::ScopedNodes {
  Mediation() {
    replica::ChangeDraft both;
    for (const auto& [record, secret] : {std::pair(one, kFirst), std::pair(two, kOther)}) {
      both.parts.push_back({.record = record,
                            .registry = "mediation",
                            .scope = kOpenScope,
                            .operations = {set_field("case_no", std::string("2026-1"))}});
      both.parts.push_back({.record = record,
                            .registry = "mediation",
                            .scope = scope,
                            .operations = {set_field("applicants", std::string(secret))}});
    }
    require(desk->append(space, zhang.device, {&both, 1}, 0));
    write_secret(one, "brief", kSecond);
    write_secret(three, "brief", kThird);
  }
  void write_secret(const RecordId& record, const std::string& field, std::string_view text) {
    replica::ChangeDraft draft{{{.record = record,
                                 .registry = "mediation",
                                 .scope = scope,
                                 .operations = {set_field(field, std::string(text))}}}};
    require(desk->append(space, zhang.device, {&draft, 1}, 0));
  }

  static bool all_in_force(const RecordId&, Scope, const ChangeId&) { return true; }
  DisclosurePlan plan(const std::set<RecordId>& records, const crypto::SigningKey& device,
                      const InForce& in_force = all_in_force) {
    const auto roster = require(desk->roster(space));
    const std::vector<Change> changes = require(read_logs(*desk, space));
    return require(plan_disclosure(space, changes, *roster, device, records, in_force));
  }
  DisclosurePlan plan(const std::set<RecordId>& records) { return plan(records, zhang.device); }
  Result<ExportSummary> try_export(std::vector<DisclosedPart> parts,
                                   const DefinitionLookup& definitions = builtin_toml) {
    ExportOptions options;
    options.disclosed[space] = std::move(parts);
    return export_spaces(*desk, {&space, 1}, definitions, out, zhang.node, 5, options);
  }
  void export_with(const std::set<RecordId>& records) { require(try_export(plan(records).parts)); }
  std::string file(const std::string& name) const {
    return read_file(out / space_folder(space) / name);
  }
  /// Whether any file of the export has the text.
  bool shows(std::string_view text) const {
    const FolderListing listing = require(list_folder(out));
    return std::ranges::any_of(listing.files, [&](const auto& each) {
      return read_file(out / each.first).find(text) != std::string::npos;
    });
  }
  /// Rewrites the keys as a forger would who holds the exporting node's key, and verifies.
  VerifyReport with_keys(const std::string& text) {
    write_file(out / space_folder(space) / std::string(kDisclosedName), text);
    sign_again(out, zhang.node);
    return require_report(out);
  }

  static constexpr std::string_view kFirst = "欧阳慕容娘", kSecond = "为滴水檐争了三年",
                                    kOther = "上官之孙", kThird = "西邻的第三句";
  RecordId one{{1}}, two{{2}}, three{{3}};
  test::TempFolder folder;
  fs::path out = folder / "out";
};

TEST_CASE("An export opens the confidential parts of the records that are named, and no others") {
  Mediation all;
  const DisclosurePlan plan = all.plan({all.one});
  CHECK(plan.parts.size() == 2);
  CHECK(plan.fields.at(all.one) == std::set<std::string>{"applicants", "brief"});
  all.export_with({all.one});
  for (std::string_view text : {Mediation::kFirst, Mediation::kSecond}) {
    CHECK(all.file("mediation.csv").find(text) != std::string::npos);
    CHECK(all.file("mediation.jsonl").find(text) != std::string::npos);
  }
  CHECK_FALSE(all.shows(Mediation::kOther));
  CHECK_FALSE(all.shows(Mediation::kThird));
  const VerifyReport report = require_report(all.out);
  CAPTURE(describe(report, registry::Language::kEnglish));
  CHECK(report.ok);
  CHECK(report.counts.disclosed_parts == 2);
  CHECK(report.counts.disclosed_records == 1);
  CHECK(report.counts.sealed_parts == 2);
  CHECK(report.counts.held_parts == 0);
}

TEST_CASE("What is not in force is disclosed only where something in force was written after it") {
  Mediation all;
  std::vector<ChangeId> ids;
  for (const DisclosedPart& part : all.plan({all.one}).parts) ids.push_back(part.change);
  REQUIRE(ids.size() == 2);
  const auto history = require(all.desk->history(all.space, all.one, all.scope));
  REQUIRE(history.size() == 2);
  const auto without = [&](const ChangeId& late) {
    return all.plan({all.one}, all.zhang.device,
                    [late](const RecordId&, Scope, const ChangeId& id) { return id != late; });
  };
  const DisclosurePlan last = without(history[1].id);
  CHECK(last.parts.size() == 1);
  CHECK(last.parts[0].change == history[0].id);
  CHECK(last.without_effect == 1);
  CHECK(last.not_in_force == 0);
  CHECK(last.fields.at(all.one) == std::set<std::string>{"applicants"});
  const DisclosurePlan first = without(history[0].id);
  CHECK(first.parts.size() == 2);
  CHECK(first.without_effect == 0);
  CHECK(first.not_in_force == 1);
}

TEST_CASE("A disclosed key opens no other part, not even of its own change") {
  Mediation all;
  const DisclosurePlan plan = all.plan({all.one});
  std::size_t tried = 0;
  for (const Change& change : require(read_logs(*all.desk, all.space))) {
    for (std::size_t i = 0; i < change.parts.size(); ++i) {
      if (change.parts[i].scope == kOpenScope) continue;
      for (const DisclosedPart& each : plan.parts) {
        const bool is_its_own = each.change == change.id && each.part == i;
        const crypto::Place place = place_of_part(change, i, each.key.epoch);
        ++tried;
        CHECK(crypto::open_links(each.key.key, place, change.parts[i].links).has_value() ==
              is_its_own);
      }
    }
  }
  CHECK(tried == 8);
}

TEST_CASE("An export that discloses nothing is as it was, and one that does is of a new version") {
  Mediation all;
  all.export_with({});
  CHECK(read_file(all.out / kManifestName).find("\"version\":1,") != std::string::npos);
  CHECK_FALSE(fs::exists(all.out / space_folder(all.space) / std::string(kDisclosedName)));
  CHECK_FALSE(all.shows(Mediation::kFirst));
  const VerifyReport report = require_report(all.out);
  CHECK(report.ok);
  CHECK(report.counts.sealed_parts == 4);
  CHECK(report.counts.disclosed_parts == 0);
  fs::remove_all(all.out);
  all.export_with({all.two});
  CHECK(read_file(all.out / kManifestName).find("\"version\":2,") != std::string::npos);
}

TEST_CASE("A disclosed key that is wrong, swapped, altered or for something else is named") {
  Mediation all;
  all.export_with({all.one, all.three});
  const std::string good = all.file(std::string(kDisclosedName));
  std::vector<DisclosedPart> parts = require(parse_disclosed_file(good));
  REQUIRE(parts.size() == 3);
  const auto content = [&] { return make_disclosed_file(parts).content(); };
  const auto place_of = [&](std::size_t i) {
    for (const Change& change : require(read_logs(*all.desk, all.space)))
      if (change.id == parts[i].change)
        return place_of_change(all.space, change.header.author, change.header.seq) + " part " +
               std::to_string(parts[i].part);
    return std::string("nowhere");
  };
  const auto require_named = [&](const std::vector<std::size_t>& wrong) {
    std::vector<std::string> places;
    for (std::size_t i : wrong) places.push_back(std::string(kDisclosedName) + " " + place_of(i));
    const VerifyReport report = all.with_keys(content());
    CAPTURE(describe(report, registry::Language::kEnglish));
    CHECK_FALSE(report.ok);
    for (const std::string& place : places) CHECK(names_place(report, place));
    CHECK(report.counts.disclosed_parts == 3 - wrong.size());
  };
  SECTION("swapped") {
    std::swap(parts[0].key, parts[1].key);
    require_named({0, 1});
  }
  SECTION("altered in one bit") {
    parts[2].key.key.secret.mutable_view()[31] ^= 1;
    require_named({2});
  }
  SECTION("of another epoch") {
    parts[0].key.epoch.value[31] ^= 1;
    require_named({0});
  }
  SECTION("for an open part of the same change") {
    for (const Change& change : require(read_logs(*all.desk, all.space)))
      for (std::size_t i = 0; i < parts.size(); ++i)
        if (change.id == parts[i].change && parts[i].part > 0) {
          --parts[i].part;
          require_named({i});
          ++parts[i].part;
        }
  }
  SECTION("for a change that is not there") {
    parts[2].change.value = {255};
    std::ranges::sort(parts, {}, &DisclosedPart::change);
    const VerifyReport report = all.with_keys(content());
    CHECK(report.errors >= 1);
    CHECK(names_place(report, "change ff0000"));
  }
  SECTION("not in order, twice, or no list at all") {
    const std::string place = std::string(kDisclosedName);
    for (const std::string& text : {good + " ", std::string("{}"), std::string("no"),
                                    good.substr(0, good.size() / 2), std::string()})
      CHECK(names_place(all.with_keys(text), place));
    std::swap(parts[0], parts[1]);
    CHECK(names_place(all.with_keys(content()), place));
  }
  CHECK(all.with_keys(good).ok);
}

TEST_CASE("Any changed byte of the disclosed keys is found, whoever signs the folder anew") {
  Mediation all;
  all.export_with({all.one, all.two});
  const std::string good = all.file(std::string(kDisclosedName));
  crypto::SeededRandom random(20261127);
  for (int i = 0; i < 150; ++i) {
    const auto dice = random.make<Hash>();
    std::string text = good;
    const std::size_t at = (dice.value[0] + 256u * dice.value[1]) % text.size();
    text[at] = static_cast<char>(text[at] ^ static_cast<char>(1 + dice.value[2] % 255));
    CAPTURE(i, at);
    REQUIRE(names_place(all.with_keys(text), std::string(kDisclosedName)));
  }
  CHECK(all.with_keys(good).ok);
}

TEST_CASE(
    "Whoever may not read a scope by the roster discloses nothing of it, with the key or not") {
  Mediation all;
  CHECK(all.plan({all.one}, all.li.device).parts.empty());
  CHECK(all.plan({all.one}).parts.size() == 2);
  test::pull(*all.office, *all.desk, all.space);
  const RosterOperation taken =
      EndRole{.member = all.zhang.member,
              .role = "mediator",
              .cuts = {require(all.office->cut_of(all.space, all.zhang.author(), std::nullopt))}};
  require(all.office->append_roster(all.space, all.village.founder.device, {&taken, 1}, 0));
  test::pull(*all.desk, *all.office, all.space);
  // The key of the epoch that the part is of is still at the desk, and opens it for the program.
  CHECK_FALSE(require(all.desk->history(all.space, all.one, all.scope))[0].operations.empty());
  CHECK(all.plan({all.one}).parts.empty());
}

TEST_CASE("Nothing is disclosed of a record that is erased or restricted, even in part") {
  Mediation all;
  std::vector<DisclosedPart> before = all.plan({all.one}).parts;
  const auto effect = GENERATE(ErasureEffect::kErase, ErasureEffect::kRestrict);
  const auto parts = require(all.desk->parts_of(all.space, all.one));
  test::write_record(*all.desk, all.space, all.zhang, RecordId{{9}},
                     {erasure_act_operation({.effect = effect,
                                             .reason = "本人要求",
                                             .basis = "个人信息保护法第四十七条",
                                             .asked_by = "本人",
                                             .targets = {parts.targets.back()}})},
                     std::string(kErasuresRegistry));
  const DisclosurePlan plan = all.plan({all.one, all.two});
  CHECK(plan.hidden == std::set<RecordId>{all.one});
  CHECK_FALSE(plan.fields.contains(all.one));
  CHECK(plan.parts.size() == 1);
  // What was chosen before it was hidden is refused as a whole, and leaves nothing.
  const Result<ExportSummary> late = all.try_export(std::move(before));
  REQUIRE(late.has_error());
  CHECK(late.error().code == Errc::kConflict);
  CHECK_FALSE(fs::exists(all.out));
}

TEST_CASE(
    "What may lack something that the device may read is said, and what is not readable is not") {
  Mediation all;
  const auto at_office = [&](const std::set<RecordId>& records) {
    const auto roster = require(all.office->roster(all.space));
    const std::vector<Change> changes = require(read_logs(*all.office, all.space));
    return require(plan_disclosure(all.space, changes, *roster, all.village.founder.device, records,
                                   [](const RecordId&, Scope, const ChangeId&) { return true; }));
  };
  test::pull(*all.office, *all.desk, all.space);
  CHECK(at_office({all.one, all.two}).unseen == 0);
  all.write(all.desk, all.zhang, all.one, "2026-1b", "改过的话");
  CHECK(all.meet(all.desk, all.office, test::kMeetMetered).is_clean());
  const DisclosurePlan lacking = at_office({all.one, all.two});
  CHECK(lacking.lacking == std::set<RecordId>{all.one});
  CHECK(lacking.unseen == 1);
  CHECK(at_office({all.two}).lacking.empty());
  CHECK(at_office({all.two}).unseen == 1);
  CHECK(all.meet(all.desk, all.office).is_clean());
  CHECK(at_office({all.one, all.two}).lacking.empty());
  CHECK(at_office({all.one, all.two}).unseen == 0);
  // Parts of a scope that a device may not read are nothing that it lacks.
  const DisclosurePlan of_li = all.plan({all.one}, all.li.device);
  CHECK(of_li.lacking.empty());
  CHECK(of_li.unseen == 0);
}

TEST_CASE("Nothing is disclosed of a record in which the program's own registries have a part") {
  Mediation all;
  replica::ChangeDraft draft{{{.record = all.two,
                               .registry = std::string(kErasuresRegistry),
                               .scope = all.scope,
                               .operations = {set_field("marks", Bytes{1, 2, 3})}}}};
  require(all.desk->append(all.space, all.zhang.device, {&draft, 1}, 0));
  const DisclosurePlan plan = all.plan({all.one, all.two});
  CHECK(plan.hidden == std::set<RecordId>{all.two});
  CHECK_FALSE(plan.fields.contains(all.two));
  CHECK(plan.parts.size() == 2);
}

TEST_CASE(
    "A record that is removed in its registry's confidential scope is in no table for people") {
  constexpr std::string_view kFiles = R"(format = 1
id = "files"
version = 1
label = "卷宗"
scope = "mediation"
display = ["facts"]
retention = { rule = "10 年" }

[[field]]
id = "facts"
label = "事实"
)";
  Mediation all;
  for (const RecordId& record : {all.one, all.two}) {
    replica::ChangeDraft draft{
        {{.record = RecordId{{static_cast<std::uint8_t>(record.value[0] + 20)}},
          .registry = "files",
          .scope = all.scope,
          .operations = {set_field("facts", std::string("第一卷"))}}}};
    require(all.desk->append(all.space, all.zhang.device, {&draft, 1}, 0));
  }
  const RecordId kept{{21}}, removed{{22}};
  replica::ChangeDraft draft{
      {{.record = removed,
        .registry = "files",
        .scope = all.scope,
        .operations = {make_operation(OperationKind::kDelete, "", NoValue{})}}}};
  require(all.desk->append(all.space, all.zhang.device, {&draft, 1}, 0));
  const auto definitions = [&](const SpaceId&, std::string_view registry) {
    return registry == "files" ? std::optional(std::string(kFiles)) : std::nullopt;
  };
  const ExportSummary summary =
      require(all.try_export(all.plan({kept, removed}).parts, definitions));
  const auto files =
      std::ranges::find(summary.spaces[0].registries, "files", &RegistryCount::registry);
  REQUIRE(files != summary.spaces[0].registries.end());
  CHECK(files->records == 2);
  CHECK(files->deleted == 1);
  CHECK(all.file("files.csv").find(kept.hex()) != std::string::npos);
  CHECK(all.file("files.csv").find(removed.hex()) == std::string::npos);
  CHECK(all.file("files.jsonl").find(removed.hex()) != std::string::npos);
  CHECK(require_report(all.out).ok);
}

TEST_CASE(
    "Whatever records are disclosed, exactly their words are shown, and the export verifies") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    Mediation all;
    crypto::SeededRandom random(seed);
    const auto dice = random.make<Hash>();
    std::set<RecordId> chosen;
    std::map<RecordId, std::vector<std::string>> words;
    words[all.two].emplace_back(Mediation::kOther);
    for (std::size_t i = 0; i < 12; ++i) {
      RecordId record{{static_cast<std::uint8_t>(10 + dice.value[i] % 4)}};
      words[record].push_back("第" + std::to_string(i) + "句保密话。");
      all.write_secret(record, dice.value[i] % 2 == 0 ? "brief" : "remarks", words[record].back());
      if (dice.value[12 + i] % 3 == 0) chosen.insert(record);
    }
    all.export_with(chosen);
    const VerifyReport report = require_report(all.out);
    CHECK(report.ok);
    CHECK(report.counts.disclosed_records == chosen.size());
    for (const auto& [record, written] : words) {
      // Of several writes to one field the last is shown.
      if (chosen.contains(record)) CHECK(all.shows(written.back()));
      if (chosen.contains(record)) continue;
      for (const std::string& word : written) CHECK_FALSE(all.shows(word));
    }
  }
}

}  // namespace
}  // namespace cunju::audit
