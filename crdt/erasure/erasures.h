// SPDX-License-Identifier: Apache-2.0
//
// What the erasing acts of one space add up to: a pure function of the parts in kErasuresRegistry,
// whatever their order. Only parts that have their place and are not void speak here; both are
// decided by a change's ancestors for ever. With, at the pins of an approval b,
//   member(b) = whose device signed it, may(b) ⇔ that member has kApprove in kErasuresRegistry,
//   needed(b) = members that the policy demands (members_needed):
//   approvers(b, a) = { member(b) } ∪ { member(e) | e ∈ earlier(b), may(e), a ∈ acts(e) }
//   confirmed(a)   ⇔ some b with may(b) and a ∈ acts(b) has |approvers(b, a)| ≥ needed(b)
//   hidden(a)      ⇔ a is not late (crdt/roster/roster_law.h), or confirmed(a)
// An act that restricts hides in the same way, and its confirmation destroys nothing. It is lifted,
// and hides nothing any more, by an act that lifts, names it, and is confirmed with nothing late in
// what confirms it:
//   lifted(a) ⇔ some l that lifts has a ∈ lifted(l) and fate(l) = kDestroyed
// A lift names acts by their hashes, so whoever restricts again afterwards, or beside it, does so
// by an act that it does not name. An act that erases is lifted only as long as it is not
// confirmed, and then whoever asked for it takes it back, or one who may approve refuses:
//   lifted(a) ⇔ fate(a) < kConfirmed and some l that lifts has a ∈ lifted(l) and is confirmed as
//               above, or is not late and has member(l) = member(a) or may(l)
// A confirmation that comes beside it, or after it, counts: what is confirmed is never void.
// An act's author counts only if he approves as well. What an approval names is named by its hash,
// so it was there when that was signed: a confirmation has all that it needs among its ancestors,
// and nothing that comes later takes it back. Lateness is different: a removed member can backdate,
// and two can do it together. So a body is to be *destroyed* only where nothing of what confirms
// its act is late as the roster stands; views never depend on it. Parts that carry the roster,
// definitions, statements, keys and erasures themselves can't be erased: nodes need them to agree.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "crdt/change/change.h"
#include "crdt/erasure/erasure_act.h"
#include "crdt/roster/roster.h"

namespace cunju {

/// Members that have to approve where no policy line says otherwise.
inline constexpr std::size_t kErasureMembers = 2;
/// The greatest number from 1 to limits::kMaxErasureMembers that a line of kErasureMembersPrefix
/// names; never less than kErasureMembers as long as so many could approve.
std::size_t members_needed(const Roster& roster);

/// What the roster at its pins says of who speaks.
struct ErasureVoice {
  MemberId member;
  bool may_approve = false;
  std::size_t needed = kErasureMembers;
};
/// Nobody's device: a voice that approves nothing.
ErasureVoice erasure_voice(const Roster& roster, const AuthorKey& author);

/// One part of the registry that has its place and is not void.
struct ErasureStatement {
  ChangeId id;
  AuthorKey author;
  ErasureVoice voice;
  bool is_late = false;
  std::optional<ErasureAct> act;
  std::optional<ErasureApproval> approval;
};

/// What is to become of a part, from least to most.
enum class Fate : std::uint8_t {
  kNone = 0,
  kHidden = 1,     ///< An act in force names it.
  kConfirmed = 2,  ///< Erased for good; who has the body still shows nothing of it.
  kDestroyed = 3,  ///< And nothing speaks against destroying it.
};

struct ActStanding {
  const ErasureStatement* statement = nullptr;
  /// How far it has come. What it names comes as far, and never beyond kHidden if it restricts.
  Fate fate = Fate::kNone;
  std::set<MemberId> approvers;  ///< Of all approvals, whether one has seen the others or not.
  bool is_lifted = false;        ///< It hides nothing any more.
};

class Erasures {
 public:
  Erasures() = default;
  explicit Erasures(std::vector<ErasureStatement> statements);
  Erasures(Erasures&&) = default;
  Erasures& operator=(Erasures&&) = default;

  /// By the act's change.
  const std::map<ChangeId, ActStanding>& acts() const { return acts_; }
  std::span<const ErasureStatement> statements() const { return statements_; }
  /// The greatest of all acts that name it and are not lifted.
  const std::map<ErasureTarget, Fate>& fates() const { return fates_; }
  Fate fate_of(const ErasureTarget& target) const;

 private:
  void settle_lifts();

  std::vector<ErasureStatement> statements_;
  std::map<ChangeId, ActStanding> acts_;
  std::map<ErasureTarget, Fate> fates_;
};

/// False for a part of the registries that nodes need to agree.
bool may_be_erased(const Part& part);
/// Whether a reader has to look at fates for it: part by part, `fate_of` says which.
using FateOf = std::function<Fate(const ErasureTarget&)>;
/// Makes of a change what is shown of it: what is hidden stands as erased, and what somebody says
/// is erased, without an act here that has come as far as `erased_from`, stands as withheld. True:
/// something is changed. An export leaves out what is hidden, so who reads it takes kHidden.
bool apply_fates(Change& change, const FateOf& fate_of, Fate erased_from = Fate::kConfirmed);
/// The part without its body; hashes stay. Of a part that is present.
Part erased_form(const Part& part);

}  // namespace cunju
