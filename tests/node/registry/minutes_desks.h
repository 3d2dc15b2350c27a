// SPDX-License-Identifier: Apache-2.0
//
// Minutes that two offices write apart.
#pragma once

#include <string>
#include <vector>

#include "tests/node/registry/book_fixture.h"

namespace cunju::registry::testing {

inline constexpr const char* kRegistry = "minutes";
inline constexpr const char* kText = "discussion";

inline Seen seen_in(Office& office, const RecordId& id) {
  const auto view = test::require(office.replica->view(office.space, id));
  REQUIRE(view.has_value());
  return seen_of(*view);
}

inline std::vector<ChangeId> heads_of(Office& office, const RecordId& id) {
  return seen_in(office, id).heads;
}

inline TextField text_in(Office& office, const RecordId& id) {
  const auto view = test::require(office.replica->view(office.space, id));
  REQUIRE(view.has_value());
  const TextField* text = view->state.find_text(kText);
  REQUIRE(text != nullptr);
  return *text;
}

inline RecordId add_minutes(SampleOffice& office, const std::string& text) {
  return test::require(office.book().add(office.act(), kRegistry,
                                         std::vector{put("meeting_no", "1"), put("state", "draft"),
                                                     put(kText, text)}))
      .record;
}

/// Two offices that write minutes apart.
struct TwoDesks {
  TwoDesks()
      : a(31), b(32), clerk(test::admit_person(*a.replica, a.village, a.replica.random(), "李敏")) {
    id = add_minutes(a, "修路灯。");
    exchange();
  }
  void exchange() { a.exchange(b); }
  void write_a(const std::string& text) {
    test::require(a.book().set(a.act(), kRegistry, id, std::vector{put(kText, text)}));
  }
  void write_b(const std::string& text) {
    test::require(b.book().set(b.act(clerk), kRegistry, id, std::vector{put(kText, text)}));
  }
  TextName name() const { return {.record = id, .registry = kRegistry, .field = kText}; }
  /// Both write, and the merge is here.
  void meet() {
    write_a("修路灯。先修三盏。");
    write_b("议题一：修路灯。");
    exchange();
    REQUIRE(text_in(a, id).is_merged);
  }

  SampleOffice a;
  Office b;
  test::Person clerk;
  RecordId id;
};

}  // namespace cunju::registry::testing
