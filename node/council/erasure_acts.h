// SPDX-License-Identifier: Apache-2.0
//
// Acts of erasing and approvals, as drafts for Replica::append. Which parts they name is the
// replica's to say (Replica::parts_of); what they bring about is crdt/erasure's. No state.
#pragma once

#include <set>
#include <span>
#include <vector>

#include "node/replica/replica.h"

namespace cunju::council {

/// What stands in an act besides the parts; it stays for ever, so it names no person. Each text has
/// at most limits::kMaxErasureTextBytes bytes of UTF-8.
struct ErasureGrounds {
  std::string reason;
  std::string basis;
  std::string asked_by;
};

/// What an erasure names: what goes, and what is kept, hidden from everybody.
struct ErasureTargets {
  std::vector<ErasureTarget> erase;
  std::vector<ErasureTarget> restrict;
};

/// The acts of one erasure, whose record is `erasure`: of each effect one for each
/// limits::kMaxErasureTargets parts. Errors: kInvalidArgument (nothing to name; a text that is no
/// UTF-8), kLimit (a text, or more acts than one approval names).
Result<std::vector<replica::ChangeDraft>> plan_erasure(const RecordId& erasure,
                                                       const ErasureGrounds& grounds,
                                                       const ErasureTargets& targets);

/// The act, whose record is `lift`, by which acts that restrict are to restrict nothing any more;
/// it needs as many approvals as an erasure. With the record of an erasure, it takes back acts of
/// it that erase and are not confirmed (crdt/erasure/erasures.h). Errors: kInvalidArgument (no act;
/// a text that is no UTF-8), kLimit.
Result<replica::ChangeDraft> plan_lift(const RecordId& lift, const ErasureGrounds& grounds,
                                       const std::vector<ChangeId>& acts);

/// Whether an approval may name the act, one of `all` of its record: it waits for one, and is
/// neither taken back nor in `late`, the changes whose author's right was taken.
bool may_be_approved(const replica::ErasureEntry& act, std::span<const replica::ErasureEntry> all,
                     const std::set<ChangeId>& late);

/// Whether one more approval by the member changes anything where `needed` have to approve: of some
/// act he is heard for the first time, or brings together what others approved apart.
bool does_approval_count(std::span<const replica::ErasureEntry> acts,
                         const std::set<ChangeId>& late, const MemberId& member,
                         std::size_t needed);

/// One approval of all acts of an erasure that may be approved, resting on the newest approval of
/// each member that is here and not in `late`. `acts`: of one record, not empty (CUNJU_CHECK), the
/// first of them before what takes others back. Errors: kExists (nothing waits), kLimit.
Result<replica::ChangeDraft> plan_erasure_approval(std::span<const replica::ErasureEntry> acts,
                                                   const std::set<ChangeId>& late = {});

}  // namespace cunju::council
