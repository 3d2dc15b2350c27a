// SPDX-License-Identifier: Apache-2.0
//
// Erasures in which somebody speaks whose right was taken, so that his word lies in the late tray:
// who that is, what can be done, and what it would bring about to admit it. Enough approvals with a
// late one among them, or of a late act, hide for good and destroy nothing
// (crdt/erasure/erasures.h), so nobody may be left without the way out.
#pragma once

#include <boost/json/object.hpp>

#include "cli/doctor_report.h"
#include "cli/known_erasures.h"

namespace cunju::cli {

/// Says whose act or approval is late, and the ways out; adds `late[]` to `out`. Nothing is late:
/// says nothing.
void say_late_voices(const Invocation& call, const KnownErasures& known, const RecordId& erasure,
                     boost::json::object& out);

/// kConflict in words, after the erasure was shown, where one more approval by the member changes
/// nothing, since whoever asked or approved has no right any more.
Result<void> require_approval_counts(Invocation& call, node::Node& node, const FoundErasure& found,
                                     const MemberId& member);

/// Changes in the late tray that speak of erasures, by the erasure.
std::map<RecordId, std::set<ChangeId>> erasures_among(const KnownErasures& known,
                                                      const std::set<ChangeId>& changes);
/// What becomes of an erasure when these changes of it are admitted: "destroys", "may_destroy",
/// "hides", "approves", "restricts", "lifts", "withdraws", "nothing".
struct Admission {
  std::string_view id;
  Label text;
};
Admission admission_of(const KnownErasures& known, const RecordId& erasure,
                       const std::set<ChangeId>& admitted);
/// Shows the erasure, and says what admitting the changes does to it.
Result<void> show_admission(Invocation& call, node::Node& node, const KnownErasures& known,
                            const RecordId& erasure, const std::set<ChangeId>& admitted);
/// Whether an act that these changes make, or approve of, was taken back by somebody whose word
/// stands, or whose word is late as well and is not among them.
bool was_taken_back(const KnownErasures& known, const RecordId& erasure,
                    const std::set<ChangeId>& admitted);

/// Names each erasure that is approved and never destroyed as things stand.
Result<void> check_erasures(DoctorReport& doctor, const Invocation& call, node::Node& node,
                            const SpaceId& space);

}  // namespace cunju::cli
