// SPDX-License-Identifier: Apache-2.0
#include "node/registry/proposed_days.h"

#include "node/registry/definition_toml.h"
#include "tests/node/registry/book_fixture.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

/// What the register of requests proposes as its date; empty: nothing.
std::string proposed(std::vector<Edit> edits, const Catalog& catalog = Catalog::builtin()) {
  Findings findings;
  const std::vector<Edit> whole =
      with_proposed_days(*catalog.find("requests"), edits, kToday, findings);
  CHECK(findings.size() == whole.size() - edits.size());
  if (findings.empty()) return {};
  CHECK(findings.front().code == kProposedDay);
  CHECK(findings.front().text.zh.find(whole.back().text) != std::string::npos);
  CHECK(whole.back().field == "due_on");
  return whole.back().text;
}

}  // namespace

TEST_CASE(
    "a request without a date gets one so many days after it was received, and that is said") {
  CHECK(proposed({put("received_on", "2026-01-20")}) == "2026-02-04");
  CHECK(proposed({put("收到日期", "2026年12月20日")}) == "2027-01-04");
  CHECK(proposed({put("received_on", "2026-01-20"), put("due_on", "2026-01-22")}).empty());
  CHECK(proposed({put("received_on", "2026-01-20"), put("办结期限", "")}).empty());
  CHECK(proposed({put("received_on", "一月")}).empty());
  CHECK(proposed({put("received_on", "2026-01")}).empty());
  CHECK(proposed({put("no", "1")}).empty());
  // A day that could not be read back is not proposed.
  CHECK(proposed({put("received_on", "9999-12-16")}) == "9999-12-31");
  CHECK(proposed({put("received_on", "9999-12-31")}).empty());
}

TEST_CASE("the days are the definition's, and a committee amends them") {
  SampleOffice office(1);
  require(add_definition(*office.replica, office.space, office.founder().device,
                         "format = 1\namends = \"requests\"\nversion = 1\nproposed = [ { field = "
                         "\"due_on\", from = \"received_on\", days = 10 } ]\n",
                         1));
  office.reload();
  CHECK(proposed({put("received_on", "2026-01-20")}, office.catalog) == "2026-01-30");
}

TEST_CASE("a new record has the day that was proposed, and an edit of it later gets none") {
  SampleOffice office(2);
  test::open_epoch(*office.replica, office.village, office.replica.random(), "subject_requests");
  office.reload();
  const Saved saved = require(office.book().add(
      office.act(), "requests",
      std::vector<Edit>{put("received_on", "2026-01-20"), plus("kinds", "access")}));
  CHECK(office.text(saved.record, "due_on") == "2026-02-04");
  CHECK(std::ranges::find(saved.findings, kProposedDay, &Finding::code) != saved.findings.end());
  const Saved without = require(
      office.book().add(office.act(), "requests",
                        std::vector<Edit>{put("received_on", "2026-01-20"), put("due_on", "")}));
  const Saved again =
      require(office.book().set(office.act(), "requests", without.record,
                                std::vector<Edit>{put("received_on", "2026-01-21")}));
  CHECK(office.text(without.record, "due_on").empty());
  CHECK(std::ranges::find(again.findings, kProposedDay, &Finding::code) == again.findings.end());
}

TEST_CASE("a definition proposes days for date fields only, from another date field") {
  const auto problem = [](const std::string& type, const std::string& from) {
    const Result<Definition> parsed = parse_definition(
        "format = 1\nid = \"x\"\nversion = 1\nlabel = \"x\"\n[[field]]\nid = \"a\"\nlabel = "
        "\"甲\"\n"
        "type = \"" +
        type + "\"\nproposed = { from = \"" + from +
        "\", days = 3 }\n[[field]]\nid = \"b\"\nlabel = \"乙\"\n[[field]]\nid = \"c\"\nlabel = "
        "\"丙\"\ntype = \"date\"\n");
    return parsed.has_error();
  };
  CHECK_FALSE(problem("date", "c"));
  CHECK(problem("date", "a"));
  CHECK(problem("date", "b"));
  CHECK(problem("date", "nothing"));
  CHECK(problem("text", "c"));
}
