// SPDX-License-Identifier: Apache-2.0
//
// Invitations as people use them: typed, copied, on a stick; words compared, refused, mistyped.
#include <chrono>
#include <fstream>
#include <functional>
#include <thread>

#include "tests/support/desk_words.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

/// A village that serves, and a colleague with an invitation.
struct Pairing {
  Pairing() : a(folder, "village"), b(folder, "colleague") {
    a.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
    make();
    server = a.serve();
    address = server->wait_until_listening();
    REQUIRE_FALSE(address.empty());
  }
  void make() {
    const boost::json::object made =
        a.json({"invite", "--role", "clerk", "--name", "李四", "--text"}).front();
    id = Desk::text_of(made, "id");
    text = Desk::text_of(made, "text");
  }
  RunResult join(const std::string& typed) const {
    return run_program(program_path(), b.at_home({"join", "-"}),
                       {.environment = b.environment(), .input = typed});
  }
  /// What the colleague's screen shows.
  std::string ask() {
    std::string words;
    for (const boost::json::object& event : b.json({"sync", address}, 6)) {
      if (const boost::json::value* pairing = event.if_contains("pairing"))
        words = Desk::text_of(pairing->as_object(), "words");
    }
    return words;
  }
  boost::json::object given() {
    for (const boost::json::object& invitation : a.json({"invite", "list"}))
      if (Desk::text_of(invitation, "invitation") == id) return invitation;
    return {};
  }
  boost::json::object taken() {
    for (const boost::json::object& invitation : b.json({"invite", "list"}))
      if (Desk::text_of(invitation, "side") == "taken") return invitation;
    return {};
  }
  std::size_t members() { return a.json({"member", "list"}).size(); }

  TempFolder folder;
  Desk a, b;
  std::string id, text, address;
  std::unique_ptr<ServerProcess> server;
};

/// Seconds until it holds; as many as `most` when it never does.
std::chrono::seconds time_until(const std::function<bool()>& holds, std::chrono::seconds most) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  while (Clock::now() - begin < most && !holds())
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  return std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begin);
}

/// Four words, of which the first is another one.
std::string other_words(const std::string& words) {
  return (words.starts_with("白云") ? "大象" : "白云") + words.substr(words.find(' '));
}

}  // namespace

TEST_CASE("An invitation is typed by hand, and both sides compare words before anybody is in",
          "[pairing]") {
  Pairing p;
  std::string typed;
  for (char c : p.text) typed += c == '0' ? 'o' : static_cast<char>(std::tolower(c));
  REQUIRE(p.join(typed + "\n\n").exit_code == 0);
  const std::string words = p.ask();
  REQUIRE_FALSE(words.empty());
  // The inviting screen shows the same, in the list and where it serves.
  CHECK(Desk::text_of(p.given(), "words") == words);
  CHECK(p.server->out().find(words) != std::string::npos);
  CHECK(p.members() == 1);
  // Asking again before they were compared shows the same words, and what is to be done.
  const std::string again = p.b.run({"sync", p.address}, 6).out;
  CHECK(again.find("join confirm " + words) != std::string::npos);
  CHECK(Desk::text_of(p.given(), "words") == words);
  // One side is not enough, whichever it is.
  p.b.run({"join", "confirm", Desk::text_of(p.given(), "pinyin")});
  CHECK(p.b.run({"sync", p.address}, 6).out.find(words) != std::string::npos);
  CHECK(p.members() == 1);
  CHECK(p.given().at("peer_confirmed").as_bool());
  p.a.run({"invite", "confirm", words});
  CHECK(p.members() == 2);
  p.b.run({"sync", p.address});
  CHECK(p.b.state_hash() == p.a.state_hash());
  // Used: nothing is left of it on either side.
  CHECK(p.given().empty());
  CHECK(p.taken().empty());
}

TEST_CASE("A joining node waits for its own person although it is let in already", "[pairing]") {
  Pairing p;
  REQUIRE(p.join(p.text).exit_code == 0);
  const std::string words = p.ask();
  p.a.run({"invite", "confirm", words});
  p.b.run({"sync", p.address}, 6);
  CHECK(p.b.json({"status"}).empty());
  p.b.run({"join", "confirm", words});
  p.b.run({"sync", p.address});
  CHECK(p.b.state_hash() == p.a.state_hash());
}

TEST_CASE("A slip of the pen in an invitation or in its words is said and costs nothing",
          "[pairing]") {
  Pairing p;
  std::string slip = p.text;
  slip[30] = slip[30] == 'Z' ? 'Y' : 'Z';
  const RunResult refused = p.join(slip);
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("第 3 组") != std::string::npos);
  // The text is a secret: no error repeats it.
  CHECK(refused.err.find(slip.substr(25, 8)) == std::string::npos);
  REQUIRE(p.join(p.text).exit_code == 0);
  p.ask();
  CHECK(p.a.run({"invite", "confirm", "白云 白云 白云 青山"}, 2).err.find("不算数") !=
        std::string::npos);
  CHECK(Desk::number_of(p.given(), "wrong_words_left") == 3);
}

TEST_CASE("Words that differ let nobody in, are counted, and both sides see that it is over",
          "[pairing]") {
  Pairing p;
  REQUIRE(p.join(p.text).exit_code == 0);
  const std::string words = p.ask();
  for (int left = 3; left > 0; --left) {
    CHECK(Desk::number_of(p.given(), "wrong_words_left") == left);
    CHECK_FALSE(p.a.run({"invite", "confirm", other_words(words)}, 6).err.empty());
  }
  CHECK(Desk::text_of(p.given(), "stage") == "mistaken");
  p.a.run({"invite", "confirm", words}, 3);
  p.b.run({"join", "confirm", words});
  CHECK(p.b.run({"sync", p.address}, 5).out.find("词语不一致") != std::string::npos);
  CHECK(Desk::text_of(p.taken(), "stage") == "mistaken");
  CHECK(p.members() == 1);
  // A new invitation starts afresh.
  p.make();
  REQUIRE(p.join(p.text).exit_code == 0);
  const std::string again = p.ask();
  p.a.run({"invite", "confirm", again});
  p.b.run({"join", "confirm", again});
  p.b.run({"sync", p.address});
  CHECK(p.members() == 2);
}

TEST_CASE("An invitation is taken back, or its words refused, on either side", "[pairing]") {
  Pairing p;
  REQUIRE(p.join(p.text).exit_code == 0);
  SECTION("cancelled by the inviting side") {
    const std::string words = p.ask();
    p.a.run({"invite", "cancel", p.id.substr(0, 8)});
    CHECK(Desk::text_of(p.given(), "stage") == "cancelled");
    const bool is_sure = GENERATE(true, false);
    if (is_sure) p.b.run({"join", "confirm", words});
    // However often it is asked for, and whatever asks.
    for (int turn = 0; turn < 3; ++turn)
      CHECK(p.b.run({"sync", p.address}, 5).out.find("收回") != std::string::npos);
    CHECK(Desk::text_of(p.taken(), "stage") == "cancelled");
    CHECK(p.b.run({"doctor", p.address}, 1).out.find("另发一份邀请") != std::string::npos);
    CHECK(p.b.run({"peers"}).out.find("不是本机认识的") == std::string::npos);
  }
  SECTION("refused by the inviting side") {
    const std::string words = p.ask();
    p.a.run({"invite", "refuse", p.id.substr(0, 8)});
    const bool is_sure = GENERATE(true, false);
    if (is_sure) p.b.run({"join", "confirm", words});
    CHECK(p.b.run({"sync", p.address}, 5).out.find("词语不一致") != std::string::npos);
    CHECK(Desk::text_of(p.taken(), "stage") == "mistaken");
    // Too late for a yes.
    p.b.run({"join", "confirm", words}, 3);
  }
  SECTION("refused by the joining side") {
    p.ask();
    p.b.run({"join", "refuse", p.id.substr(0, 8)});
    p.b.run({"sync", p.address}, 5);
    CHECK(Desk::text_of(p.given(), "stage") == "mistaken");
  }
  CHECK(p.members() == 1);
}

TEST_CASE("A second computer with a copied invitation is refused and reported", "[pairing]") {
  Pairing p;
  REQUIRE(p.join(p.text).exit_code == 0);
  const std::string words = p.ask();
  const Desk thief(p.folder, "thief");
  const std::string copy = (p.folder / "copy").string();
  std::ofstream(copy) << p.text;
  thief.run({"join", copy});
  thief.run({"sync", p.address}, 5);
  CHECK(Desk::number_of(p.given(), "rivals") == 1);
  CHECK(Desk::text_of(p.given(), "words") == words);
  CHECK(p.server->out().find("rival") != std::string::npos);
  CHECK(p.members() == 1);
}

TEST_CASE("Who comes with an invitation that was used is told to ask for another one",
          "[pairing]") {
  Pairing p;
  REQUIRE(p.join(p.text).exit_code == 0);
  const std::string words = p.ask();
  p.a.run({"invite", "confirm", words});
  p.b.run({"join", "confirm", words});
  p.b.run({"sync", p.address});
  const Desk late(p.folder, "late");
  const std::string copy = (p.folder / "copy").string();
  std::ofstream(copy) << p.text;
  late.run({"join", copy});
  const RunResult refused = late.run({"sync", p.address}, 8);
  CHECK(refused.err.find("另发一份邀请") != std::string::npos);
  CHECK(refused.err.find("断点") == std::string::npos);
  CHECK(late.run({"doctor", p.address}, 1).out.find("另发一份邀请") != std::string::npos);
}

TEST_CASE("Three wrong words end it for who has not compared them yet", "[pairing]") {
  Pairing p;
  REQUIRE(p.join(p.text).exit_code == 0);
  const std::string words = p.ask();
  for (int i = 0; i < 3; ++i) p.a.run({"invite", "confirm", other_words(words)}, 6);
  CHECK(p.b.run({"sync", p.address}, 5).out.find("词语不一致") != std::string::npos);
  CHECK(Desk::text_of(p.taken(), "stage") == "mistaken");
  p.b.run({"join", "confirm", words}, 3);
}

TEST_CASE("An invitation is shown as a QR code, and only what is asked for is shown", "[pairing]") {
  Pairing p;
  const RunResult shown = p.a.run({"invite", "--role", "clerk", "--qr"});
  CHECK(shown.out.find("▀") != std::string::npos);
  CHECK(shown.out.find("CUNJU1") == std::string::npos);
  p.a.run({"invite", "--role", "clerk"}, 2);
}

TEST_CASE("Who has invited, and who was invited, is no stranger while words wait", "[pairing]") {
  Pairing p;
  REQUIRE(p.join(p.text).exit_code == 0);
  const std::string words = p.ask();
  const std::string joining = p.b.run({"peers"}).out;
  CHECK(has(joining, "join confirm " + words));
  CHECK(has(joining, p.address + "：那里是邀请方"));
  CHECK_FALSE(has(joining, "不是本机认识的"));
  const std::string inviting = p.a.run({"peers"}).out;
  CHECK(has(inviting, "李四"));
  CHECK(has(inviting, "invite confirm " + words));
  bool is_told = false;
  for (const boost::json::object& line : p.b.json({"peers"})) {
    const boost::json::value* pairing = line.if_contains("pairing");
    is_told =
        is_told || (pairing != nullptr && Desk::text_of(pairing->as_object(), "words") == words);
  }
  CHECK(is_told);
  // Afterwards it is the other side's turn, and once both have said so nothing waits.
  p.b.run({"join", "confirm", words});
  CHECK(has(p.b.run({"peers"}).out, "对方还没有核对词语"));
  p.a.run({"invite", "confirm", words});
  CHECK_FALSE(has(p.a.run({"peers"}).out, "invite confirm"));
  p.b.run({"sync", p.address});
  const std::string met = p.b.run({"peers"}).out;
  CHECK_FALSE(has(met, "词语"));
  CHECK(has(met, p.address + "：连通"));
}

TEST_CASE("A serving node that joins goes on by itself within seconds of each person's word",
          "[pairing]") {
  using namespace std::chrono_literals;
  Pairing p;
  // It has a village of its own, and calls the one that will invite it long before it does.
  p.b.run({"init", "--name", "平安村", "--code", "530102001202", "--clerk", "文书乙"});
  auto joiner = p.b.serve({"--peer", p.address});
  REQUIRE(time_until([&] { return has(joiner->out(), "\"state\":\"waiting\""); }, 30s) < 30s);
  // By now it would call every half minute at most.
  std::this_thread::sleep_for(20s);
  const std::string copy = (p.folder / "copy").string();
  std::ofstream(copy) << p.text;
  p.b.run({"join", copy});
  REQUIRE(time_until([&] { return has(joiner->out(), "new_words"); }, 8s) < 8s);
  const std::string words = Desk::text_of(p.given(), "words");
  CHECK(time_until([&] { return has(joiner->out(), "\"state\":\"words\""); }, 8s) < 8s);
  // The persons are at the telephone.
  std::this_thread::sleep_for(20s);
  CHECK_FALSE(p.given().at("peer_confirmed").as_bool());
  p.b.run({"join", "confirm", words});
  CHECK(time_until([&] { return p.given().at("peer_confirmed").as_bool(); }, 8s) < 8s);
  std::this_thread::sleep_for(10s);
  p.a.run({"invite", "confirm", words});
  CHECK(time_until([&] { return has(joiner->out(), "caught_up"); }, 8s) < 8s);
  CHECK(p.members() == 2);
  CHECK(joiner->stop() == 0);
}

}  // namespace cunju::test
