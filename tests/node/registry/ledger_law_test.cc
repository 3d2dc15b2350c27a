// SPDX-License-Identifier: Apache-2.0
// A registry whose records are proof stays one, and keeps them as long as any definition of it has
// said; here also where a program that knows nothing of that wrote the definition.
#include "node/registry/ledger_law.h"

#include <algorithm>

#include "node/registry/definition_toml.h"
#include "node/registry/retention.h"
#include "tests/node/registry/book_fixture.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

std::string keys_toml(const std::string& rest, bool is_ledger = true, const char* id = "keys") {
  return "format = 1\nid = \"" + std::string(id) +
         "\"\nversion = 1\nlabel = \"钥匙\"\nkey = [\"no\"]\n" +
         (is_ledger ? "ledger = true\n" : "") + rest +
         "[[field]]\nid = \"no\"\nlabel = \"编号\"\n"
         "[[field]]\nid = \"on\"\ntype = \"date\"\nlabel = \"日期\"\nrequired = true\n"
         "[[field]]\nid = \"back\"\ntype = \"date\"\nlabel = \"归还\"\n"
         "[[field]]\nid = \"kind\"\ntype = \"code\"\nlabel = \"类\"\ncodes = [ { code = \"a\", zh "
         "= "
         "\"甲\" }, { code = \"b\", zh = \"乙\" } ]\n";
}
std::string years(int count, const char* from = "on") {
  return "[retention]\nclass = \"period\"\nrule = \"" + std::to_string(count) +
         " 年\"\nyears = " + std::to_string(count) + "\nfrom = \"" + from + "\"\n";
}

struct LedgerOffice : SampleOffice {
  using SampleOffice::SampleOffice;
  Result<AddedDefinition> define(const std::string& toml) {
    Result<AddedDefinition> out = add_definition(*replica, space, founder().device, toml, ++clock);
    reload();
    return out;
  }
  /// As a program writes it that asks nothing.
  void write(const RecordId& record, const std::string& toml) {
    test::write_record(*replica, space, founder(), record,
                       {test::set_field("registry", "keys"), test::set_field("source", toml)},
                       "definition");
    reload();
  }
  bool is_kept(const char* on) {
    const FieldValues values{{"on", Value(std::string(on))}, {"back", Value(std::string(on))}};
    return judge_retention(catalog.find("keys"), values, kToday).is_kept;
  }
  bool is_proof() {
    const Definition* keys = catalog.find("keys");
    return keys != nullptr && keys->is_ledger;
  }
};

Retention retention_of(const std::string& toml) {
  return require(parse_definition(keys_toml(toml, false))).retention;
}

}  // namespace

TEST_CASE("a period is shorter by class, by years, by another date, or for one of its classes") {
  const Retention five = retention_of(years(5));
  const Retention forever = retention_of("[retention]\nclass = \"permanent\"\nrule = \"永久\"\n");
  CHECK_FALSE(keeps_shorter(five, five));
  CHECK_FALSE(keeps_shorter(five, retention_of(years(6))));
  CHECK(keeps_shorter(five, retention_of(years(4))));
  CHECK(keeps_shorter(five, retention_of(years(6, "back"))));
  CHECK_FALSE(keeps_shorter(five, forever));
  CHECK(keeps_shorter(forever, retention_of(years(1000))));
  CHECK(keeps_shorter(five, retention_of("[retention]\nclass = \"purge\"\nrule = \"随时\"\n")));
  const auto classed = [&](const char* of_a) {
    return retention_of(
        "[retention]\nclass = \"period\"\nrule = \"x\"\nyears = 5\nfrom = "
        "\"on\"\nclass_field = \"kind\"\nclasses = [ { value = \"a\", class = "
        "\"period\", years = " +
        std::string(of_a) + " } ]\n");
  };
  CHECK(keeps_shorter(classed("9"), classed("8")));
  CHECK_FALSE(keeps_shorter(classed("9"), classed("9")));
  CHECK_FALSE(keeps_shorter(five, classed("5")));
  CHECK(keeps_shorter(five, classed("4")));
  // Without the field that classes them each would have to be kept as the longest.
  CHECK(keeps_shorter(classed("9"), five));
  CHECK_FALSE(keeps_shorter(classed("9"), retention_of(years(9))));
}

TEST_CASE("a ledger's next definition that keeps less, or is no ledger, is refused and unsigned") {
  LedgerOffice office(1);
  require(office.define(keys_toml(years(5))));
  const std::uint64_t changes = office.changes();
  for (const std::string& toml :
       {keys_toml(years(1)), keys_toml(years(5), false), keys_toml(years(9, "back"))}) {
    const Result<AddedDefinition> refused = office.define(toml);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == Errc::kInvalidArgument);
  }
  CHECK(office.changes() == changes);
  CHECK(require(office.define(keys_toml(years(6)))).changed);
  // What was six years may not be five again.
  CHECK(office.define(keys_toml(years(5))).has_error());
  CHECK(office.catalog.problems().empty());
}

TEST_CASE("a built-in ledger is amended to keep longer, and not to keep shorter") {
  LedgerOffice office(2);
  const auto amend_to = [&](int count) {
    return office.define("format = 1\namends = \"requests\"\nversion = 1\n" +
                         years(count, "replied_on"));
  };
  CHECK(amend_to(2).error().code == Errc::kInvalidArgument);
  CHECK(office.define("format = 1\namends = \"requests\"\nversion = 1\n" + years(9, "received_on"))
            .has_error());
  require(amend_to(10));
  // Down to what is built in.
  require(amend_to(3));
  CHECK(office.catalog.find("requests")->retention.years == 3);
  // Of other registries the committee decides.
  require(office.define("format = 1\namends = \"tenancy\"\nversion = 1\n" + years(1, "start")));
}

TEST_CASE("where another program wrote less, the older law goes on and is told of") {
  LedgerOffice office(3);
  const RecordId record = require(office.define(keys_toml(years(5)))).record;
  const RecordId entry =
      require(office.book().add(office.act(), "keys",
                                std::vector<Edit>{put("no", "1"), put("on", "2023-01-20")}))
          .record;
  CHECK(office.is_kept("2023-01-20"));
  for (const std::string& toml :
       {keys_toml(years(1)), keys_toml(years(1), false), keys_toml("", false),
        keys_toml("[retention]\nclass = \"purge\"\nrule = \"随时\"\n"), std::string("nonsense"),
        std::string("format = 1\namends = \"rental\"\nversion = 1\nlegal_basis = \"x\"\n"),
        keys_toml(years(1), true, "other")}) {
    CAPTURE(toml);
    office.write(record, toml);
    CHECK(office.is_proof());
    CHECK(office.is_kept("2023-01-20"));
    // One that lays down nothing, or that nothing is kept, is kept for ever, being proof.
    const bool has_years = toml.find("rule = \"1 年\"") != std::string::npos &&
                           toml.find("other") == std::string::npos;
    CHECK(office.is_kept("2010-01-20") != has_years);
    CHECK_FALSE(office.catalog.problems().empty());
    // What a record says of another registry than its own is in use for neither.
    CHECK(office.catalog.find("other") == nullptr);
    RecordBook book = office.book();
    CHECK(book.remove(office.act(), "keys", entry).has_error());
  }
  // Taken away, it goes on as well.
  test::write_record(*office.replica, office.space, office.founder(), record,
                     {make_operation(OperationKind::kDelete, "", NoValue{})}, "definition");
  office.reload();
  CHECK(office.is_proof());
  CHECK(office.is_kept("2023-01-20"));
}

TEST_CASE("the definition of a ledger is not removed, and another one is") {
  LedgerOffice office(4);
  const RecordId ledger = require(office.define(keys_toml(years(5)))).record;
  const RecordId other =
      require(
          office.define("format = 1\nid = \"wells\"\nversion = 1\nlabel = \"井\"\n[[field]]\nid "
                        "= \"no\"\nlabel = \"编号\"\n"))
          .record;
  RecordBook book = office.book();
  CHECK(book.remove(office.act(), "definition", ledger).error().code == Errc::kInvalidArgument);
  CHECK(book.refusal().front().code == kLedgerEntry);
  CHECK(book.remove(office.act(), "definition", other).has_value());
}

TEST_CASE("another record for the same registry follows the ledger that was taken away") {
  LedgerOffice office(5);
  const RecordId first = require(office.define(keys_toml(years(5)))).record;
  test::write_record(*office.replica, office.space, office.founder(), first,
                     {make_operation(OperationKind::kDelete, "", NoValue{})}, "definition");
  office.reload();
  CHECK(office.define(keys_toml(years(1))).has_error());
  RecordId second{};
  second.value[0] = 0xff;
  office.write(second, keys_toml(years(1), false));
  CHECK(office.catalog.find_item("keys")->record == second);
  CHECK(office.is_proof());
  CHECK(office.is_kept("2023-01-20"));
}

TEST_CASE("what several wrote of one ledger apart is one law, in whatever order it came") {
  const std::uint64_t seed = GENERATE(range<std::uint64_t>(1, 13));
  CAPTURE(seed);
  OfficeAndDesk all(kSampleToml);
  const test::Person chair = test::admit_person(*all.office.replica, all.village,
                                                all.office.replica.random(), "主任二", {"chair"});
  all.office.open(all.village.space);
  all.sync();
  crypto::SeededRandom random(seed);
  auto dice = [&](std::uint8_t below) {
    std::array<std::uint8_t, 1> byte{};
    random.fill(byte);
    return byte[0] % below;
  };
  std::vector<RecordId> records{random.make<RecordId>(), random.make<RecordId>()};
  int longest = 0;
  bool is_ledger = false;
  for (int step = 0; step < 8; ++step) {
    Office& at = dice(2) == 0 ? all.office : all.desk;
    const test::Person& who = &at == &all.office ? all.village.founder : chair;
    const bool says_so = dice(2) == 0;
    const int count = 1 + dice(20);
    if (says_so) longest = std::max(longest, count);
    is_ledger = is_ledger || says_so;
    test::write_record(*at.replica, all.village.space, who, records[dice(2)],
                       {test::set_field("registry", "keys"),
                        test::set_field("source", keys_toml(years(count), says_so))},
                       "definition");
    if (dice(3) == 0) all.sync();
  }
  all.sync();
  all.sync();
  if (!is_ledger) return;
  for (Office* each : {&all.office, &all.desk}) {
    each->reload();
    const Definition* keys = each->catalog.find("keys");
    REQUIRE(keys != nullptr);
    CHECK(keys->is_ledger);
    const FieldValues values{{"on", Value(std::string("2026-01-01"))}};
    const RetentionVerdict verdict = judge_retention(keys, values, kToday);
    REQUIRE(verdict.until);
    CHECK(static_cast<int>(verdict.until->year()) >= 2026 + longest);
  }
  const auto until = [&](Office& at) {
    return judge_retention(at.catalog.find("keys"), {{"on", Value(std::string("2026-01-01"))}},
                           kToday)
        .until;
  };
  CHECK(until(all.office) == until(all.desk));
}

TEST_CASE("a definition of somebody who had no right to write it is no law") {
  LedgerOffice office(6);
  const RecordId record = require(office.define(keys_toml(years(2)))).record;
  const test::Person clerk =
      test::admit_person(*office.replica, office.village, office.replica.random(), "李", {"clerk"});
  const Change head = test::head_change(*office.replica, office.space, office.founder().author());
  const Change forged = test::forge_change(
      clerk.device, office.space, nullptr, {head.id},
      {test::forge_part(record, {}, {test::set_field("source", keys_toml(years(900)))},
                        "definition")});
  require(office.replica->accept(office.space, std::vector<sync::Run>{{{forged}}}));
  office.reload();
  CHECK_FALSE(office.is_kept("2020-01-20"));
  CHECK(office.catalog.problems().empty());
}

TEST_CASE("a built-in ledger keeps what is built in, also under an amendment that says less") {
  LedgerOffice office(7);
  test::write_record(*office.replica, office.space, office.founder(),
                     office.replica->new_record_id(),
                     {test::set_field("registry", "requests"),
                      test::set_field("source", "format = 1\namends = \"requests\"\nversion = 1\n" +
                                                    years(1, "replied_on"))},
                     "definition");
  office.reload();
  REQUIRE(office.catalog.find_item("requests")->is_amended);
  const FieldValues values{{"replied_on", Value(std::string("2024-06-01"))}};
  CHECK(judge_retention(office.catalog.find("requests"), values, kToday).is_kept);
  CHECK(office.catalog.problems().size() == 1);
}
