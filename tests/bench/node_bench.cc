// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include "node/node.h"
#include "tests/bench/benches.h"
#include "tests/bench/child.h"
#include "tests/bench/measure.h"
#include "tests/bench/village.h"

namespace cunju::bench {
namespace {

using Words = std::vector<std::string>;

constexpr std::size_t kRecordsPerAppend = 1'000;
constexpr std::array kCommunities{"清水村", "榕树村", "幸福村", "石桥村", "龙泉村"};

replica::ChangeDraft make_record(replica::Replica& replica, std::size_t number) {
  const std::string text = std::to_string(number * 7919 % 1'000'003);
  const auto set = [](const char* field, Value value) {
    return make_operation(OperationKind::kRegisterSet, field, std::move(value));
  };
  return {{{replica.new_record_id(),
            "rental",
            kOpenScope,
            {set("premises_id", "R-" + std::to_string(number)),
             set("community", kCommunities[number % kCommunities.size()]),
             set("address", "清水路 " + text + " 号 " + std::to_string(number % 30) + " 室"),
             set("rooms", static_cast<std::int64_t>(number % 9)),
             make_operation(OperationKind::kSetAdd, "hazards", "fire")}}}};
}

/// Gives the bytes of the logs.
std::uint64_t fill(const std::filesystem::path& home, const keys::KeyFile& key,
                   std::size_t records) {
  must(keys::create_key_file(key.path, crypto::system_random()));
  auto node = must(node::Node::create(home, "文书甲", key));
  must(node->unlock("文书甲", key));
  const SpaceId space = must(node->found_space("清水村", "330100000000"));
  for (std::size_t made = 0; made < records;) {
    std::vector<replica::ChangeDraft> drafts;
    for (; drafts.size() < kRecordsPerAppend && made < records; ++made)
      drafts.push_back(make_record(node->replica(), made));
    must(node->replica().append(space, node->unlocked().author, drafts, node::Node::now_ms()));
  }
  return must(node->replica().measure_missing(space, {})).bytes;
}

std::string read_log(const std::filesystem::path& log) {
  std::ifstream file(log);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string wait_for_address(const std::filesystem::path& log, Child& server) {
  constexpr std::string_view kMark = "\"listening\":\"";
  for (int tries = 0; tries < 2'000; ++tries) {
    const std::string text = read_log(log);
    const std::size_t at = text.find(kMark);
    const std::size_t begin = at + kMark.size();
    if (at != std::string::npos && text.find('"', begin) != std::string::npos)
      return text.substr(begin, text.find('"', begin) - begin);
    server.sample();
    ::usleep(5'000);
  }
  give_up({Errc::kIo, "the node does not listen: " + log.string()});
}

class Homes {
 public:
  explicit Homes(const Options& options) : folder_(options.folder) {}

  std::filesystem::path at(const std::string& name) const { return folder_.path() / name; }
  Words words(const std::string& home, const Words& rest, bool unlocked) const {
    Words out{"--home", at(home)};
    out.insert(out.end(), rest.begin(), rest.end());
    if (unlocked) out.insert(out.end(), {"--key-file", at(home + ".key")});
    return out;
  }
  Cost run(const std::string& home, const Words& rest, bool unlocked = true) const {
    return run_program(words(home, rest, unlocked), at("output"));
  }

 private:
  Folder folder_;
};

/// The first call only shows words, which both sides confirm.
void compare_words(const Homes& homes, const std::string& address) {
  Child(homes.words("office", {"sync", address}, true), homes.at("output")).wait_for_code(6);
  homes.run("village", {"invite", "list", "--json"});
  std::ifstream file(homes.at("output"));
  const std::string list{std::istreambuf_iterator<char>(file), {}};
  constexpr std::string_view kKey = "\"words\":\"";
  const std::size_t begin = list.find(kKey) + kKey.size();
  const std::string words = list.substr(begin, list.find('"', begin) - begin);
  homes.run("village", {"invite", "confirm", words});
  homes.run("office", {"join", "confirm", words});
}

void measure_sync(const Homes& homes, std::size_t records) {
  homes.run("village", {"invite", "--role", "office", "--out", homes.at("invitation")});
  homes.run("office", {"join", homes.at("invitation")});
  Child server(homes.words("village", {"serve", "--listen", "127.0.0.1:0", "--json"}, true),
               homes.at("serve.log"));
  const std::string address = wait_for_address(homes.at("serve.log"), server);
  compare_words(homes, address);
  const Cost receiver = homes.run("office", {"sync", address});
  const Cost sender = server.stop();
  print_title("4. A node with many records: syncs to an empty one (two processes over loopback)");
  print_row("records", static_cast<double>(records), "");
  print_row("time of the whole sync", receiver.wall, "s");
  print_row("receiver: CPU", receiver.cpu, "s");
  print_row("receiver: anonymous memory, peak (goal 64)", receiver.memory.anonymous_peak, "MB");
  print_row("receiver: resident with the mapped store, peak", receiver.memory.resident_peak, "MB");
  print_row("sender: CPU", sender.cpu, "s");
  print_row("sender: anonymous memory, peak (goal 64)", sender.memory.anonymous_peak, "MB");
  print_row("sender: resident with the mapped store, peak", sender.memory.resident_peak, "MB");
}

/// Until the log of a serving node is longer than that and has these words in what is new.
void wait_for_words(const std::filesystem::path& log, std::size_t from, std::string_view words) {
  for (int tries = 0; tries < 20'000; ++tries) {
    const std::string text = read_log(log);
    if (text.size() > from && text.find(words, from) != std::string::npos) return;
    ::usleep(500);
  }
  give_up({Errc::kTimeout, "waiting for " + std::string(words) + ": " + log.string()});
}

/// From the end of a command that has saved to the word of the other node that it is durable there.
void measure_live(const Homes& homes, std::size_t runs) {
  constexpr std::size_t kEditsPerRun = 10;
  Child village(homes.words("village", {"serve", "--listen", "127.0.0.1:0", "--json"}, true),
                homes.at("village.log"));
  const std::string address = wait_for_address(homes.at("village.log"), village);
  Child office(homes.words("office", {"serve", "--peer", address, "--json"}, true),
               homes.at("office.log"));
  wait_for_words(homes.at("office.log"), 0, "\"caught_up\"");
  Samples times;
  for (std::size_t edit = 0; edit < runs * kEditsPerRun; ++edit) {
    const std::size_t before = read_log(homes.at("office.log")).size();
    homes.run("village", {"add", "rental", "address=幸福路" + std::to_string(edit)});
    const double saved = now().wall;
    wait_for_words(homes.at("office.log"), before, "\"progress\"");
    times.add((now().wall - saved) * 1e3);
  }
  print_title("   Live: an edit of a command, saved to durable on a connected node");
  print_row("edits", static_cast<double>(runs * kEditsPerRun), "");
  print_row("time (goal: well under a second)", times, "ms");
}

void measure_verb(const Homes& homes, const Options& options, const std::string& name,
                  const Words& words) {
  Samples cpu, wall, resident;
  for (std::size_t run = 0; run < options.runs; ++run) {
    const Cost cost = homes.run("village", words, false);
    cpu.add(cost.cpu * 1e3);
    wall.add(cost.wall * 1e3);
    resident.add(cost.memory.resident_peak);
  }
  print_row(name + ": CPU (goal 50)", cpu, "ms");
  print_row("  wall", wall, "ms");
  print_row("  resident, peak (goal 32)", resident, "MB");
}

}  // namespace

void bench_node(const Options& options) {
  const Homes homes(options);
  const std::uint64_t log_bytes =
      fill(homes.at("village"), keys::KeyFile{homes.at("village.key")}, options.records);
  measure_sync(homes, options.records);
  measure_live(homes, options.runs);
  print_title("   Start-up with that store");
  measure_verb(homes, options, "status", {"status"});
  print_title("5. List, filter, sort that store: first page");
  const Words page{"list", "rental", "--limit", "50"};
  const auto with = [&](const Words& more) {
    Words out = page;
    out.insert(out.end(), more.begin(), more.end());
    return out;
  };
  measure_verb(homes, options, "list --limit 50", page);
  measure_verb(homes, options, "list --where community=榕树村",
               with({"--where", "community=榕树村"}));
  measure_verb(homes, options, "list --sort address", with({"--sort", "address"}));
  print_title("   Disk");
  const auto disk =
      static_cast<double>(std::filesystem::file_size(homes.at("village") / "data" / "data.mdb"));
  print_row("bytes of the store", disk, "B");
  print_row("store / logs (goal 2.5)", disk / static_cast<double>(log_bytes), "");
}

}  // namespace cunju::bench
