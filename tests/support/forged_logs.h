// SPDX-License-Identifier: Apache-2.0
//
// Signed logs of a small space made from a seed, in memory: honest edits that know a random part of
// what went before, and lies of every kind that an authentic author can sign. For tests of what a
// set of changes adds up to. A change given by draw() may name anything drawn before it.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crdt/base/limits.h"
#include "crdt/change/change.h"
#include "crdt/change/part_codec.h"
#include "crdt/roster/roster.h"
#include "crdt/scopes/scope_keys.h"
#include "crdt/types/text/text_edits_codec.h"

namespace cunju::test {

struct LogAuthor {
  crypto::SigningKey key;
  MemberId member;
  std::uint64_t next_seq = 0;
  ChangeId prev;
  std::vector<ChangeId> pins;  ///< In force.
  std::optional<ChangeId> last_roster;
};

/// One record as its authors know it.
struct LogRecord {
  RecordId id;
  std::string registry;
  Scope scope;
  std::vector<ChangeId> changes;
};

class ForgedLogs {
 public:
  static constexpr Scope kSealedScope{1};

  explicit ForgedLogs(std::uint64_t seed) : random_(seed) {
    for (const char* role : {"chair", "clerk", "clerk", "grid", "chair"}) add_author(role);
    authors_.push_back({crypto::SigningKey::generate(random_), random_.make<MemberId>()});
    std::vector<RosterOperation> operations{FoundSpace{"清水村", "330100000000"}};
    for (std::size_t i = 0; i + 1 < authors_.size(); ++i) {
      operations.push_back(AdmitMember{authors_[i].member, "member"});
      operations.push_back(GrantRole{authors_[i].member, roles_[i], {}, {}});
      operations.push_back(device_entry(authors_[i].key, SpaceId{}, authors_[i].member));
    }
    LogAuthor& founder = authors_[0];
    Change founding =
        sign_change(founder.key, {.author = founder.key.author()}, {roster_part(operations, {})});
    space_ = founding.space();
    remember(founder, founding);
    roster_heads_ = {{founding.id}};
    for (int i = 0; i < 6; ++i)
      records_.push_back({random_.make<RecordId>(),
                          i % 2 == 0 ? "rental" : "minutes",
                          i == 5 ? kSealedScope : kOpenScope,
                          {}});
  }

  const SpaceId& space() const { return space_; }
  const std::vector<Change>& changes() const { return changes_; }
  std::uint64_t below(std::uint64_t limit) {
    std::uint64_t value = 0;
    random_.fill({reinterpret_cast<std::uint8_t*>(&value), sizeof(value)});
    return value % limit;
  }
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

  // --- pieces for directed tests ---------------------------------------------------------------
  LogAuthor& author(std::size_t i) { return authors_[i]; }
  std::vector<ChangeId> roster_heads() const { return roster_heads_.back(); }
  Part part(const LogRecord& record, std::vector<ChangeId> parents, Value value) {
    return part_of(record.id, record.registry, record.scope, std::move(parents),
                   {make_operation(OperationKind::kRegisterSet, "name", std::move(value))});
  }
  Part part_of(const RecordId& record, const std::string& registry, Scope scope,
               std::vector<ChangeId> parents, std::vector<Operation> operations) {
    std::ranges::sort(parents);
    parents.erase(std::unique(parents.begin(), parents.end()), parents.end());
    Bytes links =
        encode_links({random_.make<Salt>(), record, registry, std::move(parents)}).value();
    return make_part(scope, std::move(links),
                     encode_body({random_.make<Salt>(), std::move(operations)}).value());
  }
  Part roster_part(const std::vector<RosterOperation>& operations, std::vector<ChangeId> parents) {
    std::vector<Operation> out;
    for (const RosterOperation& operation : operations)
      out.push_back(make_operation(OperationKind::kRoster, "", encode_roster_operation(operation)));
    return part_of(kRosterRecord, std::string(kRosterRegistry), kOpenScope, std::move(parents),
                   std::move(out));
  }
  /// Signs the author's next change. Pins as in the change before when they are the same.
  Change sign(LogAuthor& author, std::vector<Part> parts, std::vector<ChangeId> pins) {
    if (author.next_seq > 0 && pins == author.pins) pins.clear();
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].scope == kSealedScope && parts[i].presence == Presence::kPresent)
        parts[i] = sealed(parts[i], author, i);
    }
    Change change = sign_change(author.key,
                                {.space = space_,
                                 .author = author.key.author(),
                                 .seq = {author.next_seq},
                                 .prev = author.prev,
                                 .pins = std::move(pins)},
                                std::move(parts));
    remember(author, change);
    return change;
  }
  /// What opens the parts of kSealedScope.
  ScopeKeys keys() const {
    ScopeKeys out;
    out.add(kSealedScope, crypto::epoch_id(epoch_key(), space_, kSealedScope), epoch_key());
    return out;
  }
  Change add_member(LogAuthor& by, std::vector<ChangeId> pins) {
    return sign(by, {roster_part({AdmitMember{random_.make<MemberId>(), "new"}}, pins)}, pins);
  }
  Change found_without_roster(LogRecord record) {
    return sign_change(authors_[0].key, {.author = authors_[0].key.author()},
                       {part(record, {}, std::string("a"))});
  }

  /// One more change by chance. `lies`: one in four breaks some law; no forks.
  void draw(bool lies) {
    LogAuthor& by = authors_[lies && below(20) == 0 ? 5 : below(5)];
    std::vector<ChangeId> pins = pick_pins(by, lies);
    if (below(8) == 0) return draw_roster_change(by, std::move(pins), lies);
    LogRecord& record = records_[below(records_.size())];
    // One in six has seen everything, and half of these open the texts again.
    const bool sees_all = below(6) == 0 && record.changes.size() <= limits::kMaxParents;
    std::vector<ChangeId> parents = sees_all ? record.changes : pick(record.changes);
    std::vector<Operation> said = operations();
    if (sees_all && below(2) == 0) add_act(said, OperationKind::kThaw);
    LogRecord named = record;
    if (lies && below(12) == 0) parents.push_back(changes_[below(changes_.size())].id);
    if (lies && below(20) == 0) named.registry = "votes";
    if (lies && below(40) == 0) parents.push_back(random_.make<ChangeId>());
    std::vector<Part> parts{part_of(named.id, named.registry, named.scope, parents, said)};
    if (below(4) == 0) add_second_record(parts);
    if (lies) bend(parts, named);
    record.changes.push_back(sign(by, std::move(parts), std::move(pins)).id);
  }

 private:
  static crypto::EpochKey epoch_key() {
    crypto::SeededRandom own(0x5EA1);
    return crypto::EpochKey::generate(own);
  }
  Part sealed(const Part& open, const LogAuthor& author, std::size_t index) {
    crypto::SealedPart out =
        crypto::seal_part(epoch_key(),
                          {.space = space_,
                           .author = author.key.author(),
                           .seq = {author.next_seq},
                           .prev = author.prev,
                           .part_index = static_cast<std::uint16_t>(index),
                           .scope = open.scope,
                           .epoch = crypto::epoch_id(epoch_key(), space_, open.scope)},
                          {open.links, open.body}, random_)
            .value();
    return make_part(open.scope, std::move(out.links), std::move(out.body));
  }

  void add_author(const char* role) {
    authors_.push_back({crypto::SigningKey::generate(random_), random_.make<MemberId>()});
    roles_.push_back(role);
  }
  void remember(LogAuthor& author, const Change& change) {
    author.next_seq = change.header.seq.value + 1;
    author.prev = change.id;
    if (!change.header.pins.empty()) author.pins = change.header.pins;
    changes_.push_back(change);
  }
  /// Somebody comes, a key goes or comes back, late changes are admitted; seldom by who may not.
  void draw_roster_change(LogAuthor& by, std::vector<ChangeId> pins, bool lies) {
    const bool is_chair = &by == &authors_[0] || &by == &authors_[4];
    // Nobody overlooks its own last act, but for liars.
    if (by.last_roster && !(lies && below(10) == 0)) pins.push_back(*by.last_roster);
    std::ranges::sort(pins);
    pins.erase(std::unique(pins.begin(), pins.end()), pins.end());
    const LogAuthor& other = authors_[1 + below(3)];
    std::vector<RosterOperation> said;
    // What its author writes under the new roster is refused, so only where somebody lies.
    switch (lies ? below(6) : 1 + below(11)) {
      case 0:
        said = {RetireDevice{{.author = other.key.author(), .end = below(other.next_seq + 1)}}};
        break;
      case 1:
      case 2:
        said = {device_entry(other.key, space_, other.member)};
        break;
      case 3:
        said = {AdmitLate{{changes_[below(changes_.size())].id, changes_.back().id}}};
        break;
      default:
        said = {AdmitMember{random_.make<MemberId>(), "new"}};
    }
    Change change = sign(by, {roster_part(said, pins)}, pins);
    // What others say of the roster counts for nothing, and nobody may pin it.
    if (!is_chair) return;
    by.last_roster = change.id;
    note_roster(change, pins);
  }
  void note_roster(const Change& change, const std::vector<ChangeId>& pins) {
    std::vector<ChangeId> heads = roster_heads_.back();
    std::erase_if(heads, [&](const ChangeId& id) { return std::ranges::count(pins, id) > 0; });
    heads.push_back(change.id);
    std::ranges::sort(heads);
    if (heads.size() <= 4) roster_heads_.push_back(std::move(heads));
  }
  /// An honest author never goes back behind its last pins.
  std::vector<ChangeId> pick_pins(LogAuthor& by, bool lies) {
    if (lies && below(30) == 0) return {changes_[below(changes_.size())].id};
    if (lies && below(30) == 0) return roster_heads_[below(roster_heads_.size())];
    if (below(3) > 0 && !by.pins.empty()) return by.pins;
    return roster_heads_.back();
  }
  std::vector<ChangeId> pick(const std::vector<ChangeId>& from) {
    std::vector<ChangeId> out;
    for (std::size_t i = from.size(); i > 0 && out.size() < 3; --i) {
      if (below(3) == 0) out.push_back(from[i - 1]);
    }
    return out;
  }
  std::vector<Operation> operations() {
    std::vector<Operation> out;
    for (std::uint64_t n = 1 + below(3); n > 0; --n) {
      Value value = std::to_string(below(5));
      switch (below(11)) {
        case 0:
          out.push_back(make_operation(OperationKind::kSetAdd, "tags", value));
          break;
        case 1:
          out.push_back(make_operation(OperationKind::kSetRemove, "tags", value));
          break;
        case 2:
          out.push_back(
              make_operation(OperationKind::kStateMove, "status", value, std::string("open")));
          break;
        case 3:
          out.push_back(make_operation(
              below(4) == 0 ? OperationKind::kDelete : OperationKind::kRegisterSet, "", NoValue{}));
          break;
        case 4:
        case 5:
        case 6:
          out.push_back(text_edit());
          break;
        case 7:
        case 8:
          add_text_act(out);
          break;
        default:
          out.push_back(make_operation(OperationKind::kRegisterSet, "name", value));
      }
    }
    return out;
  }
  /// Of one of two texts, at places that may be beyond the end; one in 16 is no edit at all.
  Operation text_edit() {
    const std::string field = below(3) == 0 ? "summary" : "content";
    if (below(16) == 0)
      return make_operation(OperationKind::kTextEdit, field, Bytes{0x00, 0x07, 0x01});
    TextEdits edits;
    for (std::uint64_t n = 1 + below(3); n > 0; --n) {
      // There is room for so few.
      if (below(3) == 0) {
        (void)edits.erase(below(12), 1 + below(4));
      } else {
        (void)edits.insert(below(12), below(2) == 0 ? "村" : "ab");
      }
    }
    return make_operation(OperationKind::kTextEdit, field, encode_text_edits(edits));
  }
  /// A confirmation; a freeze or thaw, most with the state move that they belong to.
  void add_text_act(std::vector<Operation>& out) {
    if (below(3) == 0) {
      out.push_back(make_operation(OperationKind::kTextConfirm, "content", NoValue{}));
      return;
    }
    add_act(out, below(2) == 0 ? OperationKind::kFreeze : OperationKind::kThaw);
  }
  void add_act(std::vector<Operation>& out, OperationKind act) {
    const bool freezes = act == OperationKind::kFreeze;
    if (below(4) != 0) {
      out.push_back(make_operation(OperationKind::kStateMove, "status",
                                   std::string(freezes ? "final" : "open"),
                                   std::string(freezes ? "open" : "final")));
    }
    out.push_back(make_operation(act, std::string(kFreezeField), NoValue{}));
  }
  void add_second_record(std::vector<Part>& parts) {
    LogRecord& other = records_[below(records_.size())];
    parts.push_back(
        part_of(other.id, other.registry, other.scope, pick(other.changes), operations()));
  }
  void bend(std::vector<Part>& parts, const LogRecord& record) {
    Part& first = parts.front();
    switch (below(30)) {
      case 0:
        first = make_part(first.scope, first.links, {1, 2, 3});
        break;
      case 1:
        first = make_part(first.scope, {1, 2, 3}, first.body);
        break;
      case 2:
        parts.push_back(part(record, {}, std::string("second word")));
        break;
      case 3:
        parts.push_back(part_of(kRosterRecord, "rental", kOpenScope, {}, operations()));
        break;
      case 4:
        parts.push_back(part_of(record.id, std::string(kRosterRegistry), kOpenScope, {}, {}));
        break;
      case 5:
        // Only parts of other scopes may be absent from what a full node takes.
        first = make_part(Scope{3}, first.links, first.body);
        first.presence = Presence::kWithheld;
        first.links.clear();
        first.body.clear();
        break;
      case 6:
        first = make_part(Scope{3}, first.links, {7, 7});
        break;
      default:
        break;
    }
  }

  crypto::SeededRandom random_;
  SpaceId space_;
  std::vector<LogAuthor> authors_;  ///< The last one is in no roster.
  std::vector<std::string> roles_;
  std::vector<LogRecord> records_;
  std::vector<std::vector<ChangeId>> roster_heads_;  ///< As they grew.
  std::vector<Change> changes_;
};

}  // namespace cunju::test
