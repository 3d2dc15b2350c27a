// SPDX-License-Identifier: Apache-2.0
#include "tests/end_to_end/linked_desks.h"

#include <random>

namespace cunju::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::vector<boost::json::object> whole_lines(const std::string& text) {
  return Desk::parse_lines(text.substr(0, text.rfind('\n') + 1));
}

}  // namespace

std::string random_address(std::uint64_t seed, std::size_t characters) {
  std::mt19937_64 dice(seed);
  std::string out;
  for (std::size_t i = 0; i < characters; ++i) {
    // U+4E00 to U+8DFF in UTF-8.
    const auto scalar = static_cast<unsigned>(0x4E00 + dice() % 0x4000);
    out += static_cast<char>(0xE0 | (scalar >> 12));
    out += static_cast<char>(0x80 | ((scalar >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (scalar & 0x3F));
  }
  return out;
}

PairedHomes::PairedHomes() {
  Desk a(folder, "a"), b(folder, "b");
  a.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  pair_desks(a, b, "clerk");
  for (std::size_t i = 0; i < kRecordsOfA; ++i)
    a.add({"rental", "address=" + random_address(i, 290)});
  for (std::size_t i = 0; i < kRecordsOfB; ++i)
    b.add({"rental", "address=" + random_address(1000 + i, 290)});
}

const PairedHomes& PairedHomes::instance() {
  static const PairedHomes homes;
  return homes;
}

LinkedDesks::LinkedDesks(const EmulatedLink& link)
    : link_(link), a_(folder_, "a"), b_(folder_, "b") {
  for (const auto& entry : fs::directory_iterator(PairedHomes::instance().folder.path()))
    fs::copy(entry.path(), folder_.path() / entry.path().filename(),
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
}

std::unique_ptr<ServerProcess> LinkedDesks::serve(Side side, Words arguments) {
  Words words = link_.program_at(side);
  const std::string program = words.front();
  words.erase(words.begin());
  // The link is called and nothing else: where they were paired nobody is any more.
  arguments.insert(arguments.begin(), {"serve", "--no-remembered"});
  arguments.push_back("--json");
  words.push_back(program_path());
  for (std::string& word : desk(side).at_home(std::move(arguments)))
    words.push_back(std::move(word));
  const std::string log = desk(side).home() + ".serve" + std::to_string(servers_++);
  return std::make_unique<ServerProcess>(program, std::move(words), desk(side).environment(), log);
}

bool LinkedDesks::serve_a() {
  server_a_ = serve(Side::kA, {"--listen", kListen});
  return !server_a_->wait_until_listening().empty();
}

void LinkedDesks::serve_b(Words arguments) { server_b_ = serve(Side::kB, std::move(arguments)); }

bool LinkedDesks::run(Side side, const Words& arguments) const {
  return desk(side).try_run(arguments).exit_code == 0;
}

Standing LinkedDesks::standing(Side side) const {
  Standing out;
  for (const boost::json::object& space :
       whole_lines(desk(side).try_run({"status", "--json"}).out)) {
    out.changes += space.at("changes").to_number<std::uint64_t>();
    out.hash += boost::json::value_to<std::string>(space.at("state_hash"));
  }
  return out;
}

std::size_t LinkedDesks::records(Side side) const {
  return whole_lines(desk(side).try_run({"list", "rental", "--json"}).out).size();
}

std::vector<boost::json::object> LinkedDesks::events(Side side, const std::string& event) const {
  std::vector<boost::json::object> out;
  for (std::size_t i = 0; i < servers_; ++i) {
    const std::string log = desk(side).home() + ".serve" + std::to_string(i) + ".out";
    for (boost::json::object& object : whole_lines(read_text_file(log))) {
      const boost::json::value* name = object.if_contains("event");
      if (name != nullptr && name->as_string() == event) out.push_back(std::move(object));
    }
  }
  return out;
}

LinkedDesks::Convergence LinkedDesks::wait_until_equal(
    std::chrono::seconds limit, const std::function<void()>& each_time) const {
  Convergence out;
  const auto begin = std::chrono::steady_clock::now();
  Standing a, b;
  while (std::chrono::steady_clock::now() < begin + limit) {
    each_time();
    const Standing before_a = a, before_b = b;
    b = standing(Side::kB);
    a = standing(Side::kA);
    out.changes_at_b.push_back(b.changes);
    if (a.changes < before_a.changes || b.changes < before_b.changes) out.is_monotonic = false;
    out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    out.is_equal = !a.hash.empty() && a.hash == b.hash;
    if (out.is_equal) break;
    std::this_thread::sleep_for(500ms);
  }
  return out;
}

std::unique_ptr<EmulatedLink> require_link(const std::string& profile,
                                           std::chrono::seconds lifetime) {
  std::string why;
  std::unique_ptr<EmulatedLink> link = EmulatedLink::start(profile, why, lifetime);
  if (!link && !why.empty()) {
    WARN("skipped, this machine permits no emulated link:" << why);
    return nullptr;
  }
  REQUIRE(link != nullptr);
  return link;
}

}  // namespace cunju::test
