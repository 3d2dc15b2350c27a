// SPDX-License-Identifier: Apache-2.0
//
// Which acts an approval names, and whether one more changes anything.
#include "node/council/erasure_acts.h"

#include <catch2/catch.hpp>

namespace cunju::council {
namespace {

ChangeId change(std::uint8_t number) {
  ChangeId out;
  out.value.fill(number);
  return out;
}

MemberId member(std::uint8_t number) {
  MemberId out;
  out.value.fill(number);
  return out;
}

replica::ErasureEntry act_of(Fate fate) {
  return {.erasure = {},
          .act = change(1),
          .author = {},
          .claimed_ms = 0,
          .said = {.effect = ErasureEffect::kErase,
                   .reason = "r",
                   .basis = "b",
                   .asked_by = "",
                   .targets = {}},
          .fate = fate,
          .is_lifted = false,
          .approvers = {},
          .approvals = {},
          .receipts = {}};
}

}  // namespace

TEST_CASE("an act that is late is in no approval, though enough have approved of it", "[erasure]") {
  const std::vector<replica::ErasureEntry> late = {act_of(Fate::kNone)};
  CHECK_FALSE(may_be_approved(late.front(), late, {}));
  CHECK_FALSE(does_approval_count(late, {}, member(1), 2));
  CHECK(plan_erasure_approval(late).has_error());
  const std::vector<replica::ErasureEntry> approved = {act_of(Fate::kConfirmed)};
  CHECK(may_be_approved(approved.front(), approved, {}));
  CHECK_FALSE(may_be_approved(approved.front(), approved, {change(1)}));
  CHECK(plan_erasure_approval(approved, {change(1)}).has_error());
}

TEST_CASE("an approval rests on none that is late, and is one more or brings others together",
          "[erasure]") {
  std::vector<replica::ErasureEntry> acts = {act_of(Fate::kConfirmed)};
  acts.front().approvals = {{change(2), member(1)}, {change(3), member(2)}};
  const auto draft = plan_erasure_approval(acts, {change(3)});
  REQUIRE(draft.has_value());
  const auto approval = read_erasure_approval(draft.value().parts.front().operations);
  REQUIRE(approval.has_value());
  CHECK(approval->earlier == std::vector<ChangeId>{change(2)});
  // The first member has said all that he can, as long as the other one's is late.
  CHECK_FALSE(does_approval_count(acts, {change(3)}, member(1), 2));
  CHECK(does_approval_count(acts, {change(3)}, member(1), 1));
  CHECK(does_approval_count(acts, {change(3)}, member(3), 2));
  CHECK(does_approval_count(acts, {}, member(1), 2));
}

}  // namespace cunju::council
