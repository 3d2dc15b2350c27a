// SPDX-License-Identifier: Apache-2.0
//
// What a node keeps, set by the village and obeyed by real processes: the office is narrowed to
// what is open, destroys and signs, is widened again and fetches; a link that costs money.
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

/// The last object of a `sync` from `guest` to `host`.
boost::json::object meet(const Desk& host, const Desk& guest, Words options = {}) {
  auto server = host.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  Words words{"sync", address};
  words.insert(words.end(), options.begin(), options.end());
  const boost::json::object out = guest.json(words).back();
  CHECK(server->stop() == 0);
  return out;
}

boost::json::object node_of(const Desk& at, const Desk& whose) {
  std::string key;
  for (const boost::json::object& node : whose.json({"node", "list"}))
    if (node.at("own").as_bool()) key = Desk::text_of(node, "node");
  for (const boost::json::object& node : at.json({"node", "list"}))
    if (Desk::text_of(node, "node") == key) return node;
  FAIL("no such node");
  return {};
}

std::int64_t status_of(const Desk& desk, const char* key) {
  return Desk::number_of(desk.json({"status"}).front(), key);
}

/// A village with an office, and a mediator who has written two files.
struct Mediated {
  ThreeDesks desks;
  Desk m{desks.folder, "mediator"};
  std::string first, second;

  Mediated() {
    desks.invite(m, "mediator");
    meet(desks.a, m);
    first = m.add({"mediation", "case_no=2026-1", "applicants=欧阳慕容娘"});
    second = m.add({"mediation", "case_no=2026-2", "applicants=慕容欧阳氏"});
    meet(desks.a, m);
    meet(desks.a, desks.o);
  }
  std::string set_office(const std::string& scope, int exit_code = 0) {
    const std::string node = Desk::text_of(node_of(desks.a, desks.o), "node");
    desks.a.run({"node", "scope", node.substr(0, 12), scope, "--yes"}, exit_code);
    return node;
  }
};

}  // namespace

TEST_CASE("An office that is narrowed destroys, signs, and fetches when it is widened again",
          "[scopes]") {
  Mediated all;
  Desk &a = all.desks.a, &o = all.desks.o;
  CHECK(status_of(o, "withheld") == 0);
  const std::string node = Desk::text_of(node_of(a, o), "node");
  // Without --yes it is told, and nothing happens.
  const boost::json::object plan = a.json({"node", "scope", node.substr(0, 12), "shell"}).front();
  CHECK_FALSE(plan.at("done").as_bool());
  CHECK(Desk::text_of(plan, "replication_before") == "full");
  CHECK(Desk::number_of(plan, "other_full_nodes") >= 1);
  CHECK(Desk::text_of(node_of(a, o), "replication") == "full");

  all.set_office("shell");
  CHECK(Desk::text_of(node_of(a, o), "replication") == "shell");
  CHECK_FALSE(node_of(a, o).at("replication_receipt").as_bool());
  CHECK(a.run({"node", "list"}).out.find("尚无回执") != std::string::npos);
  const boost::json::object narrowed = meet(a, o);
  CHECK(Desk::number_of(narrowed, "let_go") == 2);
  CHECK(status_of(o, "withheld") == 2);
  CHECK(status_of(o, "excess") == 0);
  CHECK(status_of(o, "lacking") == 0);
  CHECK(node_of(a, o).at("replication_receipt").as_bool());
  CHECK(a.run({"node", "list"}).out.find("已回执") != std::string::npos);
  CHECK(a.state_hash() == o.state_hash());
  o.run({"doctor"});
  const std::string out = o.home() + ".export";
  o.run({"export", "--out", out});
  CHECK(run_program(program_path(), {"verify", out}).exit_code == 0);

  // What is written meanwhile stays away from it, and the open part comes.
  all.m.run({"set", "mediation", all.first, "applicants=新的名字", "case_no=2026-1b"});
  meet(a, all.m);
  CHECK(Desk::number_of(meet(a, o), "came_without") == 1);
  CHECK(o.field("mediation", all.first, "case_no") == "2026-1b");

  all.set_office("full");
  const boost::json::object widened = meet(a, o);
  // Everybody sees whose node is to hold everything.
  meet(a, all.m);
  CHECK(Desk::text_of(node_of(all.m, o), "replication") == "full");
  CHECK(Desk::number_of(widened, "filled") == 3);
  CHECK(status_of(o, "withheld") == 0);
  CHECK(status_of(o, "lacking") == 0);
  CHECK(a.state_hash() == o.state_hash());
  o.run({"doctor"});
  // It has the three of them again, sealed as before: no key of that scope is the office's.
  for (const boost::json::object& scope : o.json({"scope", "list"})) {
    if (Desk::text_of(scope, "scope") != "mediation") continue;
    CHECK(Desk::number_of(scope, "parts") == 3);
    CHECK(Desk::number_of(scope, "sealed") == 3);
  }
  CHECK(all.m.run({"show", "mediation", all.first}).out.find("新的名字") != std::string::npos);
}

TEST_CASE("Over a metered link only what is open moves, and the next sync brings the rest",
          "[scopes]") {
  Mediated all;
  Desk& a = all.desks.a;
  all.m.run({"set", "mediation", all.first, "applicants=新的名字", "case_no=2026-1b"});
  const std::string minutes = a.add({"minutes", "title=议事", "body=council"});
  const std::string scan = (all.desks.folder / "scan.pdf").string();
  std::ofstream(scan, std::ios::binary) << "%PDF-1.7 " << std::string(5000, 'x');
  a.run({"attach", "minutes", minutes, "scan", scan});
  auto has_scan = [&] {
    const boost::json::object record = all.m.json({"show", "minutes", minutes}).front();
    return record.at("attachments_here").as_object().at("scan.1").as_bool();
  };
  const boost::json::object metered = meet(a, all.m, {"--metered"});
  CHECK(metered.at("metered").as_bool());
  CHECK(Desk::number_of(metered, "held_back") == 1);
  CHECK(Desk::number_of(metered, "held_back_bytes") > 0);
  CHECK(a.field("mediation", all.first, "case_no") == "2026-1b");
  CHECK(status_of(a, "lacking") == 1);
  CHECK_FALSE(has_scan());
  CHECK(a.run({"status"}).out.find("1 份改动还缺内容") != std::string::npos);
  meet(a, all.m);
  CHECK(status_of(a, "lacking") == 0);
  CHECK(has_scan());
  // A node that serves over such a link does the same for whoever calls.
  all.m.run({"set", "mediation", all.second, "applicants=又一个名字"});
  auto server = a.serve({"--listen", "127.0.0.1:0", "--metered"});
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  CHECK(all.m.run({"sync", address}).out.find("按流量计费") != std::string::npos);
  CHECK(server->stop() == 0);
  CHECK(status_of(a, "lacking") == 1);
}

TEST_CASE("Fetching over a metered link says why nothing came, and what to do", "[scopes]") {
  Mediated all;
  Desk &a = all.desks.a, &m = all.m;
  const std::string minutes = a.add({"minutes", "title=议事", "body=council"});
  const std::string scan = (all.desks.folder / "scan.pdf").string();
  std::ofstream(scan, std::ios::binary) << "%PDF-1.7 " << std::string(5000, 'x');
  a.run({"attach", "minutes", minutes, "scan", scan});
  std::string village;
  for (const boost::json::object& peer : m.json({"peers"}))
    if (Desk::text_of(peer, "way") == "network")
      village = Desk::text_of(peer, "peer").substr(0, 12);
  REQUIRE_FALSE(village.empty());
  m.run({"peers", "set", village, "--metered", "on"});
  meet(a, m);
  auto fetch = [&](const Words& serving, int code) {
    auto server = a.serve(serving);
    const std::string address = server->wait_until_listening();
    REQUIRE_FALSE(address.empty());
    const RunResult out = m.run({"--lang", "zh", "fetch", "--all", "--from", address}, code);
    CHECK(server->stop() == 0);
    return out.out + out.err;
  };
  const Words ordinary{"--listen", "127.0.0.1:0"};
  const std::string noted = fetch(ordinary, 1);
  CHECK(noted.find("按流量计费") != std::string::npos);
  CHECK(noted.find("--metered off") != std::string::npos);
  CHECK(noted.find("下次与有的电脑交换时取") == std::string::npos);
  m.run({"peers", "set", village, "--metered", "off"});
  const std::string served = fetch({"--listen", "127.0.0.1:0", "--metered"}, 1);
  CHECK(served.find("请对方不加 --metered") != std::string::npos);
  CHECK(served.find("--metered off") == std::string::npos);
  CHECK(fetch(ordinary, 0).find("附件都在这台电脑上") != std::string::npos);
}

TEST_CASE("What would leave nobody who keeps everything is refused, and so is no scope",
          "[scopes]") {
  TempFolder folder;
  Desk a(folder, "village");
  a.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  const std::string own = Desk::text_of(node_of(a, a), "node").substr(0, 12);
  const RunResult refused = a.run({"node", "scope", own, "shell", "--yes"}, 6);
  CHECK(refused.err.find("full") != std::string::npos);
  CHECK(Desk::text_of(node_of(a, a), "replication") == "full");
  a.run({"node", "scope", own, "half", "--yes"}, 2);
  a.run({"node", "scope", own}, 2);
  CHECK(a.json({"node", "scope", own, "full", "--yes"}).front().at("unchanged").as_bool());
}

TEST_CASE("An office that is killed while it lets go ends where it would have ended", "[scopes]") {
  Mediated all;
  all.set_office("shell");
  auto server = all.desks.a.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  for (int i = 0; i < 12; ++i)
    (void)all.desks.o.try_run({"sync", address}, Milliseconds{20 + 15 * i});
  all.desks.o.run({"sync", address});
  CHECK(server->stop() == 0);
  CHECK(status_of(all.desks.o, "withheld") == 2);
  CHECK(status_of(all.desks.o, "excess") == 0);
  CHECK(node_of(all.desks.a, all.desks.o).at("replication_receipt").as_bool());
  all.desks.o.run({"doctor"});
  // The village has everything, and the mediator's laptop as well.
  CHECK(status_of(all.desks.a, "lacking") == 0);
  CHECK(all.m.run({"show", "mediation", all.second}).out.find("慕容欧阳氏") != std::string::npos);
}

TEST_CASE("A computer that keeps the roster alone says why it has no erasure to approve of",
          "[scopes]") {
  ThreeDesks desks;
  const std::string node = Desk::text_of(node_of(desks.a, desks.o), "node");
  const Words approve{"erase", "approve", "0123456789ab"};
  CHECK(desks.o.run(approve, 3).err.find("只保存名册和见证") == std::string::npos);
  desks.a.run({"node", "scope", node.substr(0, 12), "witness", "--yes"});
  meet(desks.a, desks.o);
  CHECK(desks.o.run(approve, 3).err.find("只保存名册和见证") != std::string::npos);
}

}  // namespace cunju::test
