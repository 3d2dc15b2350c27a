// SPDX-License-Identifier: Apache-2.0
// Random orders of definitions, versions, removals, restorations and settlings by two chairs who
// meet now and then: who has no key never gets a word that was typed while anything said that the
// field is confidential, unless somebody said that it is meant; and both chairs compute the same.
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "node/registry/definition_law.h"
#include "node/registry/definition_toml.h"
#include "node/registry/field_scope.h"
#include "node/registry/scope_moves.h"
#include "tests/node/registry/fam_definition.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

/// What the test itself knows of the definitions, told apart from the law's own code.
struct Said {
  std::string home, of_x;    ///< As fam_toml() has them.
  std::set<std::string> up;  ///< Given up since, as one node knows it.

  bool keeps_x() const {
    if (up.contains("scope:x")) return false;
    const bool is_confidential_home = !home.empty() && home != "open";
    if (of_x == "none") return is_confidential_home && !up.contains("scope");
    return of_x.empty() ? is_confidential_home : of_x != "open";
  }
};

struct Desk {
  explicit Desk(std::uint64_t seed) : office(seed) {}

  Office office;
  const test::Person* chair = nullptr;
  test::Person writer{};
  std::map<int, Said> known = {};
};

struct Orders {
  explicit Orders(std::uint64_t seed)
      : random(seed),
        a(seed * 3),
        b(seed * 3 + 1),
        keyless(seed * 3 + 2),
        village(test::found_village(*a.office.replica, a.office.replica.random())) {
    const auto admit = [&](const char* name, const std::vector<std::string>& roles) {
      return test::admit_person(*a.office.replica, village, a.office.replica.random(), name, roles);
    };
    a.chair = &village.founder;
    deputy = admit("副主任", {"chair"});
    b.chair = &deputy;
    a.writer = admit("甲", {"clerk", "mediator"});
    b.writer = admit("乙", {"clerk", "mediator"});
    const test::Person auditor = admit("审", {"auditor"});
    for (const char* scope : {"mediation", "rental_persons"})
      test::open_epoch(*a.office.replica, village, a.office.replica.random(), scope);
    for (Desk* each : {&a, &b}) {
      test::pull(*each->office.replica, *a.office.replica, village.space);
      require(each->office.replica->add_own_device(each->writer.device));
    }
    test::pull(*keyless.replica, *a.office.replica, village.space);
    require(keyless.replica->add_own_device(auditor.device));
    a.office.open(village.space);
    define(a, "", "none", false);
    record = require(a.office.book().add(a.office.act(a.writer), "fam",
                                         std::vector<Edit>{put("no", "1")}))
                 .record;
    meet();
  }

  int dice(int below) {
    std::array<std::uint8_t, 1> byte{};
    random.fill(byte);
    return byte[0] % below;
  }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[static_cast<std::size_t>(dice(static_cast<int>(all.size())))];
  }

  void meet() {
    for (int round = 0; round < 2; ++round) {
      test::pull(*b.office.replica, *a.office.replica, village.space);
      test::pull(*a.office.replica, *b.office.replica, village.space);
    }
    std::map<int, Said> all = a.known;
    for (const auto& [number, said] : b.known) {
      Said& same = all.try_emplace(number, said).first->second;
      same.up.insert(said.up.begin(), said.up.end());
    }
    a.known = b.known = all;
    a.office.open(village.space);
    b.office.open(village.space);
  }
  void note(Desk& at, const std::string& home, const std::string& of_x) {
    at.known[++versions] = {.home = home, .of_x = of_x, .up = {}};
  }
  void define(Desk& at, const std::string& home, const std::string& of_x, bool is_meant) {
    const std::string toml = fam_toml(home, of_x);
    std::set<std::string> meant;
    if (is_meant)
      meant = require(find_given_up(*at.office.replica, village.space, at.office.catalog,
                                    require(parse_definition(toml))))
                  .what();
    const auto added = add_meant_definition(*at.office.replica, village.space, at.chair->device,
                                            toml, ++at.office.clock, meant);
    if (!added.has_value() || !added.value().changed) return;
    for (auto& [number, said] : at.known) said.up.insert(meant.begin(), meant.end());
    note(at, home, of_x);
    at.office.reload();
  }
  /// As a program writes it that asks nothing, in any record.
  void write(Desk& at, const std::string& home, const std::string& of_x) {
    const std::vector<RecordId> records = definitions(at);
    RecordId where = random.make<RecordId>();
    if (!records.empty() && dice(2) == 0) where = one_of(records);
    test::write_record(
        *at.office.replica, village.space, *at.chair, where,
        {test::set_field("registry", "fam"), test::set_field("source", fam_toml(home, of_x))},
        "definition");
    note(at, home, of_x);
    at.office.reload();
  }
  std::vector<RecordId> definitions(Desk& at) {
    std::vector<RecordId> out;
    require(at.office.replica->scan(village.space, "definition",
                                    [&](const RecordId& id, const RecordView&) {
                                      out.push_back(id);
                                      return true;
                                    }));
    return out;
  }
  void settle(Desk& at, const RecordId& definition) {
    const auto rows = require(at.office.book().conflicts(definition));
    for (const ConflictRow& row : rows) {
      const std::size_t take =
          1 + static_cast<std::size_t>(dice(static_cast<int>(row.candidates.size())));
      require(at.office.book().settle(at.office.act(*at.chair), "definition", definition, row.field,
                                      Choice(take)));
      const auto* text = std::get_if<std::string>(&row.candidates[take - 1].value);
      if (row.field != "source" || text == nullptr) continue;
      for (const std::string& home : homes)
        for (const std::string& of_x : fields)
          if (fam_toml(home, of_x) == *text) {
            note(at, home, of_x);
            return at.office.reload();
          }
    }
    at.office.reload();
  }
  /// A clerk types a word.
  void type(Desk& at) {
    const std::string word = "字" + std::to_string(++words) + "。";
    const bool is_kept =
        std::ranges::any_of(at.known, [](const auto& each) { return each.second.keeps_x(); });
    const auto saved =
        at.office.book().set(at.office.act(at.writer), "fam", record,
                             std::vector<Edit>{put("x", word)}, {.allow_extra = true});
    if (saved.has_value() && is_kept) confidential.insert(word);
    if (saved.has_value() && !is_kept) open.insert(word);
    if (saved.has_error()) ++refused;
  }
  void step() {
    Desk& at = dice(2) == 0 ? a : b;
    switch (dice(9)) {
      case 0:
      case 1:
        return define(at, one_of(homes), one_of(fields), may_mean && dice(2) == 0);
      case 2:
        return write(at, one_of(homes), one_of(fields));
      case 3: {
        (void)at.office.book().remove(at.office.act(*at.chair), "definition",
                                      one_of(definitions(at)));
        return at.office.reload();
      }
      case 4: {
        (void)at.office.book().restore(at.office.act(*at.chair), "definition",
                                       one_of(definitions(at)));
        return at.office.reload();
      }
      case 5:
        return settle(at, one_of(definitions(at)));
      case 6:
        return meet();
      default:
        return type(at);
    }
  }

  const std::vector<std::string> homes{"", "rental_persons"};
  const std::vector<std::string> fields{"", "open", "rental_persons", "mediation", "none"};
  crypto::SeededRandom random;
  Desk a, b;
  Office keyless;
  test::Village village;
  test::Person deputy{};
  RecordId record;
  bool may_mean = true;
  int versions = 0, words = 0, refused = 0;
  std::set<std::string> confidential, open;
};

}  // namespace

TEST_CASE("no order of definitions gives who has no key a word that was typed as confidential") {
  std::size_t confidential = 0, open = 0, refused = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    Orders orders(seed);
    orders.may_mean = seed % 4 != 0;
    for (int step = 0; step < 40; ++step) orders.step();
    orders.meet();
    test::pull(*orders.keyless.replica, *orders.a.office.replica, orders.village.space);
    for (const std::string& word : orders.confidential) {
      CAPTURE(word);
      CHECK_FALSE(
          is_in_the_open(*orders.keyless.replica, orders.village.space, orders.record, word));
    }
    // Both have the same changes.
    const Definition* at_a = orders.a.office.catalog.find("fam");
    const Definition* at_b = orders.b.office.catalog.find("fam");
    REQUIRE((at_a == nullptr) == (at_b == nullptr));
    if (at_a != nullptr)
      for (const char* field : {"x", "no", "其他"})
        CHECK(scope_of_field(at_a, field) == scope_of_field(at_b, field));
    confidential += orders.confidential.size();
    for (const std::string& word : orders.open)
      if (is_in_the_open(*orders.keyless.replica, orders.village.space, orders.record, word))
        ++open;
    refused += static_cast<std::size_t>(orders.refused);
  }
  // Each of the ways was gone.
  CHECK(confidential > 50);
  CHECK(open > 20);
  CHECK(refused > 10);
}
