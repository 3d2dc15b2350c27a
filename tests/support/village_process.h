// SPDX-License-Identifier: Apache-2.0
//
// A person at a keyboard: one home, its key file or passphrase file, and the program run on it.
// Every call fails the running test when the exit code is not the expected one; what it printed is
// shown.
#pragma once

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/processes.h"
#include "tests/support/temp_folder.h"

namespace cunju::test {

using Words = std::vector<std::string>;

/// The program under test; CUNJU_PROGRAM in the environment takes the place of the one that was
/// built with the tests.
inline std::string program_path() {
  const char* chosen = std::getenv("CUNJU_PROGRAM");
  return chosen != nullptr ? chosen : CUNJU_PROGRAM;
}

/// A passphrase is stretched for half a second at each command, so only tests about it use one.
enum class OpenedBy { kKeyFile, kPassphrase };

class Desk {
 public:
  Desk(const TempFolder& folder, std::string name, OpenedBy opened_by = OpenedBy::kKeyFile)
      : name_(std::move(name)),
        home_((folder / name_).string()),
        passphrase_file_((folder / (name_ + ".passphrase")).string()),
        key_file_((folder / (name_ + ".key")).string()),
        opened_by_(opened_by) {
    std::ofstream(passphrase_file_) << passphrase() << '\n';
  }

  std::string passphrase() const { return "the secret words of " + name_; }
  const std::string& home() const { return home_; }
  std::map<std::string, std::string> environment() const {
    if (opened_by_ == OpenedBy::kKeyFile) return {{"LC_ALL", "C.UTF-8"}};
    return {{"CUNJU_PASSPHRASE_FILE", passphrase_file_}, {"LC_ALL", "C.UTF-8"}};
  }
  /// Made by init or join.
  const std::string& key_file() const { return key_file_; }
  Words at_home(Words arguments) const {
    if (opened_by_ == OpenedBy::kKeyFile)
      arguments.insert(arguments.begin(), {"--key-file", key_file_});
    arguments.insert(arguments.begin(), {"--home", home_});
    return arguments;
  }
  RunResult try_run(const Words& arguments, Milliseconds kill_after = Milliseconds{0}) const {
    return run_program(program_path(), at_home(arguments),
                       {.environment = environment(), .input = {}, .kill_after = kill_after});
  }
  RunResult run(const Words& arguments, int exit_code = 0) const {
    RunResult result = try_run(arguments);
    std::string line = name_ + ":";
    for (const std::string& word : arguments) line += " " + word;
    INFO(line);
    INFO("out: " << result.out.substr(0, 4000));
    INFO("err: " << result.err.substr(0, 4000));
    REQUIRE_FALSE(result.timed_out);
    REQUIRE(result.exit_code == exit_code);
    return result;
  }
  /// With --json: one object a line.
  std::vector<boost::json::object> json(Words arguments, int exit_code = 0) const {
    arguments.push_back("--json");
    return parse_lines(run(arguments, exit_code).out);
  }
  static std::vector<boost::json::object> parse_lines(const std::string& text) {
    std::vector<boost::json::object> out;
    for (std::size_t at = 0; at < text.size();) {
      std::size_t end = std::min(text.find('\n', at), text.size());
      out.push_back(boost::json::parse(text.substr(at, end - at)).as_object());
      at = end + 1;
    }
    return out;
  }
  /// It is ended after `lifetime`, whatever it does then.
  std::unique_ptr<ServerProcess> serve(
      Words arguments = {"--listen", "127.0.0.1:0"},
      std::chrono::seconds lifetime = std::chrono::seconds(600)) const {
    arguments.insert(arguments.begin(), "serve");
    arguments.push_back("--json");
    return std::make_unique<ServerProcess>(program_path(), at_home(arguments), environment(),
                                           home_ + ".serve", lifetime);
  }

  std::string state_hash() const {
    std::string out;
    for (const auto& space : json({"status"})) out += text_of(space, "state_hash") + " ";
    return out;
  }
  static std::string text_of(const boost::json::object& object, const char* key) {
    const boost::json::value* value = object.if_contains(key);
    REQUIRE(value != nullptr);
    return boost::json::value_to<std::string>(*value);
  }
  static std::int64_t number_of(const boost::json::object& object, const char* key) {
    const boost::json::value* value = object.if_contains(key);
    REQUIRE(value != nullptr);
    return value->to_number<std::int64_t>();
  }
  /// A new record's id.
  std::string add(Words arguments) const {
    arguments.insert(arguments.begin(), "add");
    return text_of(json(arguments).front(), "id");
  }
  /// The value of a record's field as text; empty when it has none.
  std::string field(const std::string& registry, const std::string& id,
                    const std::string& field) const {
    const boost::json::object record = json({"show", registry, id}).front();
    const boost::json::value* value = record.at("fields").as_object().if_contains(field);
    return value == nullptr ? "" : boost::json::value_to<std::string>(*value);
  }

 private:
  std::string name_, home_, passphrase_file_, key_file_;
  OpenedBy opened_by_;
};

/// One node lets another one in as two people do it: an invitation's file, a first call, the same
/// four words on both screens, a yes on either side. The next exchange brings the space.
inline void pair_desks(const Desk& host, const Desk& guest, const std::string& role,
                       const std::string& name = "") {
  const std::string file = guest.home() + ".invitation";
  Words invite{"invite", "--role", role, "--out", file};
  if (!name.empty()) invite.insert(invite.end(), {"--name", name});
  const std::string id = Desk::text_of(host.json(invite).front(), "id");
  guest.run({"join", file});
  auto server = host.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  std::string at_guest, at_host;
  for (const boost::json::object& event : guest.json({"sync", address}, 6)) {
    if (const boost::json::value* pairing = event.if_contains("pairing"))
      at_guest = Desk::text_of(pairing->as_object(), "words");
  }
  for (const boost::json::object& invitation : host.json({"invite", "list"})) {
    if (Desk::text_of(invitation, "invitation") == id) at_host = Desk::text_of(invitation, "words");
  }
  REQUIRE_FALSE(at_host.empty());
  REQUIRE(at_guest == at_host);
  host.run({"invite", "confirm", at_guest});
  guest.run({"join", "confirm", at_host});
  guest.run({"sync", address});
  CHECK(server->stop() == 0);
}

/// A founded village, a colleague's node and the office's, paired; nothing else in the space.
struct ThreeDesks {
  explicit ThreeDesks(OpenedBy opened_by = OpenedBy::kKeyFile)
      : a(folder, "village", opened_by),
        b(folder, "colleague", opened_by),
        o(folder, "office", opened_by) {
    a.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
    invite(b, "clerk");
    invite(o, "office");
    sync_all();
  }
  void invite(const Desk& guest, const std::string& role) { pair_desks(a, guest, role); }
  /// Everybody exchanges with the village until all have the same.
  void sync_all() {
    auto server = a.serve();
    const std::string address = server->wait_until_listening();
    REQUIRE_FALSE(address.empty());
    for (int round = 0; round < 3; ++round) {
      b.run({"sync", address});
      o.run({"sync", address});
      if (a.state_hash() == b.state_hash() && a.state_hash() == o.state_hash()) break;
    }
    CHECK(server->stop() == 0);
    require_agreement();
  }
  /// The colleague exchanges with the village, and nobody else hears of it.
  void sync_colleague() {
    auto server = a.serve();
    const std::string address = server->wait_until_listening();
    REQUIRE_FALSE(address.empty());
    b.run({"sync", address});
    CHECK(server->stop() == 0);
    REQUIRE(a.state_hash() == b.state_hash());
  }
  void require_agreement() {
    const std::string hash = a.state_hash();
    REQUIRE(hash.size() > 60);
    REQUIRE(b.state_hash() == hash);
    REQUIRE(o.state_hash() == hash);
  }

  TempFolder folder;
  Desk a, b, o;
};

}  // namespace cunju::test
