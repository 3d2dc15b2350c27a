// SPDX-License-Identifier: Apache-2.0
//
// Nobody is told that a record's time is over, or that all of it goes, by whoever can't read what
// says otherwise; and what was written beside an erasure counts for who approves of it.
#include "tests/support/mediator_desks.h"

namespace cunju::test {
namespace {

/// 文书甲 reads what is said of tenants; 新人, the chair, does not.
struct UnreadDesks : MediatorDesks {
  UnreadDesks() : MediatorDesks("chair") {}

  /// Records kept for five years from the day in `ended`; `scope`: of that day, empty: open.
  void define(int version, const std::string& scope) const {
    const std::string file = (folder / ("files_" + std::to_string(version) + ".toml")).string();
    std::ofstream(file) << "format = 1\nid = \"files\"\nversion = " << version
                        << "\nlabel = \"户档\"\n[retention]\nclass = \"period\"\nrule = "
                           "\"结案后五年\"\nyears = 5\nfrom = \"ended\"\n[[field]]\nid = \"no\"\n"
                           "label = \"号\"\n[[field]]\nid = \"ended\"\ntype = \"date\"\nlabel = "
                           "\"结案\"\n"
                        << (scope.empty() ? "" : "scope = \"" + scope + "\"\n");
    a.run({"define", file, "--yes"});
    meet();
  }
  static Words erase(const std::string& registry, const std::string& id, const Words& more) {
    Words out{"erase", "record", registry, id, "--reason", "期满", "--basis", "县保管期限表"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  static std::string erasure_of(const boost::json::object& answer) {
    return Desk::text_of(answer, "erasure");
  }
  /// What is said of the one record behind the erasure.
  static boost::json::object item(const Desk& desk, const std::string& erasure) {
    return desk.json({"erase", "approve", erasure})
        .front()
        .at("records")
        .as_array()
        .front()
        .as_object();
  }
};

}  // namespace

TEST_CASE("Who can't read what was written of a tenant afterwards does not erase the rest",
          "[erase]") {
  UnreadDesks desks;
  const std::string id = desks.a.add({"tenancy", "premises_id=FW009"});
  desks.a.run({"set", "tenancy", id, "tenant_name=吴小兰", "tenant_phone=13812345678"});
  desks.meet();
  const std::string before = desks.n.state_hash();
  const RunResult refused = desks.n.run(UnreadDesks::erase("tenancy", id, {"--yes"}), 6);
  for (const char* words : {"本机看不到", "--readable-only"}) CHECK(has(refused, words));
  CHECK(desks.n.state_hash() == before);
  // Who means the rest alone can have it, and who reads the others is told that they stay.
  const auto half =
      desks.n.json(UnreadDesks::erase("tenancy", id, {"--readable-only", "--yes"})).front();
  CHECK(Desk::number_of(half, "unreadable") >= 1);
  desks.meet();
  const std::string erasure = UnreadDesks::erasure_of(half);
  CHECK(has(desks.a.run({"erase", "approve", erasure}), "处不在其中"));
  CHECK(Desk::number_of(UnreadDesks::item(desks.a, erasure), "staying") >= 1);
  // Who reads all of it names all of it.
  desks.a.run({"erase", "withdraw", erasure, "--reason", "不全", "--yes"});
  const auto whole = desks.a.json(UnreadDesks::erase("tenancy", id, {"--yes"})).front();
  CHECK(Desk::number_of(whole, "unreadable") == 0);
  CHECK(Desk::number_of(UnreadDesks::item(desks.a, UnreadDesks::erasure_of(whole)), "staying") ==
        0);
}

TEST_CASE("A later day that was written beside an erasure keeps the record for who approves",
          "[erase]") {
  UnreadDesks desks;
  desks.define(1, "");
  const std::string id = desks.a.add({"files", "no=1", "ended=2015-01-01"});
  desks.meet();
  desks.a.run({"set", "files", id, "ended=2095-06-01"});
  const auto asked = desks.n.json(UnreadDesks::erase("files", id, {"--yes"})).front();
  CHECK(Desk::text_of(asked, "outcome") == "erase");
  desks.meet();
  const std::string erasure = UnreadDesks::erasure_of(asked);
  for (const Desk* desk : {&desks.a, &desks.n}) {
    CAPTURE(desk->home());
    const RunResult shown = desk->run({"erase", "approve", erasure});
    for (const char* words : {"2100-06-01", "还在保管期限内", "另有 1 处不在其中"})
      CHECK(has(shown, words));
    const auto item = UnreadDesks::item(*desk, erasure);
    CHECK(item.at("against_retention").as_bool());
    CHECK(Desk::text_of(item, "until") == "2100-06-01");
    CHECK(Desk::number_of(item, "staying") == 1);
  }
}

TEST_CASE("A period that counts from what can't be read is over for nobody", "[erase]") {
  UnreadDesks desks;
  desks.define(1, "");
  const std::string id = desks.a.add({"files", "no=1", "ended=2015-01-01"});
  desks.meet();
  CHECK(Desk::text_of(desks.n.json(UnreadDesks::erase("files", id, {})).front(), "outcome") ==
        "erase");
  desks.define(2, "rental_persons");
  desks.a.run({"set", "files", id, "ended=2095-06-01"});
  desks.meet();
  desks.n.run(UnreadDesks::erase("files", id, {"--yes"}), 6);
  const auto asked =
      desks.n.json(UnreadDesks::erase("files", id, {"--readable-only", "--yes"})).front();
  CHECK(Desk::text_of(asked, "outcome") == "restrict");
  CHECK(asked.at("until").is_null());
  CHECK(has(Desk::text_of(asked, "why"), "not known"));
  desks.meet();
  // Nor does it go afterwards, by who can't read the day; who reads it is told which it is.
  const std::string erasure = UnreadDesks::erasure_of(asked);
  const Words finish{"erase", "finish", erasure, "--reason", "期满", "--basis", "b"};
  const auto plan = desks.n.json(finish).front();
  CHECK_FALSE(plan.at("may_go").as_bool());
  Words really = finish;
  really.emplace_back("--yes");
  desks.n.run(really, 6);
  const auto read = desks.a.json(finish).front();
  CHECK_FALSE(read.at("may_go").as_bool());
  CHECK(Desk::text_of(read.at("records").as_array().front().as_object(), "until") == "2100-06-01");
}

}  // namespace cunju::test
