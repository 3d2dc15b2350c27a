// SPDX-License-Identifier: Apache-2.0
#include "tests/crdt/roster/random_roster.h"

#include <algorithm>

namespace cunju::test {
namespace {

/// Making keys is slow, so every history has the same people.
const std::vector<crypto::SigningKey>& people() {
  static const std::vector<crypto::SigningKey> kPeople = [] {
    crypto::SeededRandom random(2026);
    std::vector<crypto::SigningKey> out;
    for (int i = 0; i < 7; ++i) out.push_back(crypto::SigningKey::generate(random));
    return out;
  }();
  return kPeople;
}

MemberId member_no(std::uint64_t number) {
  MemberId out;
  out.value[0] = static_cast<std::uint8_t>(number);
  return out;
}

}  // namespace

const std::vector<std::string>& RandomRoster::roles() const {
  static const std::vector<std::string> kOld{"chair", "chair", "chair", "clerk", "deputy"};
  static const std::vector<std::string> kRoles{"chair", "chair",  "chair",
                                               "clerk", "deputy", "office"};
  return has_witnesses_ ? kRoles : kOld;
}

const std::vector<std::string>& RandomRoster::registries() const {
  static const std::vector<std::string> kOld{"roster", "*", "minutes", "rental"};
  static const std::vector<std::string> kRegistries{"roster", "*", "minutes", "rental", "witness"};
  return has_witnesses_ ? kRegistries : kOld;
}

RandomRoster::RandomRoster(std::uint64_t seed, const RandomRosterOptions& options)
    : random_(seed),
      space_{new_id().value},
      has_forks_(options.has_forks),
      has_witnesses_(options.has_witnesses),
      has_quorums_(options.has_quorums),
      has_peers_(!one_in(3)),
      graph_(space_) {
  // Not everybody: somebody has to be there who builds on a branch.
  for (std::uint64_t n = has_forks_ ? 1 + random_() % 2 : 0; n > 0; --n)
    forgers_.insert(one_in(2) ? people()[0].author() : random_author());
  found();
  std::size_t size =
      options.min_changes + random_() % (options.max_changes - options.min_changes + 1);
  while (changes_.size() < size) grow();
}

ChangeId RandomRoster::new_id() {
  ChangeId out;
  for (std::uint8_t& byte : out.value) byte = static_cast<std::uint8_t>(random_());
  return out;
}

void RandomRoster::add(RosterChange change, const std::optional<ChangeId>& prev) {
  logs_.places[change.id] = {change.author, change.seq, prev};
  graph_.add(change, logs_.paths());
  if (graph_.is_admissible(change.id)) live_.push_back(change.id);
  ends_[change.author] = std::max(ends_[change.author], change.seq.value + 1);
  own_[change.author].push_back(changes_.size());
  changes_.push_back(std::move(change));
}

void RandomRoster::found() {
  RosterChange change{.id = ChangeId{space_.value}, .author = people()[0].author(), .pins = {}};
  auto& out = change.operations;
  out = {FoundSpace{.name = "槐树村", .code = "110101001001"}};
  for (std::uint64_t i = 0; i < (has_peers_ ? 3 : 1); ++i) {
    out.emplace_back(AdmitMember{member_no(i), std::to_string(i)});
    out.emplace_back(GrantRole{member_no(i), "chair", "", ""});
    out.emplace_back(GrantRole{member_no(i), "clerk", "", ""});
    out.emplace_back(device_entry(people()[i], SpaceId{}, member_no(i)));
  }
  // Nodes of the first of them; a key may be a device's and a node's at once.
  for (std::uint64_t i = 0; has_witnesses_ && i < 2; ++i) {
    if (one_in(2)) continue;
    AddNode node{.node = people()[6 - i].node(), .wire = {}, .name = "n", .member = member_no(i)};
    node.wire.value[0] = static_cast<std::uint8_t>(7 + i);
    node.signature = sign_node_entry(people()[6 - i], SpaceId{}, node.wire, node.member);
    out.emplace_back(node);
    out.emplace_back(GrantRole{member_no(i), "office", "", ""});
  }
  if (one_in(has_quorums_ ? 2 : 4))
    out.emplace_back(SetQuorum{has_quorums_ ? std::uint16_t{1} : std::uint16_t{2},
                               {people()[0].author(), people()[1].author(), people()[2].author()}});
  add(std::move(change));
}

// --- who, where
// -----------------------------------------------------------------------------------

AuthorKey RandomRoster::random_author() { return pick(people()).author(); }
MemberId RandomRoster::pick_member() { return member_no(random_() % 5); }

AuthorKey RandomRoster::random_author(const std::vector<ChangeId>& pins) {
  auto roster = graph_.at(pins);
  if (roster->devices.empty() || one_in(5)) return random_author();
  if (has_witnesses_ && !roster->nodes.empty() && one_in(3))
    return AuthorKey{std::next(roster->nodes.begin(),
                               static_cast<std::ptrdiff_t>(random_() % roster->nodes.size()))
                         ->first.value};
  return std::next(roster->devices.begin(),
                   static_cast<std::ptrdiff_t>(random_() % roster->devices.size()))
      ->first;
}

std::string RandomRoster::random_registry() { return pick(registries()); }

std::set<ChangeId> RandomRoster::random_pins() {
  std::set<ChangeId> out;
  // Mostly what is new; sometimes from far back, or all of it.
  for (std::uint64_t n = one_in(3) ? 2 : 1; n > 0; --n) {
    std::size_t back = std::min<std::size_t>(live_.size(), one_in(3) ? live_.size() : 6);
    out.insert(live_[live_.size() - 1 - random_() % back]);
  }
  if (one_in(10)) {
    std::vector<ChangeId> heads = graph_.heads();
    out.insert(heads.begin(), heads.end());
  }
  return out;
}

/// Mostly somebody who may write there, so that not too much is dead.
AuthorKey RandomRoster::pick_author(const std::set<ChangeId>& pins) {
  auto roster = graph_.at(std::vector(pins.begin(), pins.end()));
  std::vector<AuthorKey> out;
  for (const auto& [author, member] : roster->devices)
    if (roster->may(author, kRosterRegistry, kWrite)) out.push_back(author);
  return out.empty() || one_in(20) ? random_author() : pick(out);
}

/// After the author's last change, or after an old one or none of them; and what of the log comes
/// before it then.
std::optional<ChangeId> RandomRoster::choose_branch(RosterChange& change) {
  const std::vector<std::size_t>& own = own_[change.author];
  std::optional<std::size_t> after;
  if (!own.empty()) after = own.back();
  if (after && forgers_.contains(change.author) && one_in(2)) {
    after = pick(own);
    if (one_in(6)) after.reset();
  }
  std::uint64_t end = 0;
  if (after) {
    change.own_previous = changes_[*after].id;
    end = changes_[*after].seq.value + 1;
  }
  std::optional<ChangeId> prev = change.own_previous;
  auto record = last_record_.find({change.author, change.own_previous});
  // Who forks a log may leave out what it wrote in the records as well.
  if (record != last_record_.end() && !(forgers_.contains(change.author) && one_in(2))) {
    prev = record->second;
    end = logs_.places[*prev].seq.value + 1;
  }
  change.seq.value = end + random_() % 3;
  return prev;
}

/// After a roster change of the author's, mostly the last; a forger's on either branch.
NamedChange RandomRoster::write_record(const AuthorKey& author) {
  std::optional<ChangeId> after;
  if (!own_[author].empty()) after = changes_[own_[author].back()].id;
  if (after && forgers_.contains(author) && one_in(2)) after = changes_[pick(own_[author])].id;
  auto record = last_record_.find({author, after});
  std::optional<ChangeId> prev = after;
  if (record != last_record_.end() && !(forgers_.contains(author) && one_in(3)))
    prev = record->second;
  NamedChange out{{random_() % 2}, new_id()};
  if (prev) out.seq.value += logs_.places[*prev].seq.value + 1;
  logs_.places[out.id] = {author, out.seq, prev};
  last_record_.insert_or_assign({author, after}, out.id);
  records_[author].push_back(out.id);
  ends_[author] = std::max(ends_[author], out.seq.value + 1);
  return out;
}

/// Some change of the author's that there is.
NamedChange RandomRoster::pick_named(const AuthorKey& author) {
  if (one_in(3)) return write_record(author);
  std::vector<ChangeId> all = records_[author];
  for (std::size_t i : own_[author]) all.push_back(changes_[i].id);
  if (all.empty()) return write_record(author);
  // Mostly what is new.
  const ChangeId id = one_in(3)
                          ? pick(all)
                          : all[all.size() - 1 - random_() % std::min<std::size_t>(all.size(), 3)];
  return {logs_.places[id].seq, id};
}

void RandomRoster::add_own_last(const RosterChange& change, std::set<ChangeId>& pins) const {
  std::optional<ChangeId> own = change.own_previous;
  while (own && !graph_.is_admissible(*own))
    own = std::ranges::find(changes_, *own, &RosterChange::id)->own_previous;
  if (own) pins.insert(*own);
}

std::vector<std::pair<AuthorKey, Seq>> RandomRoster::random_notes() {
  std::vector<std::pair<AuthorKey, Seq>> out;
  if (!has_forks_) return out;
  for (std::uint64_t n = random_() % 4; n > 0; --n) {
    const AuthorKey author = random_author();
    const std::uint64_t end = ends_.contains(author) ? ends_[author] : 0;
    out.emplace_back(author, Seq{random_() % (end + 1)});
  }
  return out;
}

std::vector<std::pair<AuthorKey, StatedChange>> RandomRoster::random_statements() {
  std::vector<std::pair<AuthorKey, StatedChange>> out;
  if (!has_forks_ || !has_witnesses_) return out;
  for (std::uint64_t n = random_() % 5; n > 0; --n) {
    const AuthorKey& forger = *forgers_.begin();
    const bool is_of_forger = !own_[forger].empty() && !one_in(4);
    const RosterChange& of = is_of_forger ? changes_[pick(own_[forger])] : pick(changes_);
    // Mostly a node of the founding change, with pins at which it may have been there.
    const std::size_t node = one_in(4) ? random_() % people().size() : 5 + random_() % 2;
    StatedChange stated{.witness = people()[node].author(),
                        .seq = {random_() % 4},
                        .id = new_id(),
                        .pins = {pick(live_)},
                        .stated_seq = of.seq,
                        .stated = of.id};
    if (one_in(3)) stated.stated = new_id();
    if (one_in(4)) stated.stated_seq = {random_() % (ends_[of.author] + 1)};
    if (one_in(3) && stated.pins.front() != live_.back()) stated.pins.push_back(live_.back());
    std::ranges::sort(stated.pins);
    out.emplace_back(one_in(8) ? random_author() : of.author, std::move(stated));
  }
  return out;
}

std::vector<ChangeId> RandomRoster::random_heads() {
  std::set<ChangeId> out;
  for (std::uint64_t n = 1 + random_() % 3; n > 0; --n)
    out.insert(one_in(10) ? pick(changes_).id : pick(live_));
  return {out.begin(), out.end()};
}

std::vector<std::size_t> RandomRoster::random_order() {
  std::vector<std::size_t> out, left(changes_.size());
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
  std::set<ChangeId> added;
  while (!left.empty()) {
    std::vector<std::size_t> ready;
    for (std::size_t i : left) {
      const RosterChange& change = changes_[i];
      if (std::ranges::all_of(change.pins, [&](auto& pin) { return added.contains(pin); }) &&
          (!change.own_previous || added.contains(*change.own_previous)))
        ready.push_back(i);
    }
    std::size_t next = pick(ready);
    out.push_back(next);
    added.insert(changes_[next].id);
    std::erase(left, next);
  }
  return out;
}

// --- cuts
// -----------------------------------------------------------------------------------------

Cut RandomRoster::cut_for(const AuthorKey& author) {
  std::uint64_t end = ends_.contains(author) ? ends_[author] : 0;
  if (has_forks_ && one_in(2) && !own_[author].empty()) {
    const RosterChange& last = changes_[pick(own_[author])];
    return {author, last.seq.value + 1, last.id};
  }
  if (has_witnesses_ && !one_in(3)) {
    const NamedChange last = pick_named(author);
    // Seldom under a number that it has not.
    return {author, last.seq.value + (one_in(10) ? random_() % 4 : 1), last.id};
  }
  switch (random_() % 5) {
    case 0:
      return {author, 0, {}};
    case 1:
      return {author, end + random_() % 4, new_id()};
    case 2:
      return {author, end, new_id()};
    default:
      return {author, random_() % (end + 1), new_id()};
  }
}

Cuts RandomRoster::cuts_for(const std::set<AuthorKey>& devices) {
  Cuts out;
  for (const AuthorKey& device : devices)
    if (!one_in(25)) out.push_back(cut_for(device));
  // Nodes' logs may be cut and need not be.
  if (has_witnesses_ && one_in(4)) out.push_back(cut_for(people()[5 + random_() % 2].author()));
  if (one_in(10)) out.push_back(cut_for(random_author()));
  return out;
}

Cuts RandomRoster::cuts_for(const Roster& pinned, const MemberId& member) {
  auto found = pinned.members.find(member);
  return cuts_for(found == pinned.members.end() ? std::set<AuthorKey>() : found->second.devices);
}

Cuts RandomRoster::cuts_for(const Roster& pinned, const std::string& role) {
  std::set<AuthorKey> devices;
  for (const auto& [id, member] : pinned.members)
    for (const RoleGrant& grant : member.roles)
      if (grant.role == role) devices.insert(member.devices.begin(), member.devices.end());
  return cuts_for(devices);
}

// --- what is said
// ---------------------------------------------------------------------------------

/// Some keys are nobody else's: their owners sign for no other member.
AddDevice RandomRoster::entry_of(const MemberId& member, const crypto::SigningKey& device) const {
  AddDevice out = device_entry(device, space_, member);
  const auto number = static_cast<std::size_t>(&device - people().data());
  if (number != member.value[0] && (number + member.value[0]) % 4 == 0) out.signature = {};
  return out;
}

void RandomRoster::say_puppet(std::vector<RosterOperation>& out) {
  MemberId member = pick_member();
  out.emplace_back(AdmitMember{member, std::to_string(random_() % 3)});
  out.emplace_back(GrantRole{member, pick(roles()), "", ""});
  out.emplace_back(entry_of(member, one_in(3) ? pick(people()) : people()[member.value[0]]));
}

void RandomRoster::say_giving(std::vector<RosterOperation>& out) {
  MemberId member = pick_member();
  switch (random_() % 4) {
    case 0:
      out.emplace_back(AdmitMember{member, std::to_string(random_() % 3)});
      break;
    case 1:
      out.emplace_back(entry_of(member, pick(people())));
      break;
    default:
      out.emplace_back(GrantRole{member, pick(roles()), one_in(4) ? "2026-01-01" : "", ""});
  }
}

void RandomRoster::say_taking(const Roster& pinned, std::vector<RosterOperation>& out) {
  MemberId member = pick_member();
  switch (random_() % 6) {
    case 0: {
      std::string role = pick(roles());
      out.emplace_back(EndRole{member, role, cuts_for(pinned, member)});
      break;
    }
    case 1:
      out.emplace_back(RetireDevice{cut_for(random_author())});
      break;
    default:
      out.emplace_back(RemoveMember{member, cuts_for(pinned, member)});
  }
}

void RandomRoster::say_policy(const Roster& pinned, std::vector<RosterOperation>& out) {
  std::string role = pick(roles()), registry = pick(registries());
  auto rights = static_cast<std::uint8_t>(random_() % 8);
  if (one_in(2)) {
    // What no removal cycle is made of, and still takes from each other.
    role = "chair";
    registry = kRosterRegistry;
    rights = one_in(2) ? std::uint8_t{kRead} : std::uint8_t{kRead | kWrite};
  }
  out.emplace_back(SetPolicy{role, registry, rights, cuts_for(pinned, role)});
}

void RandomRoster::say_node(std::vector<RosterOperation>& out) {
  const crypto::SigningKey& node = people()[random_() % 3];
  if (one_in(3)) {
    out.emplace_back(RetireNode{node.node()});
  } else if (one_in(3)) {
    out.emplace_back(SetReplication{node.node(), static_cast<Replication>(random_() % 3)});
  } else {
    AddNode entry{.node = node.node(),
                  .wire = {},
                  .name = "n",
                  .replication = Replication::kFull,
                  .member = pick_member(),
                  .signature = {}};
    entry.wire.value[0] = static_cast<std::uint8_t>(random_() % 2);
    entry.signature = sign_node_entry(node, space_, entry.wire, entry.member);
    if (one_in(6)) entry.signature.value[0] ^= 1;
    out.emplace_back(entry);
  }
}

void RandomRoster::say_rare(std::vector<RosterOperation>& out) {
  switch (random_() % 4) {
    case 0:
      out.emplace_back(AdmitLate{{pick(live_), new_id()}});
      break;
    case 1:
      if (one_in(4)) out.emplace_back(UnknownRosterOperation{});
      break;
    case 2:
      out.emplace_back(FoundSpace{.name = "usurped", .code = "2"});
      // Two names that fight for two numbers.
      out.emplace_back(OpenEpoch{.scope = Scope{static_cast<std::uint16_t>(1 + out.size() % 2)},
                                 .name = live_.size() % 3 == 0 ? "a" : "b",
                                 .epoch = *crypto::EpochId::from(
                                     crypto::hash({space_.view(), live_.back().view()}).view()),
                                 .wraps = {}});
      break;
    default:
      out.emplace_back(random_quorum());
  }
}

SetQuorum RandomRoster::random_quorum() {
  SetQuorum out{static_cast<std::uint16_t>(1 + random_() % 2), {}};
  for (std::uint64_t n = 2 + random_() % 2; n > 0; --n) out.keys.push_back(random_author());
  if (one_in(8)) out.threshold = static_cast<std::uint16_t>(random_() % 9);
  return out;
}

/// Signatures of whoever the quorum may be; some too few, some wrong.
void RandomRoster::sign_by_quorum(RosterChange& change) {
  Epoch epoch;
  for (std::uint64_t n = random_() % 3; n > 0; --n) epoch.voided.push_back(pick(live_));
  if (has_quorums_ && one_in(2)) change.operations.emplace_back(Seal{});
  change.operations.emplace_back(epoch);
  const Hash hash = epoch_hash(space_, change.author, change.pins, change.operations);
  auto quorum = graph_.at(change.pins)->quorum;
  for (const crypto::SigningKey& key : people())
    if (std::ranges::find(quorum.keys, key.author()) != quorum.keys.end() && !one_in(8) &&
        !(has_quorums_ && one_in(2)))
      std::get<Epoch>(change.operations.back()).signatures.push_back(cosign_epoch(key, hash));
  auto& signatures = std::get<Epoch>(change.operations.back()).signatures;
  if (!signatures.empty() && one_in(6)) signatures[0].signature.value[0] ^= 1;
  if (!signatures.empty() && one_in(10)) signatures.push_back(signatures[0]);
}

/// The statement that the change names, mostly of a node of the founding change: what it has told
/// before, and more of some logs.
void RandomRoster::witness(RosterChange& change) {
  const AuthorKey node =
      people()[one_in(4) ? random_() % people().size() : 5 + random_() % 2].author();
  WitnessedLogs& told = told_[node];
  told.witness = node;
  told.seq.value += random_() % 2;
  told.id = new_id();
  for (std::uint64_t n = 1 + random_() % 3; n > 0; --n) {
    const AuthorKey log = has_forks_ && one_in(2) ? *forgers_.begin() : random_author();
    const NamedChange stated = pick_named(log);
    std::optional<NamedChange> tip;
    if (auto before = told.tips.find(log); before != told.tips.end() && !one_in(6))
      tip = before->second;
    extend_path(tip, log, stated, logs_.paths());
    told.tips[log] = *tip;
  }
  change.witnessed = told;
}

void RandomRoster::grow() {
  std::set<ChangeId> pins = random_pins();
  RosterChange change{.id = new_id(), .author = pick_author(pins), .pins = {}};
  const std::optional<ChangeId> prev = choose_branch(change);
  if (!one_in(20)) add_own_last(change, pins);
  change.pins = {pins.begin(), pins.end()};
  change.is_well_formed = !one_in(40);
  auto pinned = graph_.at(change.pins);
  for (std::uint64_t n = 1 + random_() % 2; n > 0; --n) {
    std::uint64_t kind = random_() % 20;
    if (kind < 5) say_puppet(change.operations);
    if (kind >= 5 && kind < 7) say_giving(change.operations);
    if (kind >= 7 && kind < 14) say_taking(*pinned, change.operations);
    if (kind >= 14 && kind < 17) say_policy(*pinned, change.operations);
    if (kind == 17) say_node(change.operations);
    if (kind >= 18) say_rare(change.operations);
  }
  if (has_witnesses_ && one_in(4)) witness(change);
  const bool is_founder = change.author == people()[0].author();
  if (has_quorums_ && one_in(3) && (is_founder || pinned->quorum.threshold != 0))
    change.operations.emplace_back(random_quorum());
  if (pinned->quorum.threshold != 0 && one_in(has_quorums_ ? 2 : 5)) sign_by_quorum(change);
  add(std::move(change), prev);
}

}  // namespace cunju::test
