// SPDX-License-Identifier: Apache-2.0
#include "tests/crdt/roster/roster_story.h"

#include <algorithm>
#include <utility>

#include "tests/crdt/roster/random_roster.h"
#include "tests/crdt/roster/roster_oracle.h"

namespace cunju::test {
namespace {

Hash hash_of(const std::string& text) { return crypto::hash({as_bytes(text)}); }

SpaceId story_space() { return SpaceId{hash_of("founding").value}; }

std::map<std::string, crypto::SigningKey>& laptops() {
  static std::map<std::string, crypto::SigningKey> keys;
  return keys;
}

/// In the order of the story, backwards as far as what is known allows, and one of each in turn.
std::vector<std::size_t> order_no(int number, const std::vector<RosterChange>& changes) {
  std::vector<std::size_t> out, left(changes.size());
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
  std::set<ChangeId> added;
  while (!left.empty()) {
    std::vector<std::size_t> ready;
    for (std::size_t i : left) {
      const RosterChange& change = changes[i];
      if (std::ranges::all_of(change.pins, [&](auto& pin) { return added.contains(pin); }) &&
          (!change.own_previous || added.contains(*change.own_previous)))
        ready.push_back(i);
    }
    const bool is_back = number == 1 || (number == 2 && out.size() % 2 == 1);
    out.push_back(is_back ? ready.back() : ready.front());
    added.insert(changes[out.back()].id);
    std::erase(left, out.back());
  }
  return out;
}

}  // namespace

RosterChange founding_change(const Says& more) {
  Says says{FoundSpace{.name = "槐树村", .code = "110101001001"}};
  says = says + officer("Wang") + grant("Wang", "clerk") + more;
  // Said for the space, which does not exist yet.
  for (RosterOperation& said : says) {
    auto* entry = std::get_if<AddDevice>(&said);
    if (entry == nullptr || !verify_device_entry(*entry, story_space())) continue;
    for (const auto& [name, key] : laptops())
      if (key.author() == entry->author) *entry = device_entry(key, SpaceId{}, entry->member);
  }
  return {.id = ChangeId{story_space().value},
          .author = laptop("Wang").author(),
          .pins = {},
          .operations = std::move(says)};
}

const crypto::SigningKey& laptop(const std::string& name) {
  auto found = laptops().find(name);
  if (found == laptops().end())
    found = laptops()
                .emplace(name, crypto::SigningKey::from_seed(
                                   crypto::Secret<32>(hash_of("laptop of " + name).view())))
                .first;
  return found->second;
}

MemberId person(const std::string& name) {
  MemberId out;
  std::copy_n(hash_of(name).value.begin(), out.value.size(), out.value.begin());
  return out;
}

// --- what can be said
// -----------------------------------------------------------------------------

Says operator+(Says a, const Says& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
Says grant(const std::string& name, const std::string& role) {
  return {GrantRole{person(name), role, "", ""}};
}
Says key(const std::string& name, const std::string& laptop_name) {
  return {device_entry(laptop(laptop_name), story_space(), person(name))};
}
Says claim(const std::string& name, const std::string& laptop_name) {
  return {AddDevice{person(name), laptop(laptop_name).author(), {}}};
}
Says admit(const std::string& name, const std::string& role) {
  return Says{AdmitMember{person(name), name}} + grant(name, role) + key(name, name);
}
Cut cut(const std::string& laptop_name, std::uint64_t end) {
  return {laptop(laptop_name).author(), end, end == 0 ? ChangeId{} : ChangeId{hash_of("x").value}};
}
Cut cut_after(const std::string& laptop_name, std::uint64_t end, const ChangeId& last) {
  return {laptop(laptop_name).author(), end, last};
}
Says remove(const std::string& name, Cuts cuts) {
  return {RemoveMember{person(name), std::move(cuts)}};
}
Says end_role(const std::string& name, const std::string& role, Cuts cuts) {
  return {EndRole{person(name), role, std::move(cuts)}};
}
Says retire(const std::string& laptop_name, std::uint64_t end) {
  return {RetireDevice{cut(laptop_name, end)}};
}
Says policy(const std::string& role, const std::string& registry, std::uint8_t rights, Cuts cuts) {
  return {SetPolicy{role, registry, rights, std::move(cuts)}};
}
std::string node_of(const std::string& name) { return name + "'s node"; }
Says node(const std::string& name) {
  const crypto::SigningKey& key = laptop(node_of(name));
  AddNode out{
      .node = key.node(), .wire = WireKey{key.public_key()}, .name = name, .member = person(name)};
  out.signature = sign_node_entry(key, story_space(), out.wire, out.member);
  return {out};
}
Says retire_node(const std::string& name) { return {RetireNode{laptop(node_of(name)).node()}}; }
Says quorum(std::uint16_t threshold, const std::vector<std::string>& laptops) {
  SetQuorum out{threshold, {}};
  for (const std::string& name : laptops) out.keys.push_back(laptop(name).author());
  return {out};
}

// --- what a node makes of it
// ----------------------------------------------------------------------

bool StoryVillage::has_role(const std::string& name, const std::string& role) const {
  auto member = roster_->members.find(person(name));
  return member != roster_->members.end() &&
         std::ranges::any_of(member->second.roles,
                             [&](const RoleGrant& granted) { return granted.role == role; });
}

bool StoryVillage::may_write(const std::string& laptop_name, const std::string& registry) const {
  return roster_->may(laptop(laptop_name).author(), registry, kWrite);
}

std::uint64_t StoryVillage::minutes_of(const std::string& laptop_name,
                                       std::vector<ChangeId> knowing,
                                       const std::string& registry) const {
  return graph_.effective_end(knowing, laptop(laptop_name).author(), registry);
}

// --- the story
// ------------------------------------------------------------------------------------

Story::Story(const Says& more)
    : changes_{founding_change(more)}, told_(SpaceId{changes_[0].id.value}) {
  ends_["Wang"] = 1;
  last_["Wang"] = previous_["Wang"] = changes_[0].id;
  log_ends_["Wang"] = changes_[0].id;
  logs_.places[changes_[0].id] = {changes_[0].author, Seq{0}, std::nullopt};
  told_.add(changes_[0]);
}

std::vector<ChangeId> Story::with_own(const std::string& laptop_name,
                                      std::vector<ChangeId> knowing) {
  if (auto own = last_.find(laptop_name); own != last_.end()) knowing.push_back(own->second);
  if (knowing.empty()) knowing.push_back(founding());
  std::ranges::sort(knowing);
  knowing.erase(std::unique(knowing.begin(), knowing.end()), knowing.end());
  return knowing;
}

ChangeId Story::add(const std::string& laptop_name, std::vector<ChangeId> knowing, Says what) {
  std::ranges::sort(knowing);
  RosterChange change{.id = ChangeId{hash_of(laptop_name + std::to_string(changes_.size())).value},
                      .author = laptop(laptop_name).author(),
                      .seq = {ends_[laptop_name]},
                      .pins = std::move(knowing),
                      .operations = std::move(what),
                      .witnessed = std::exchange(witnessed_, {})};
  if (auto own = previous_.find(laptop_name); own != previous_.end())
    change.own_previous = own->second;
  lengthen(laptop_name, change.id);
  told_.add(change, logs_.paths());
  previous_[laptop_name] = change.id;
  if (told_.is_admissible(change.id)) last_[laptop_name] = change.id;
  changes_.push_back(change);
  return change.id;
}

/// The change is the next one on the branch that is written on.
ChangeId Story::lengthen(const std::string& laptop_name, const ChangeId& id) {
  logs_.places[id] = {laptop(laptop_name).author(), Seq{ends_[laptop_name]++},
                      log_ends_[laptop_name]};
  log_ends_[laptop_name] = id;
  return id;
}

ChangeId Story::writes(const std::string& laptop_name, std::uint64_t count) {
  ChangeId out;
  for (; count > 0; --count)
    out = lengthen(
        laptop_name,
        ChangeId{
            hash_of("record change " + laptop_name + std::to_string(logs_.places.size())).value});
  return out;
}

ChangeId Story::change_no(const std::string& laptop_name, std::uint64_t seq) const {
  for (const ChangeId& id : logs_.path_to(log_ends_.at(laptop_name).value()))
    if (logs_.places.at(id).seq.value == seq) return id;
  FAIL("a story names changes that there are");
  return {};
}

ChangeId Story::says(const std::string& laptop_name, const std::vector<ChangeId>& knowing,
                     Says what) {
  return add(laptop_name, with_own(laptop_name, knowing), std::move(what));
}

void Story::goes_on_after(const std::string& laptop_name, const std::optional<ChangeId>& own) {
  previous_.erase(laptop_name);
  last_.erase(laptop_name);
  ends_[laptop_name] = 0;
  log_ends_[laptop_name] = own;
  std::optional<ChangeId> at = own;
  while (at) {
    auto change = std::ranges::find(changes_, *at, &RosterChange::id);
    previous_.emplace(laptop_name, *at);
    ends_[laptop_name] = std::max(ends_[laptop_name], change->seq.value + 1);
    if (told_.is_admissible(*at)) last_.emplace(laptop_name, *at);
    at = change->own_previous;
  }
}

ChangeId Story::says_having_read(const std::map<std::string, std::uint64_t>& witnessed,
                                 const std::string& laptop_name,
                                 const std::vector<ChangeId>& knowing, Says what) {
  for (const auto& [name, count] : witnessed) having_read("Town", name, change_no(name, count - 1));
  return says(laptop_name, knowing, std::move(what));
}

void Story::having_read(const std::string& name, const std::string& laptop_name,
                        const ChangeId& stated, std::uint64_t seq) {
  witnessed_.witness = laptop(node_of(name)).author();
  witnessed_.seq = Seq{seq};
  witnessed_.id = ChangeId{hash_of("statement" + std::to_string(logs_.places.size())).value};
  witnessed_.tips[laptop(laptop_name).author()] = {logs_.places.at(stated).seq, stated};
}

void Story::node_states(const std::string& name, const std::vector<ChangeId>& knowing,
                        const std::string& laptop_name, std::uint64_t seq,
                        const std::optional<ChangeId>& id) {
  std::vector<ChangeId> pins = knowing.empty() ? std::vector{founding()} : knowing;
  std::ranges::sort(pins);
  const std::string made = node_of(name) + std::to_string(statements_.size());
  StatedChange stated{.witness = laptop(node_of(name)).author(),
                      .seq = {ends_[node_of(name)]++},
                      .id = ChangeId{hash_of(made).value},
                      .pins = std::move(pins),
                      .stated_seq = {seq},
                      .stated = id.value_or(ChangeId{hash_of("record change " + made).value})};
  statements_.emplace_back(laptop(laptop_name).author(), std::move(stated));
}

ChangeId Story::says_beside_itself(const std::string& laptop_name, std::vector<ChangeId> knowing,
                                   Says what) {
  return add(laptop_name, std::move(knowing), std::move(what));
}

ChangeId Story::quorum_says(const std::string& laptop_name, const std::vector<ChangeId>& knowing,
                            const std::vector<std::string>& signers, Says what,
                            const std::vector<ChangeId>& voided) {
  std::vector<ChangeId> pins = with_own(laptop_name, knowing);
  what.emplace_back(Epoch{.voided = voided, .signatures = {}});
  const Hash hash = epoch_hash(space(), laptop(laptop_name).author(), pins, what);
  for (const std::string& signer : signers)
    std::get<Epoch>(what.back()).signatures.push_back(cosign_epoch(laptop(signer), hash));
  return add(laptop_name, std::move(pins), std::move(what));
}

/// Of those that name what is there, again and again.
void Story::tell_of_statements(RosterGraph& graph) const {
  for (const auto& [author, stated] : statements_)
    if (std::ranges::all_of(stated.pins, [&](const ChangeId& id) { return graph.contains(id); }))
      graph.note_statement(author, stated);
}

void Story::expect(const std::function<void(const StoryVillage&)>& expectations) const {
  RosterOracle oracle(space(), changes_, logs_);
  for (const auto& [name, point] : forks_) oracle.note_fork(laptop(name).author(), point);
  for (const auto& [author, stated] : statements_) oracle.note_statement(author, stated);
  for (int number = 0; number < 3; ++number) {
    CAPTURE(number);
    RosterGraph graph(space());
    // Somebody tells of the forks when nothing is there yet, in the middle, or at the end.
    std::size_t added = 0;
    auto tell_of_forks = [&] {
      if (added != changes_.size() * static_cast<std::size_t>(number) / 2) return;
      for (const auto& [name, point] : forks_) graph.note_fork(laptop(name).author(), Seq{point});
    };
    tell_of_forks();
    for (std::size_t i : order_no(number, changes_)) {
      graph.add(changes_[i], logs_.paths());
      ++added;
      tell_of_forks();
      if (number < 2) tell_of_statements(graph);
      // Asking in between fills the caches, which must not change any answer.
      if (number == 1) graph.now();
    }
    tell_of_statements(graph);
    REQUIRE(difference(graph, oracle, changes_) == "");
    for (const RosterChange& change : changes_) {
      const std::vector<ChangeId> heads{change.id};
      REQUIRE(difference(*graph.at(heads), oracle.roster(heads)) == "");
      for (const auto& [name, end] : ends_)
        for (const std::string registry : {"minutes", "witness"})
          REQUIRE(graph.effective_end(heads, laptop(name).author(), registry) ==
                  oracle.effective_end(heads, laptop(name).author(), registry));
    }
    expectations(StoryVillage(graph));
  }
}

}  // namespace cunju::test
