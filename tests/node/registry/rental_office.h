// SPDX-License-Identifier: Apache-2.0
//
// An office that reads the persons of rentals, and erases them.
#pragma once

#include "node/council/erasure_acts.h"
#include "node/registry/erased_persons.h"
#include "tests/node/registry/book_fixture.h"
#include "tests/node/registry/person_sample.h"

namespace cunju::registry::testing {

struct RentalOffice : SampleOffice {
  explicit RentalOffice(std::uint64_t seed) : SampleOffice(seed) {
    test::open_epoch(*replica, village, replica.random(), "rental_persons");
    test::require(replica->add_own_device(founder().device));
    reload();
  }
  RecordId add_to(std::string_view registry, std::vector<Edit> edits) {
    return test::require(book().add(act(), registry, edits)).record;
  }
  /// Erases the record, and marks the person.
  RecordId erase(const RecordId& record) {
    const RecordId erasure = replica->new_record_id();
    const auto parts = test::require(replica->parts_of(space, record));
    auto drafts = test::require(council::plan_erasure(erasure, {.reason = "本人要求"},
                                                      {.erase = parts.targets, .restrict = {}}));
    const PersonQuery who = test::require(parse_person(kIdentity, kName, kPhone, kToday));
    for (auto& part : test::require(mark_person(*replica, space, erasure, who, replica.random())))
      drafts.front().parts.push_back(std::move(part));
    test::require(replica->append(space, founder().device, drafts, 5000));
    return erasure;
  }
};

}  // namespace cunju::registry::testing
