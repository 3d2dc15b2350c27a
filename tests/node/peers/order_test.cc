// SPDX-License-Identifier: Apache-2.0
// An office's link that is cut midway: what has arrived by then.
#include <catch2/catch.hpp>
#include <random>

#include "tests/node/peers/peer_node.h"

namespace cunju::test {
namespace {

struct District {
  District() : village(1, "文书甲"), office(2, "街道") {
    for (std::size_t i = 0; i < 9; ++i) spaces.push_back(found());
    meet();
    for (const SpaceId& space : spaces) REQUIRE(is_whole(space));
  }
  SpaceId found() {
    const SpaceId space = village.found("村");
    const auto member = village.random.make<MemberId>();
    const std::vector<RosterOperation> operations{
        AdmitMember{member, "街道办"}, GrantRole{member, "office", {}, {}},
        AddNode{.node = office.keys.node.node(),
                .wire = office.keys.wire.wire(),
                .name = "街道",
                .member = member,
                .signature =
                    sign_node_entry(office.keys.node, space, office.keys.wire.wire(), member)}};
    require(village.replica->append_roster(space, village.keys.author, operations, 1));
    require(office.replica->join(space, village.keys.wire.wire()));
    return space;
  }
  void write(const SpaceId& space, int count, const crypto::SigningKey& author) {
    std::vector<replica::ChangeDraft> drafts;
    for (int i = 0; i < count; ++i)
      drafts.push_back(
          draft_of(village.random.make<RecordId>(), {set_field("a", std::string(300, 'x'))}));
    require(village.replica->append(space, author, drafts, 1));
  }
  /// Somebody with a device of its own is let in, by the chair.
  crypto::SigningKey admit(const SpaceId& space, const std::string& name) {
    auto key = crypto::SigningKey::generate(village.random);
    const auto member = village.random.make<MemberId>();
    const std::vector<RosterOperation> operations{AdmitMember{member, name},
                                                  GrantRole{member, "clerk", {}, {}},
                                                  device_entry(key, space, member)};
    require(village.replica->append_roster(space, village.keys.author, operations, 1));
    return key;
  }
  bool is_whole(const SpaceId& space) {
    return std::ranges::all_of(require(village.replica->heads(space)),
                               [&](const sync::AuthorHead& head) {
                                 return require(office.replica->has_change(space, head.id));
                               });
  }
  bool knows(const SpaceId& space, const std::string& name) {
    return std::ranges::any_of(require(office.replica->roster(space))->names,
                               [&](const auto& entry) { return entry.second == name; });
  }
  std::unique_ptr<MemoryWire> line() {
    office.manager->set_leave_when_caught_up(true);
    return call(office, village, "office");
  }
  void meet() { line()->pump(); }

  PeerNode village, office;
  std::vector<SpaceId> spaces;
};

}  // namespace

TEST_CASE("When a link is cut midway the rosters and the small spaces have arrived", "[order]") {
  District district;
  const SpaceId large = district.spaces[std::random_device{}() % district.spaces.size()];
  const auto clerk = district.admit(large, "李");
  district.meet();
  district.write(large, 400, clerk);
  for (const SpaceId& space : district.spaces)
    if (space != large) district.write(space, 2, district.village.keys.author);
  district.admit(large, "新来的");
  const auto records = [&] {
    std::uint64_t out = 0;
    for (const sync::AuthorHead& head :
         require(district.office.replica->heads_of(large, clerk.author())))
      out = head.seq.value + 1;
    return out;
  };
  auto line = district.line();
  bool is_far = false;
  while (!is_far && line->step()) is_far = records() > 0;
  REQUIRE(is_far);
  line->cut();
  CHECK(district.knows(large, "新来的"));
  CHECK_FALSE(district.is_whole(large));
  for (const SpaceId& space : district.spaces) CHECK((space == large || district.is_whole(space)));
  district.meet();
  CHECK(district.is_whole(large));
}

}  // namespace cunju::test
