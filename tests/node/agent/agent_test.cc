// SPDX-License-Identifier: Apache-2.0
#include "node/agent/agent.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "node/agent/agent_client.h"
#include "node/agent/agent_server.h"
#include "node/node.h"
#include "tests/support/temp_folder.h"

using namespace cunju;
using namespace cunju::agent;

namespace {

struct Home {
  explicit Home(std::uint64_t seed = 1)
      : random(seed),
        node(crypto::SigningKey::generate(random)),
        wire(crypto::DhKey::generate(random)) {
    random.fill(storage.mutable_view());
  }
  keys::UnlockedKeys clerk(const std::string& name) {
    return {.node = crypto::SigningKey::from_seed(node.seed()),
            .wire = wire.clone(),
            .storage = storage.clone(),
            .author = crypto::SigningKey::generate(random),
            .clerk = name};
  }
  Agent agent() const { return Agent(node.node(), wire.wire()); }

  crypto::SeededRandom random;
  crypto::SigningKey node;
  crypto::DhKey wire;
  crypto::Secret<32> storage;
};

Request want(const std::string& clerk = "") {
  return {.kind = RequestKind::kKeys, .clerk = clerk, .keys = {}};
}
Request hand(keys::UnlockedKeys keys) {
  std::string clerk = keys.clerk;
  return {.kind = RequestKind::kUnlock, .clerk = std::move(clerk), .keys = std::move(keys)};
}

}  // namespace

TEST_CASE("a locked agent lends nothing; an unlocked one lends the clerk who unlocked it") {
  Home home;
  Agent agent = home.agent();
  CHECK(agent.is_locked());
  CHECK(agent.answer(want()).answer == Answer::kLocked);
  CHECK(agent.answer(want("王")).answer == Answer::kLocked);
  keys::UnlockedKeys wang = home.clerk("王");
  const AuthorKey author = wang.author.author();
  CHECK(agent.answer(hand(std::move(wang))).answer == Answer::kDone);
  CHECK_FALSE(agent.is_locked());
  Reply lent = agent.answer(want());
  REQUIRE(lent.answer == Answer::kDone);
  CHECK(lent.keys->author.author() == author);
  CHECK(lent.keys->storage == home.storage);
  Reply other = agent.answer(want("李"));
  CHECK(other.answer == Answer::kUnknownClerk);
  CHECK_FALSE(other.keys);
}

TEST_CASE("with two clerks unlocked nobody signs as the other by accident") {
  Home home;
  Agent agent = home.agent();
  agent.add(home.clerk("王"));
  agent.add(home.clerk("李"));
  Reply unnamed = agent.answer(want());
  CHECK(unnamed.answer == Answer::kWhichClerk);
  CHECK_FALSE(unnamed.keys);
  CHECK(agent.answer(want("李")).keys->clerk == "李");
}

TEST_CASE("an agent takes no keys of another home, and a request to lock is seen once") {
  Home home, other(2);
  Agent agent = home.agent();
  CHECK(agent.answer(hand(other.clerk("王"))).answer == Answer::kForeignKeys);
  CHECK(agent.is_locked());
  CHECK_FALSE(agent.take_lock_request());
  CHECK(agent.answer({.kind = RequestKind::kLock, .clerk = {}, .keys = {}}).answer ==
        Answer::kDone);
  CHECK(agent.take_lock_request());
  CHECK_FALSE(agent.take_lock_request());
}

TEST_CASE(
    "once an agent has said that it is locked it lends nothing, and takes nothing on its way out") {
  Home home;
  Agent agent = home.agent();
  agent.add(home.clerk("王"));
  agent.add(home.clerk("李"));
  agent.answer({.kind = RequestKind::kLock, .clerk = {}, .keys = {}});
  CHECK(agent.is_locked());
  CHECK(agent.answer(want("王")).answer == Answer::kLocked);
  // A node that waits for keys takes them; one that is closing does not.
  CHECK(agent.answer(hand(home.clerk("王"))).answer == Answer::kDone);
  agent.close();
  CHECK(agent.answer(want("王")).answer == Answer::kLocked);
  CHECK(agent.answer(hand(home.clerk("王"))).answer == Answer::kLocked);
  CHECK(agent.is_locked());
}

TEST_CASE("messages of an agent survive encoding; cut, longer and foreign ones are refused") {
  Home home;
  const Bytes request = encode_request(hand(home.clerk("文书甲")));
  REQUIRE(parse_request(request));
  CHECK(parse_request(request).value().keys->clerk == "文书甲");
  const Bytes reply = encode_reply({.answer = Answer::kDone, .keys = home.clerk("文书甲")});
  REQUIRE(parse_reply(reply));
  CHECK(parse_reply(reply).value().keys->storage == home.storage);
  for (std::size_t size = 0; size < request.size(); ++size)
    CHECK(parse_request(ByteView(request).first(size)).has_error());
  for (std::size_t size = 0; size < reply.size(); ++size) {
    if (size == 2) continue;  // The answer alone is a reply too.
    CHECK(parse_reply(ByteView(reply).first(size)).has_error());
  }
  Bytes longer = request, foreign = request, strange = request;
  longer.push_back(0);
  CHECK(parse_request(longer).error().code == Errc::kMalformed);
  foreign[0] = 2;
  CHECK(parse_request(foreign).error().code == Errc::kUnsupported);
  strange[1] = 9;
  CHECK(parse_request(strange).error().code == Errc::kUnsupported);
  CHECK(request.size() <= kMaxMessageBytes);
}

TEST_CASE(
    "a serving node lends keys over its socket, refuses a second server, and locks when idle") {
  test::TempFolder folder;
  const auto home = folder / "home";
  auto unlock = [&] { return keys::Unlock(keys::KeyFile{folder / "key"}); };
  REQUIRE(keys::create_key_file(folder / "key", crypto::system_random()));
  auto made = node::Node::create(home, "文书甲", unlock());
  REQUIRE(made);
  node::Node& node = *made.value();
  CHECK(ask(home, want()).error().code == Errc::kNotFound);
  Agent agent(node.keystore().node(), node.keystore().wire());
  agent.add(node.unlocked().clone());
  node::ServeOptions options;
  options.listen = "127.0.0.1:0";
  options.agent = &agent;
  options.lock_after = std::chrono::seconds(2);
  std::string clerk;
  Errc second = Errc::kIo;
  std::thread asker;
  options.on_listening = [&](const std::string&) {
    asker = std::thread([&] {
      // The socket is there a moment later.
      for (int tries = 0; tries < 50 && clerk.empty(); ++tries) {
        Result<Reply> reply = ask(home, want());
        if (reply.has_value() && reply.value().keys) clerk = reply.value().keys->clerk;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
      boost::asio::io_context io;
      Agent other(NodeKey{}, WireKey{});
      auto refused = AgentServer::listen(io, home, other, {});
      if (refused.has_error()) second = refused.error().code;
    });
  };
  Result<node::ServeEnd> end = node.serve(options);
  asker.join();
  REQUIRE(end);
  CHECK(end.value() == node::ServeEnd::kLocked);
  CHECK(clerk == "文书甲");
  CHECK(second == Errc::kExists);
  CHECK(ask(home, want()).error().code == Errc::kNotFound);
}
