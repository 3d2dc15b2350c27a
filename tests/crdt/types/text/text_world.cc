// SPDX-License-Identifier: Apache-2.0
#include "tests/crdt/types/text/text_world.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <set>

namespace cunju::test {
namespace {

std::size_t below(std::mt19937_64& random, std::size_t end) {
  return static_cast<std::size_t>(random() % end);
}

std::string random_word(std::mt19937_64& random) {
  static const std::vector<std::string> kPieces = {"a", "b", "c", "村", "居", "𠮷", "👩", "e\u0301"};
  std::string out;
  for (std::size_t i = 1 + below(random, 4); i > 0; --i) {
    out += kPieces[below(random, kPieces.size())];
  }
  return out;
}

/// One replica: what it has, and the text of that. Its text comes from the full replay, which the
/// oracle judges too.
struct Replica {
  TextHistory history;
  TextBuffer text;
  std::set<ChangeId> has;
  std::set<ChangeId> left_out;
  std::size_t cursor = 0;
};

void take(Replica& replica, const SimulatedEdit& change, const std::set<ChangeId>& left_out = {}) {
  if (!replica.has.insert(change.id).second) return;
  std::vector<TextNodeIndex> parents;
  for (const ChangeId& parent : change.parents) parents.push_back(*replica.history.find(parent));
  std::vector<TextNodeIndex> passed;
  for (const ChangeId& id : change.passed) passed.push_back(*replica.history.find(id));
  REQUIRE(replica.history.add(change.id, change.author, parents, change.edits,
                              {.stands = !left_out.contains(change.id), .passed = passed}));
}

/// What a replica knows of the roster changes now and then.
void hear_roster(std::mt19937_64& random, Replica& replica,
                 const std::vector<SimulatedEdit>& changes) {
  for (std::size_t tries = 0; tries < 8; ++tries) {
    const SimulatedEdit& change = changes[below(random, changes.size())];
    if (!replica.has.contains(change.id) || change.edits.empty()) continue;
    if (!replica.left_out.insert(change.id).second) replica.left_out.erase(change.id);
    return;
  }
}

/// Takes what it has anew, as it stands now.
void rebuild(Replica& replica, const std::vector<SimulatedEdit>& changes) {
  replica.history = TextHistory();
  for (const SimulatedEdit& change : changes) {
    if (replica.has.erase(change.id) == 1) take(replica, change, replica.left_out);
  }
  replica.text = replay_text(replica.history).text;
}

/// Its parents are the heads of what stands, and what its author made before; of what is left out
/// it names what is below these.
void place(SimulatedEdit& change, const Replica& replica, const std::vector<SimulatedEdit>& all) {
  const TextHistory& history = replica.history;
  std::vector<bool> is_below(history.size());
  for (auto node = static_cast<TextNodeIndex>(history.size()); node-- > 0;) {
    if (!is_below[node] && !history.stands(node)) continue;
    if (!is_below[node]) change.parents.push_back(history.node(node).id);
    for (TextNodeIndex parent : history.parents(node)) is_below[parent] = true;
  }
  for (auto own = all.rbegin(); own != all.rend(); ++own) {
    if (own->author != change.author) continue;
    if (!history.stands(*history.find(own->id))) change.parents.push_back(own->id);
    break;
  }
  is_below.assign(history.size(), false);
  for (const ChangeId& parent : change.parents) is_below[*history.find(parent)] = true;
  for (auto node = static_cast<TextNodeIndex>(history.size()); node-- > 0;) {
    if (!is_below[node]) continue;
    for (TextNodeIndex parent : history.parents(node)) is_below[parent] = true;
    if (!history.stands(node) && history.edits_text(node))
      change.passed.push_back(history.node(node).id);
  }
}

/// Behind what the replica typed last, or in front of it.
TextEdits type_on(std::mt19937_64& random, const Replica& replica) {
  TextEdits out;
  const std::string word = random_word(random);
  const std::size_t at = std::min(replica.cursor, replica.text.length());
  REQUIRE(out.insert(below(random, 4) == 0 && at > 0 ? at - 1 : at, word));
  return out;
}

}  // namespace

ChangeId text_change_id(std::uint64_t number) {
  // Any mixing does that makes the order of ids differ from that of the numbers.
  ChangeId out;
  std::uint64_t mixed = (number + 1) * 0x9E3779B97F4A7C15U;
  for (std::uint8_t& byte : out.value) {
    mixed ^= mixed >> 29;
    mixed *= 0xBF58476D1CE4E5B9U;
    byte = static_cast<std::uint8_t>(mixed >> 56);
  }
  return out;
}

AuthorKey text_author(std::uint8_t number) {
  AuthorKey out;
  out.value[0] = number;
  return out;
}

TextHistory make_history(const std::vector<SimulatedEdit>& changes,
                         const std::set<ChangeId>& left_out) {
  Replica all;
  for (const SimulatedEdit& change : changes) take(all, change, left_out);
  return std::move(all.history);
}

std::vector<SimulatedEdit> shuffle_delivery(const std::vector<SimulatedEdit>& changes,
                                            std::mt19937_64& random) {
  std::map<ChangeId, std::vector<std::size_t>> waiting_for;
  std::vector<std::size_t> missing;
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    missing.push_back(changes[i].parents.size());
    for (const ChangeId& parent : changes[i].parents) waiting_for[parent].push_back(i);
    if (changes[i].parents.empty()) ready.push_back(i);
  }
  std::vector<SimulatedEdit> out;
  while (!ready.empty()) {
    std::swap(ready[below(random, ready.size())], ready.back());
    const std::size_t at = ready.back();
    ready.pop_back();
    out.push_back(changes[at]);
    for (std::size_t next : waiting_for[changes[at].id]) {
      if (--missing[next] == 0) ready.push_back(next);
    }
  }
  return out;
}

TextEdits random_edits(std::mt19937_64& random, TextBuffer text, std::size_t count, bool lies) {
  TextEdits out;
  for (; count > 0; --count) {
    const std::size_t position = below(random, text.length() + 1 + (lies ? 5 : 0));
    const std::size_t most = lies ? 9 : std::min<std::size_t>(5, text.length() - position);
    TextEdits one;
    if (below(random, 3) == 0 && most > 0) {
      const std::size_t erased = 1 + below(random, most);
      REQUIRE(one.erase(position, erased));
      REQUIRE(out.erase(position, erased));
    } else {
      const std::string word = random_word(random);
      REQUIRE(one.insert(position, word));
      REQUIRE(out.insert(position, word));
    }
    apply_edits(text, one);
  }
  return out;
}

std::vector<SimulatedEdit> random_changes(std::mt19937_64& random,
                                          const TextWorldOptions& options) {
  std::vector<SimulatedEdit> out;
  std::vector<Replica> replicas(static_cast<std::size_t>(options.replicas));
  for (int step = 0; step < options.steps; ++step) {
    const std::size_t who = below(random, replicas.size());
    Replica& replica = replicas[who];
    if (options.one_merge_in != 0 && random() % static_cast<unsigned>(options.one_merge_in) == 0) {
      const Replica& other = replicas[below(random, replicas.size())];
      for (const SimulatedEdit& change : out) {
        if (other.has.contains(change.id)) take(replica, change);
      }
      replica.left_out = other.left_out;
      if (options.one_roster_act_in != 0) rebuild(replica, out);
      replica.text = replay_text(replica.history).text;
    }
    if (options.one_roster_act_in != 0 && !out.empty() &&
        random() % static_cast<unsigned>(options.one_roster_act_in) == 0) {
      hear_roster(random, replica, out);
      rebuild(replica, out);
    }
    const bool lies =
        options.one_lie_in != 0 && random() % static_cast<unsigned>(options.one_lie_in) == 0;
    SimulatedEdit change{.id = text_change_id(random()),
                         .author = text_author(static_cast<std::uint8_t>(who))};
    change.before = replica.text.str();
    place(change, replica, out);
    // Some changes touch other fields of the record only.
    if (below(random, 8) != 0) {
      change.edits =
          options.one_jump_in < 2 || random() % static_cast<unsigned>(options.one_jump_in) == 0
              ? random_edits(random, replica.text, 1 + below(random, 3), lies)
              : type_on(random, replica);
      const TextRun& last = change.edits.runs().back();
      replica.cursor = last.inserts() ? last.end() : last.position;
    }
    take(replica, change);
    apply_edits(replica.text, change.edits);
    out.push_back(std::move(change));
  }
  return out;
}

TextEdits one_insert(std::size_t position, const std::string& text) {
  TextEdits edits;
  REQUIRE(edits.insert(position, text));
  return edits;
}

std::vector<TextNodeIndex> heads_of(const TextHistory& history) {
  std::vector<bool> has_child(history.size());
  for (TextNodeIndex i = 0; i < history.size(); ++i) {
    for (TextNodeIndex parent : history.parents(i)) has_child[parent] = true;
  }
  std::vector<TextNodeIndex> out;
  for (TextNodeIndex i = 0; i < history.size(); ++i) {
    if (!has_child[i]) out.push_back(i);
  }
  return out;
}

std::vector<std::pair<std::size_t, ChangeId>> named(const TextHistory& history,
                                                    const std::vector<BlameSpan>& spans) {
  std::vector<std::pair<std::size_t, ChangeId>> out;
  for (const BlameSpan& span : spans) out.emplace_back(span.length, history.node(span.node).id);
  return out;
}

}  // namespace cunju::test
