// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/forger.h"

#include <algorithm>
#include <utility>

#include "crdt/witness/statement.h"
#include "tests/support/replica_fixture.h"

namespace cunju::simulation {
namespace {

constexpr std::size_t kFloodChanges = 24;

}  // namespace

std::span<const Forger::Lie> Forger::lies() {
  static constexpr Lie kLies[] = {
      {"old pins in a first change", 4, &Forger::backdate},
      {"pins that go backwards", 1, &Forger::pins_backwards},
      {"parents that do not exist", 3, &Forger::invent_parents},
      {"parents on another record", 3, &Forger::cross_records},
      {"a predecessor that does not exist", 1, &Forger::invent_prev},
      {"two words about one record", 2, &Forger::say_twice},
      {"links and bodies that do not decode", 2, &Forger::garble},
      {"a roster act without the right", 2, &Forger::grab_rights},
      {"another registry for a known record", 2, &Forger::claim_registry},
      {"a signature that does not verify", 1, &Forger::break_signature},
      {"an honest change with its parts withheld", 3, &Forger::withhold_parts},
      {"honest changes once more, in a wrong order", 3, &Forger::replay},
      {"a flood of changes that wait for nothing", 1, &Forger::flood},
      {"writing on under old pins, whatever was taken meanwhile", 5, &Forger::write_on},
      {"a friend let in beside whatever was taken meanwhile", 4, &Forger::admit_friend},
      {"everybody else removed", 1, &Forger::remove_everybody},
      {"a statement about what is not so", 4, &Forger::witness_lies},
      {"a roster act that names a false statement", 2, &Forger::name_lies},
      {"an act of a quorum that is one no more", 6, &Forger::usurp, kQuorums},
  };
  return kLies;
}

std::vector<sync::Run> Forger::attack(Node& accomplice) {
  std::vector<SpareDevice*> usable;
  for (SpareDevice& device : devices_) {
    if (!device.is_burnt) usable.push_back(&device);
  }
  if (usable.empty()) return {};
  SpareDevice& device = *context_.dice.pick(usable);
  if (context_.scenario.has(kEquivocation) && context_.dice.one_in(3)) go_back(device);
  auto weight = [&](const Lie& lie) {
    return lie.fault == 0 || (lie.fault & context_.scenario.faults) != 0 ? lie.weight : 0;
  };
  std::size_t total = 0;
  for (const Lie& lie : lies()) total += weight(lie);
  std::size_t at = context_.dice.below(total);
  const Lie* lie = lies().data();
  for (; at >= weight(*lie); ++lie) at -= weight(*lie);
  ++context_.counts["lie: " + std::string(lie->name)];
  context_.note(accomplice.name() + " lies: " + std::string(lie->name));
  return (this->*lie->tell)(accomplice, device);
}

void Forger::go_back(SpareDevice& device) {
  if (device.signed_before.empty()) return;
  ++context_.counts["branches begun"];
  const std::size_t at = context_.dice.below(device.signed_before.size() + 1);
  if (at == device.signed_before.size()) {
    device.next_seq = 0;
    device.prev = {};
    return;
  }
  device.next_seq = device.signed_before[at].seq.value + 1;
  device.prev = device.signed_before[at].id;
}

Part Forger::part(const RecordId& record, const std::string& registry,
                  std::vector<ChangeId> parents) {
  const Value lie = std::string("假") + std::to_string(context_.dice.below(100));
  return test::forge_part(record, std::move(parents), {test::set_field("a", lie)}, registry);
}

std::vector<ChangeId> Forger::heads_of(Node& node, const RecordId& record) {
  std::vector<ChangeId> out;
  Result<std::optional<RecordView>> view = node.replica().view(context_.space, record);
  if (view.has_error() || !view.value()) return out;
  for (const cunju::Head& head : view.value()->heads) out.push_back(head.id);
  if (out.size() > 8) out.resize(8);
  return out;
}

std::vector<ChangeId> Forger::any_pins() {
  std::vector<std::vector<ChangeId>> known{{ChangeId{context_.space.value}}};
  for (const auto& [id, change] : context_.library) {
    if (!change.header.pins.empty()) known.push_back(change.header.pins);
  }
  return context_.dice.pick(known);
}

std::vector<ChangeId> Forger::newest_pins(Node& node) {
  // Those of the head of the longest log the accomplice can see that states any.
  Result<std::vector<sync::AuthorHead>> heads = node.replica().heads(context_.space);
  if (heads.has_error() || heads.value().empty()) return any_pins();
  const sync::AuthorHead& head = context_.dice.pick(heads.value());
  std::vector<ChangeId> pins;
  Result<void> scanned =
      node.replica().scan_log(context_.space, head.author, Seq{0}, [&](const Change& change) {
        if (!change.header.pins.empty()) pins = change.header.pins;
        return true;
      });
  return scanned.has_error() || pins.empty() ? any_pins() : pins;
}

std::vector<ChangeId> Forger::usual_pins(Node& node, const SpareDevice& device) {
  if (device.next_seq > 0) return {};
  return device.pins.empty() ? newest_pins(node) : device.pins;
}

const Change* Forger::any_honest_change() {
  if (context_.library.empty()) return nullptr;
  auto chosen = context_.library.begin();
  std::advance(chosen, static_cast<std::ptrdiff_t>(context_.dice.below(context_.library.size())));
  return &chosen->second;
}

Change Forger::sign(SpareDevice& device, std::vector<ChangeId> pins, std::vector<Part> parts) {
  ChangeHeader header{.space = context_.space,
                      .author = device.key.author(),
                      .seq = {device.next_seq},
                      .prev = device.prev,
                      .pins = std::move(pins),
                      .seen = std::exchange(seen_, {}),
                      .claimed_ms = context_.dice.roll()};
  return sign_change(device.key, std::move(header), std::move(parts));
}

std::vector<sync::Run> Forger::publish(Node& node, SpareDevice& device, std::vector<ChangeId> pins,
                                       std::vector<Part> parts) {
  if (!pins.empty()) device.pins = pins;
  Change change = sign(device, std::move(pins), std::move(parts));
  std::vector<sync::Run> runs{{{change}}};
  Result<sync::AcceptReport> own = node.recording_port().accept(context_.space, runs);
  device.is_burnt = own.has_error() || own.value().admitted == 0;
  if (!device.is_burnt) device.signed_before.push_back({change.header.seq, change.id});
  device.next_seq = change.header.seq.value + 1;
  device.prev = change.id;
  return runs;
}

std::vector<sync::Run> Forger::backdate(Node& node, SpareDevice& device) {
  const RecordId& record = context_.dice.pick(writer_.records());
  // A fresh device may pin whatever roster knew it; a later change says what it said before.
  std::vector<ChangeId> pins = device.next_seq == 0 ? any_pins() : std::vector<ChangeId>{};
  return publish(node, device, std::move(pins), {part(record, "minutes", heads_of(node, record))});
}

std::vector<sync::Run> Forger::pins_backwards(Node& node, SpareDevice& device) {
  if (device.next_seq == 0) return backdate(node, device);
  const RecordId& record = context_.dice.pick(writer_.records());
  return publish(node, device, {ChangeId{context_.space.value}}, {part(record, "minutes", {})});
}

std::vector<sync::Run> Forger::invent_parents(Node& node, SpareDevice& device) {
  const RecordId& record = context_.dice.pick(writer_.records());
  std::vector<ChangeId> parents = heads_of(node, record);
  parents.push_back(context_.random.make<ChangeId>());
  return publish(node, device, usual_pins(node, device), {part(record, "minutes", parents)});
}

std::vector<sync::Run> Forger::cross_records(Node& node, SpareDevice& device) {
  const RecordId& record = context_.dice.pick(writer_.records());
  const Change* other = any_honest_change();
  return publish(node, device, usual_pins(node, device), {part(record, "minutes", {other->id})});
}

std::vector<sync::Run> Forger::invent_prev(Node& node, SpareDevice& device) {
  device.next_seq += context_.dice.between(1, 1000);
  device.prev = context_.random.make<ChangeId>();
  const RecordId& record = context_.dice.pick(writer_.records());
  return publish(node, device, any_pins(), {part(record, "minutes", {})});
}

std::vector<sync::Run> Forger::say_twice(Node& node, SpareDevice& device) {
  const RecordId& record = context_.dice.pick(writer_.records());
  return publish(node, device, usual_pins(node, device),
                 {part(record, "minutes", heads_of(node, record)), part(record, "minutes", {}),
                  part(record, "rental", {})});
}

std::vector<sync::Run> Forger::garble(Node& node, SpareDevice& device) {
  const RecordId& record = context_.dice.pick(writer_.records());
  Part good = part(record, "minutes", heads_of(node, record));
  Part bad_body = make_part(kOpenScope, good.links, Bytes{0xFF, 1});
  Part bad_links = make_part(kOpenScope, Bytes{1, 2, 3}, good.body);
  return publish(node, device, usual_pins(node, device),
                 {bad_links, context_.dice.one_in(2) ? bad_body : good});
}

std::vector<sync::Run> Forger::act(Node& node, SpareDevice& device, std::vector<ChangeId> pins,
                                   std::span<const RosterOperation> said) {
  std::vector<Operation> operations;
  for (const RosterOperation& operation : said)
    operations.push_back(
        make_operation(OperationKind::kRoster, "", encode_roster_operation(operation)));
  return publish(node, device, pins,
                 {test::forge_part(kRosterRecord, pins, operations, std::string(kRosterRegistry))});
}

std::vector<sync::Run> Forger::grab_rights(Node& node, SpareDevice& device) {
  const test::Person puppet = test::make_person(context_.random, "傀儡");
  return act(node, device, newest_pins(node),
             test::admit_operations(puppet, context_.space, {"chair"}));
}

std::vector<sync::Run> Forger::claim_registry(Node& node, SpareDevice& device) {
  const RecordId& record = context_.dice.pick(writer_.records());
  return publish(
      node, device, usual_pins(node, device),
      {part(record, context_.dice.one_in(2) ? "votes" : "rental", heads_of(node, record))});
}

std::vector<sync::Run> Forger::break_signature(Node& node, SpareDevice& device) {
  const RecordId& record = context_.dice.pick(writer_.records());
  SpareDevice copy{.key = crypto::SigningKey::from_seed(device.key.seed()),
                   .next_seq = device.next_seq,
                   .prev = device.prev,
                   .member = device.member};
  Change change = sign(copy, newest_pins(node), {part(record, "minutes", {})});
  change.signature.value[context_.dice.below(64)] ^= 1;
  change.id = change_id(encode_header(change.header), change.signature);
  return {{{change}}};
}

std::vector<sync::Run> Forger::withhold_parts(Node&, SpareDevice&) {
  const Change* honest = any_honest_change();
  if (honest == nullptr || honest->parts.empty() || honest->header.is_founding()) return {};
  Change reduced = *honest;
  Part& part = context_.dice.pick(reduced.parts);
  if (part.scope != kOpenScope) return {};
  part.presence = context_.dice.one_in(2) ? Presence::kWithheld : Presence::kRedacted;
  part.links.clear();
  part.body.clear();
  return {{{reduced}}};
}

std::vector<sync::Run> Forger::replay(Node&, SpareDevice&) {
  std::vector<sync::Run> out;
  for (std::size_t n = context_.dice.between(2, 12); n > 0; --n) {
    const Change* change = any_honest_change();
    if (has_valid_signature(*change)) out.push_back({{*change}});
  }
  return out;
}

std::vector<sync::Run> Forger::flood(Node&, SpareDevice& device) {
  std::vector<sync::Run> out;
  const std::uint64_t first = device.next_seq + 1;
  device.is_burnt = true;
  for (std::uint64_t i = 0; i < kFloodChanges; ++i) {
    device.next_seq = first + 2 * i;
    device.prev = context_.random.make<ChangeId>();
    out.push_back({{sign(device, any_pins(), {})}});
  }
  return out;
}

std::vector<sync::Run> Forger::write_on(Node& node, SpareDevice& device) {
  const RecordId& record = context_.dice.pick(writer_.records());
  // A fresh device chooses some old roster, and stays there with whatever it says later.
  std::vector<ChangeId> pins = usual_pins(node, device);
  if (device.next_seq == 0 && device.pins.empty()) pins = any_pins();
  return publish(node, device, std::move(pins), {part(record, "minutes", heads_of(node, record))});
}

std::vector<sync::Run> Forger::admit_friend(Node& node, SpareDevice& device) {
  constexpr std::size_t kMostDevices = 24;
  if (devices_.size() > kMostDevices) return write_on(node, device);
  const test::Person person = test::make_person(context_.random, "友");
  const std::vector<ChangeId> pins = device.pins.empty() ? any_pins() : device.pins;
  std::vector<sync::Run> out =
      act(node, device, pins, test::admit_operations(person, context_.space, {"chair", "clerk"}));
  // The friend signs on top of its admission, whatever becomes of that.
  if (!device.is_burnt) {
    SpareDevice spare{.key = crypto::SigningKey::from_seed(person.device.seed()),
                      .prev = {},
                      .member = person.member,
                      .pins = {device.prev}};
    devices_.push_back(std::move(spare));
  }
  return out;
}

std::vector<sync::Run> Forger::remove_everybody(Node& node, SpareDevice& device) {
  Result<std::shared_ptr<const Roster>> roster = node.replica().roster(context_.space);
  if (roster.has_error()) return {};
  std::vector<RosterOperation> said;
  for (const auto& [id, member] : roster.value()->members) {
    if (id == device.member) continue;
    Cuts cuts;
    for (const AuthorKey& key : member.devices)
      cuts.push_back({.author = key, .end = 0, .last = {}});
    std::ranges::sort(cuts, {}, &Cut::author);
    said.emplace_back(RemoveMember{.member = id, .cuts = std::move(cuts)});
  }
  const bool is_beside = !device.pins.empty() && context_.dice.one_in(2);
  return act(node, device, is_beside ? device.pins : newest_pins(node), said);
}

/// Under old pins, mostly: as who was of the quorum once, or names another beside the one that is.
std::vector<sync::Run> Forger::usurp(Node& node, SpareDevice& device) {
  const bool goes_on = !device.pins.empty() && !context_.dice.one_in(3);
  const std::vector<ChangeId> pins = goes_on                   ? device.pins
                                     : context_.dice.one_in(2) ? any_pins()
                                                               : newest_pins(node);
  std::vector<RosterOperation> said;
  Epoch epoch;
  switch (context_.dice.below(3)) {
    case 0:
      said = test::admit_operations(test::make_person(context_.random, "友"), context_.space,
                                    {"chair"});
      break;
    case 1:
      said.emplace_back(SetQuorum{.threshold = 1, .keys = {device.key.author()}});
      break;
    default:
      epoch.voided = context_.dice.one_in(2) ? newest_pins(node) : pins;
  }
  said.emplace_back(std::move(epoch));
  const Hash hash = epoch_hash(context_.space, device.key.author(), pins, said);
  auto& signatures = std::get<Epoch>(said.back()).signatures;
  for (const crypto::SigningKey& key : signers_) signatures.push_back(cosign_epoch(key, hash));
  std::vector<sync::Run> out = act(node, device, pins, said);
  // What it named, its next act knows.
  if (!device.is_burnt) device.pins = {device.prev};
  return out;
}

/// About logs and changes that do not exist, and true ones at a wrong place.
std::vector<sync::Run> Forger::witness_lies(Node& node, SpareDevice&) {
  std::erase_if(witnesses_, [](const SpareDevice& witness) { return witness.is_burnt; });
  if (witnesses_.empty()) return {};
  SpareDevice& witness = witnesses_[context_.dice.below(witnesses_.size())];
  std::vector<WitnessedHead> heads;
  for (std::size_t n = context_.dice.between(1, 3); n > 0; --n) {
    const Change* change = any_honest_change();
    WitnessedHead head{change->header.author, change->header.seq, change->id};
    if (context_.dice.one_in(2)) head.seq.value += context_.dice.between(1, 1000);
    if (context_.dice.one_in(2)) head.id = context_.random.make<ChangeId>();
    if (context_.dice.one_in(4)) head.author = context_.random.make<AuthorKey>();
    heads.push_back(head);
  }
  std::ranges::sort(heads);
  const auto same_author = [](const WitnessedHead& a, const WitnessedHead& b) {
    return a.author == b.author;
  };
  heads.erase(std::unique(heads.begin(), heads.end(), same_author), heads.end());
  std::vector<ChangeId> parents;
  if (witness.next_seq > 0) parents.push_back(witness.prev);
  return publish(node, witness, usual_pins(node, witness),
                 {test::forge_part(witness_record(context_.space, witness.key.author()), parents,
                                   {make_statement(heads)}, std::string(kWitnessRegistry))});
}

std::vector<sync::Run> Forger::name_lies(Node& node, SpareDevice& device) {
  seen_ = context_.random.make<Hash>();
  for (const SpareDevice& witness : witnesses_)
    if (witness.next_seq > 0 && !context_.dice.one_in(4)) seen_ = Hash{witness.prev.value};
  const test::Person puppet = test::make_person(context_.random, "傀儡");
  return act(node, device, newest_pins(node),
             test::admit_operations(puppet, context_.space, {"chair"}));
}

std::vector<sync::Run> Forger::equivocate(Node& accomplice) {
  for (SpareDevice& device : devices_) {
    if (device.is_burnt) continue;
    const RecordId& record = context_.dice.pick(writer_.records());
    std::vector<ChangeId> pins = newest_pins(accomplice);
    std::vector<sync::Run> out;
    const std::uint64_t branches = context_.dice.one_in(4) ? 12 : 2;
    for (std::uint64_t branch = 0; branch < branches; ++branch)
      out.push_back({{sign(device, pins, {part(record, "minutes", {})})}});
    device.is_burnt = true;
    ++context_.counts["equivocations"];
    return out;
  }
  return {};
}

}  // namespace cunju::simulation
