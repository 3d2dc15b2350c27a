// SPDX-License-Identifier: Apache-2.0
//
// A village in which a record is to be erased, and who asks and approves.
#pragma once

#include "tests/support/fail_nth.h"
#include "tests/support/replica_fixture.h"

namespace cunju::test {

inline constexpr std::string_view kName = "吴小兰";

/// A chair, a supervisor and a clerk; one record of a person that is to be erased, and another.
struct Erasing {
  TestReplica office{1};
  Village village{found_village(*office, office.random())};
  SpaceId space{village.space};
  Person supervisor{admit_person(*office, village, office.random(), "监", {"supervisor"})};
  Person clerk{admit_person(*office, village, office.random(), "文", {"clerk"})};
  RecordId record{office.random().make<RecordId>()}, other{office.random().make<RecordId>()};
  RecordId erasure{office.random().make<RecordId>()};

  Erasing() {
    write_record(*office, space, clerk, record, {set_field("name", std::string(kName))}, "rental");
    write_record(*office, space, clerk, other, {set_field("name", std::string("留"))}, "rental");
    write_record(*office, space, village.founder, record,
                 {set_field("phone", std::string(kName) + "13800000000")}, "rental");
  }
  ChangeId say(TestReplica& at, const Person& by, Operation operation) const {
    return write_record(*at, space, by, erasure, {std::move(operation)},
                        std::string(kErasuresRegistry));
  }
  ChangeId act(TestReplica& at, const Person& by) const { return act(at, by, record); }
  ChangeId act(TestReplica& at, const Person& by, const RecordId& of) const {
    const auto parts = require(at->parts_of(space, of));
    REQUIRE_FALSE(parts.targets.empty());
    return say(at, by,
               erasure_act_operation({.reason = "本人要求",
                                      .basis = "个人信息保护法第四十七条",
                                      .asked_by = "本人",
                                      .targets = parts.targets}));
  }
  ChangeId approve(TestReplica& at, const Person& by, const ChangeId& act,
                   std::vector<ChangeId> earlier = {}) const {
    return say(at, by, erasure_approval_operation({.acts = {act}, .earlier = std::move(earlier)}));
  }
  /// Confirmed, at one replica.
  ChangeId erase(TestReplica& at) const { return erase(at, record); }
  ChangeId erase(TestReplica& at, const RecordId& of) const {
    const ChangeId said = act(at, clerk, of);
    const ChangeId first = approve(at, village.founder, said);
    approve(at, supervisor, said, {first});
    return said;
  }
  std::string name(TestReplica& at, const RecordId& of) const {
    const auto view = require(at->view(space, of));
    if (!view) return "(none)";
    const Field* field = view->state.find("name", FieldKind::kRegister);
    return field == nullptr ? "" : std::get<std::string>(field->winner());
  }
  replica::ErasureEntry entry(TestReplica& at) const {
    const auto report = require(at->erasures(space));
    REQUIRE(report.acts.size() == 1);
    return report.acts.front();
  }
  /// Whether any part of any log says the name.
  bool is_in_logs(TestReplica& at) const {
    for (const Change& change : all_changes(*at, space)) {
      for (const Part& part : change.parts) {
        const Result<Body> body = decode_body(part.body);
        if (body.has_error()) continue;
        for (const Operation& operation : body.value().operations) {
          const auto* text = std::get_if<std::string>(&operation.value);
          if (text != nullptr && text->find(kName) != std::string::npos) return true;
        }
      }
    }
    return false;
  }
  bool is_in_history(TestReplica& at) const {
    for (const replica::HistoryEntry& each : require(at->history(space, record)))
      if (!each.operations.empty()) return true;
    return false;
  }
};

/// A record, and an office whose disk fails while something is confirmed about it.
struct FailingOffice {
  FailNth disk;  ///< None until armed.
  TestReplica at{1, &disk};
  Village village{found_village(*at, at.random())};
  Person supervisor{admit_person(*at, village, at.random(), "监", {"supervisor"})};
  RecordId record{at.random().make<RecordId>()};

  struct Attempt {
    bool is_said = false;    ///< It is durable, as far as the supervisor was told.
    bool has_fired = false;  ///< A step has failed.
  };

  FailingOffice() {
    write_record(*at, village.space, village.founder, record,
                 {set_field("name", std::string(kName))});
  }
  /// The n-th step fails. Afterwards the office is opened anew, as after a power cut.
  Attempt confirm(std::uint64_t n, const replica::ChangeDraft& confirmation) {
    Attempt out;
    disk.arm(n);
    out.is_said = at->append(village.space, supervisor.device, {&confirmation, 1}, 0).has_value();
    out.has_fired = disk.fired();
    disk.arm(0);
    at.reopen();
    return out;
  }
  void confirm_again(const replica::ChangeDraft& confirmation) {
    require(at->append(village.space, supervisor.device, {&confirmation, 1}, 0));
  }
};

}  // namespace cunju::test
