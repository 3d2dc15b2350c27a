// SPDX-License-Identifier: Apache-2.0
// Random orders of definitions, amendments, removals, restorations, settlings and removed chairs at
// two offices that meet now and then: nothing is kept for less, no ledger stops being one, and no
// field goes alone that went with its record, without somebody who was told and means it; and both
// compute the same. What brings an amendment into force or takes it away is asked for by its verb,
// so the test counts that as told.
#include <catch2/catch.hpp>
#include <optional>

#include "node/registry/definition_toml.h"
#include "tests/node/registry/chairs_apart.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

const FieldValues kEnded{{"actual_end", Value(std::string("2018-01-01"))},
                         {"on", Value(std::string("2018-01-01"))}};

/// What is so of a registry's records at one office.
struct Standing {
  RetentionVerdict record, field;
  bool is_ledger = false;
};

bool is_weaker(const Standing& now, const Standing& before) {
  return is_stricter(before.record, now.record) || is_stricter(before.field, now.field) ||
         (before.is_ledger && !now.is_ledger);
}

struct Orders : ChairsApart {
  explicit Orders(std::uint64_t seed) : ChairsApart(seed, 4), random(seed) {}

  int dice(int below) {
    std::array<std::uint8_t, 1> byte{};
    random.fill(byte);
    return byte[0] % below;
  }
  std::string retention(const char* from) {
    switch (dice(4)) {
      case 0:
        return "[retention]\nclass = \"permanent\"\nrule = \"永久\"\n";
      case 1:
        return "[retention]\nclass = \"purge\"\nrule = \"随时\"\n";
      default: {
        const std::string count = std::to_string(1 + dice(30));
        return "[retention]\nclass = \"period\"\nrule = \"" + count + " 年\"\nyears = " + count +
               "\nfrom = \"" + from + "\"\n";
      }
    }
  }
  std::string own() {
    std::string rule = retention("on");
    const bool is_ledger = dice(8) == 0;
    if (is_ledger && rule.find("purge") != std::string::npos) rule = retention("on");
    if (rule.find("purge") != std::string::npos) return deeds(rule, false);
    return deeds(rule, is_ledger);
  }
  std::string deeds(const std::string& rule, bool is_ledger) {
    return "format = 1\nid = \"deeds\"\nversion = 1\nlabel = { zh = \"地契\" }\n" +
           std::string(is_ledger ? "ledger = true\n" : "") + rule +
           "[[field]]\nid = \"on\"\ntype = \"date\"\nlabel = \"日\"\n"
           "[[field]]\nid = \"x\"\nlabel = \"证\"\n" +
           (dice(3) == 0 ? "erasable = true\n" : "");
  }
  const test::Person& chair_at(Office& at) {
    return &at == &here ? village.founder : chairs[removed];
  }
  Standing standing(Office& at, const char* registry) {
    const RetentionRules all = rules(at);
    Standing out;
    out.record = all.judge(registry, kEnded, kToday);
    out.field = all.judge_field(registry, "x", out.record);
    const Definition* used = at.catalog.find(registry);
    out.is_ledger = used != nullptr && used->is_ledger;
    return out;
  }
  std::vector<RecordId> definitions(Office& at) {
    std::vector<RecordId> out;
    require(
        at.replica->scan(village.space, "definition", [&](const RecordId& id, const RecordView&) {
          out.push_back(id);
          return true;
        }));
    return out;
  }
  std::string registry_of(Office& at, const RecordId& definition) {
    return at.text(definition, "registry");
  }

  void define_own(Office& at) {
    const std::string toml = own();
    std::set<std::string> meant;
    const Result<Definition> parsed = parse_definition(toml);
    if (parsed.has_error()) return;
    at.reload();
    if (dice(2) == 0)
      meant = require(find_given_up(*at.replica, village.space, at.catalog, parsed.value())).what();
    const Result<AddedDefinition> done = define(at, chair_at(at), toml, meant);
    if (done.has_value() && !meant.empty()) fresh[0] = true;
    if (done.has_error()) ++refused;
  }
  void amend(Office& at) {
    std::set<std::string> meant;
    if (dice(2) == 0) meant.insert(std::string(kMeantRetention));
    const std::string toml =
        "format = 1\namends = \"tenancy\"\nversion = 1\n" + retention("actual_end");
    if (define(at, chair_at(at), toml, meant).has_value()) fresh[1] = true;
  }
  /// Beside whatever is there.
  void amend_apart(Office& at) {
    write(at, chair_at(at), random.make<RecordId>(), "tenancy",
          "format = 1\namends = \"tenancy\"\nversion = 1\n" + retention("actual_end"));
    fresh[1] = true;  // One that is used alone may keep less than what is built in.
  }
  void write_own(Office& at) {
    const std::vector<RecordId> records = definitions(at);
    RecordId where = random.make<RecordId>();
    if (!records.empty() && dice(2) == 0) {
      const RecordId& one =
          records[static_cast<std::size_t>(dice(static_cast<int>(records.size())))];
      if (registry_of(at, one) == "deeds") where = one;
    }
    write(at, chair_at(at), where, "deeds", own());
  }
  void change_one(Office& at) {
    const std::vector<RecordId> records = definitions(at);
    if (records.empty()) return;
    const RecordId& one = records[static_cast<std::size_t>(dice(static_cast<int>(records.size())))];
    if (registry_of(at, one) == "tenancy") fresh[1] = true;
    const Act act = at.act(chair_at(at));
    switch (dice(3)) {
      case 0:
        (void)at.book().remove(act, "definition", one);
        break;
      case 1:
        (void)at.book().restore(act, "definition", one);
        break;
      default:
        for (const ConflictRow& row : require(at.book().conflicts(one))) {
          const auto take =
              1 + static_cast<std::size_t>(dice(static_cast<int>(row.candidates.size())));
          (void)at.book().settle(act, "definition", one, row.field, Choice(take));
          break;
        }
    }
    at.reload();
  }
  void remove_deputy() {
    if (removed + 1 >= chairs.size()) return;
    ChairsApart::remove(chairs[removed]);
    ++removed;
    ++late;
  }
  void admit_late() {
    std::set<ChangeId> changes;
    for (const auto& part : require(here.replica->late_parts(village.space)))
      changes.insert(part.change);
    if (changes.empty()) return;
    const RosterOperation admit = AdmitLate{.changes = {changes.begin(), changes.end()}};
    require(here.replica->append_roster(village.space, village.founder.device, {&admit, 1}, 1));
    here.reload();
    fresh = {true, true};
    ++admitted;
  }
  /// Holds each office against what it was, but for what somebody there was told of, or somebody
  /// whom it met; and both against each other where they have met.
  void check(std::size_t acting, bool has_met) {
    for (const std::size_t kind : {0U, 1U}) {
      const char* registry = kind == 0 ? "deeds" : "tenancy";
      CAPTURE(registry);
      const std::array<Standing, 2> now{standing(here, registry), standing(there, registry)};
      for (const std::size_t i : {0U, 1U}) {
        CAPTURE(i);
        std::optional<Standing>& before = baseline[i][kind];
        const bool is_told = has_met ? told[1 - i][kind] : i == acting && fresh[kind];
        if (is_told) before.reset();
        if (before) {
          CHECK_FALSE(is_weaker(now[i], *before));
          ++compared;
        }
        // What was given up counts again as long as there is no definition at all.
        if ((i == 0 ? here : there).catalog.find(registry) != nullptr) before = now[i];
      }
      if (fresh[kind]) told[acting][kind] = true;
      if (!has_met) continue;
      told[0][kind] = told[1][kind] = false;
      CHECK(now[0].record.is_kept == now[1].record.is_kept);
      CHECK(now[0].record.until == now[1].record.until);
      CHECK(now[0].record.why.zh == now[1].record.why.zh);
      CHECK(now[0].field.is_kept == now[1].field.is_kept);
      CHECK(now[0].is_ledger == now[1].is_ledger);
    }
  }
  void step() {
    std::size_t acting = static_cast<std::size_t>(dice(2));
    Office& at = acting == 0 ? here : there;
    bool has_met = false;
    fresh = {false, false};
    switch (dice(14)) {
      case 0:
      case 1:
        define_own(at);
        break;
      case 2:
      case 3:
        write_own(at);
        break;
      case 4:
        amend(at);
        break;
      case 5:
        amend_apart(at);
        break;
      case 6:
      case 7:
        change_one(at);
        break;
      case 8:
        remove_deputy();
        break;
      case 9:
        acting = 0;
        if (dice(3) == 0) admit_late();
        break;
      default:
        meet();
        has_met = true;
    }
    check(acting, has_met);
  }

  crypto::SeededRandom random;
  std::size_t removed = 0;
  std::array<bool, 2> fresh{};                ///< Told of in this step, of own ones and amendments.
  std::array<std::array<bool, 2>, 2> told{};  ///< Since they met, by office.
  std::array<std::array<std::optional<Standing>, 2>, 2> baseline;
  int compared = 0, refused = 0, late = 0, admitted = 0;
};

}  // namespace

TEST_CASE(
    "no order of definitions, amendments and removed chairs keeps anything for less, unmeant") {
  int compared = 0, refused = 0, late = 0, admitted = 0, ledgers = 0, kept = 0;
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    CAPTURE(seed);
    Orders orders(seed);
    for (int step = 0; step < 32; ++step) {
      CAPTURE(step);
      orders.step();
    }
    orders.meet();
    orders.fresh = {false, false};
    orders.check(0, true);
    compared += orders.compared;
    refused += orders.refused;
    late += orders.late;
    admitted += orders.admitted;
    const Standing last = orders.standing(orders.here, "deeds");
    if (last.is_ledger) ++ledgers;
    if (last.field.is_kept) ++kept;
  }
  // Each of the ways was gone.
  CAPTURE(compared, refused, late, admitted, ledgers, kept);
  CHECK(compared > 500);
  CHECK(refused > 10);
  CHECK(late > 24);
  CHECK(admitted > 2);
  CHECK(ledgers > 2);
  CHECK(kept > 5);
}
