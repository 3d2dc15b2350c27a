// SPDX-License-Identifier: Apache-2.0
//
// Somebody on the line between real nodes keeps every byte: none of what was written is in it, in
// either encoding and either direction.
#include "tests/support/planted.h"
#include "tests/support/planted_village.h"
#include "tests/support/recording_proxy.h"

namespace cunju::test {
namespace {

/// So many of the words, in either encoding, are in the bytes.
std::size_t count_words(const std::string& bytes, const std::vector<std::string>& words) {
  std::size_t out = 0;
  for (const std::string& word : in_all_spellings(words))
    out += bytes.find(word) != std::string::npos ? 1u : 0u;
  return out;
}

/// Says the words to whoever listens there, as a node that encrypts nothing would.
void say_openly(const std::string& address, const std::string& bytes) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port =
      htons(static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0);
  REQUIRE(::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
  char answer = 0;
  while (::recv(socket, &answer, 1, 0) > 0) continue;  // Until the node has hung up.
  ::close(socket);
}

}  // namespace

TEST_CASE("Who records the line between village, office and colleague has no word of what they say",
          "[at_rest]") {
  const std::vector<std::string> words = planted_words();
  ThreeDesks desks;
  std::string office_node;
  for (const boost::json::object& node : desks.o.json({"node", "list"}))
    if (node.at("own").as_bool()) office_node = Desk::text_of(node, "node");
  desks.a.run({"node", "scope", office_node.substr(0, 12), "shell", "--yes"});
  write_planted(desks.a);  // Goes to the callers,
  write_planted(desks.b);  // and this comes from one.
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  RecordingProxy line(address);
  for (const Desk* caller : {&desks.b, &desks.o, &desks.b}) caller->run({"sync", line.address()});
  const std::string to = line.to_server(), from = line.from_server();
  // Everything went over this line: it arrived, and nothing else led there.
  CHECK(to.size() > 3'000);
  CHECK(from.size() > 6'000);
  CHECK(desks.b.state_hash() == desks.a.state_hash());
  CHECK(desks.o.run({"list", "rental"}).out.find(planted_english(1)) != std::string::npos);
  CHECK(desks.b.run({"list", "tenancy", "--columns", "tenant_name"}).out.find(planted_tenant(1)) !=
        std::string::npos);
  // What is confidential did not even go to the office as what it can't read.
  CHECK(Desk::number_of(desks.o.json({"status"}).front(), "withheld") > 0);
  CHECK(count_words(to, words) == 0);
  CHECK(count_words(from, words) == 0);
  // The search finds what is said openly, in both encodings.
  std::string openly;
  for (const std::string& word : in_all_spellings(words)) openly += word + "\n";
  say_openly(line.address(), openly);
  CHECK(count_words(line.to_server(), words) == in_all_spellings(words).size());
  CHECK(server->stop() == 0);
}

}  // namespace cunju::test
