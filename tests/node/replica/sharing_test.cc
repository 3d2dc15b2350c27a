// SPDX-License-Identifier: Apache-2.0
// Who shares what is kept as the rosters say it, with the sum that the logs give, whatever happens;
// and a session that starts from a meeting finds what a sketch of everything would find.
#include <catch2/catch.hpp>
#include <memory>
#include <random>

#include "node/replica/sharing.h"
#include "tests/support/fail_nth.h"
#include "tests/support/replica_fixture.h"
#include "tests/support/session_pair.h"

using namespace cunju;
using namespace cunju::test;

namespace {

void check_kept(TestReplica& replica, std::span<const WireKey> wires) {
  for (const WireKey& wire : wires) {
    const std::vector<SpaceId> shared = require(replica->shared_spaces(wire));
    CHECK(shared == require(replica->recompute_shared(wire)));
    CHECK(require(replica->knows_peer(wire)) == !shared.empty());
    const sync::SharedSum sum = require(replica->shared_sum(wire));
    CHECK(sum.digest == require(replica->recompute_shared_digest(wire)));
    CHECK(sum.spaces == shared.size());
    std::uint64_t heads = 0;
    for (const SpaceId& space : shared) heads += require(replica->heads(space)).size();
    CHECK(sum.heads == heads);
  }
}

/// Of a log with more branches than heads() names, too.
void check_kept_sum(TestReplica& replica, const WireKey& wire) {
  CHECK(require(replica->shared_sum(wire)).digest ==
        require(replica->recompute_shared_digest(wire)));
}

/// Logs by when they were last written to, as their changes say.
std::map<std::pair<SpaceId, AuthorKey>, Seq> logs_of(TestReplica& replica, const WireKey& wire) {
  std::map<std::pair<SpaceId, AuthorKey>, Seq> out;
  for (const SpaceId& space : require(replica->shared_spaces(wire)))
    for (const sync::AuthorHead& head : require(replica->heads(space)))
      out[{space, head.author}].value += head.seq.value + 1;
  return out;
}

struct Book {
  Village village;
  std::vector<Person> people;
};

/// Two committees' books on two nodes, in which people and their computers come and go.
struct Country {
  explicit Country(std::uint64_t seed) : random(seed), one(seed), two(seed + 1000) {
    for (int i = 0; i < 3; ++i) {
      Book book{found_village(*one, one.random()), {}};
      wires.push_back(book.village.founder.wire.wire());
      add(book, "李");
      add(book, "周");
      liars.push_back(admit_person(*one, book.village, one.random(), "钱"));
      wires.push_back(liars.back().wire.wire());
      std::vector<RosterOperation> entry = admit_operations(guest, book.village.space, {"clerk"});
      entry.emplace_back(node_entry(guest, book.village.space));
      require(one->append_roster(book.village.space, book.village.founder.device, entry, 0));
      books.push_back(std::move(book));
    }
    wires.push_back(guest.wire.wire());
    for (const Book& book : books) pull(*two, *one, book.village.space);
  }

  void remove(const Book& book, const Person& person) {
    const RosterOperation removal =
        RemoveMember{.member = person.member,
                     .cuts = {{.author = person.device.author(), .end = 0, .last = {}}}};
    (void)one->append_roster(book.village.space, book.village.founder.device, {&removal, 1}, 0);
  }
  void add(Book& book, const std::string& name) {
    book.people.push_back(admit_person(*one, book.village, one.random(), name));
    wires.push_back(book.people.back().wire.wire());
  }

  void step(int number) {
    Book& book = books[random() % books.size()];
    const SpaceId& space = book.village.space;
    const bool is_at_one = random() % 2 == 0;
    replica::Replica& where = is_at_one ? *one : *two;
    switch (random() % 8) {
      case 0:
      case 1:
      case 2: {
        // Each writes on a node of its own, or it would fork its log.
        const replica::ChangeDraft draft =
            draft_of(one.random().make<RecordId>(), {set_field("n", std::int64_t{number})});
        (void)where.append(space, book.people[is_at_one ? 0 : 1].device, {&draft, 1}, 0);
        return;
      }
      case 3:
        if (book.people.size() < 6) add(book, std::to_string(number));
        return;
      case 4:
        // Whose computer is in the other books as well.
        if (random() % 3 == 0) return remove(book, guest);
        if (book.people.size() < 4) return;
        remove(book, book.people.back());
        book.people.pop_back();
        return;
      case 5: {
        const std::size_t at = random() % books.size();
        const std::vector<ChangeId> pins = require(one->roster_heads(books[at].village.space));
        // Always the first change of its log: the second of these forks it.
        const Change change =
            forge_change(liars[at].device, books[at].village.space, nullptr, pins,
                         {forge_part(one.random().make<RecordId>(), {}, {set_field("a", "x")})});
        require(where.accept(books[at].village.space, std::vector<sync::Run>{{{change}}}));
        return;
      }
      default:
        pull(*two, *one, space);
        if (random() % 2 == 0) pull(*one, *two, space);
    }
  }

  std::mt19937_64 random;
  TestReplica one, two;
  Person guest = make_person(one.random(), "客");
  std::vector<Book> books;
  std::vector<Person> liars;
  std::vector<WireKey> wires;
};

/// What a session of these two said, by kind.
struct Talk {
  std::size_t news = 0, symbols = 0, lists = 0, bytes = 0;
};

Talk meet(replica::Replica& a, replica::Replica& b, const WireKey& key_of_a,
          const WireKey& key_of_b, std::uint8_t channel) {
  testing::SessionPair pair(a, b, {.leave_when_caught_up = true}, {},
                            testing::test_handshake_hash(channel), key_of_a, key_of_b);
  pair.start();
  REQUIRE(pair.pump());
  Talk out;
  for (std::size_t side : {0u, 1u}) {
    REQUIRE(pair.side(side).close);
    if (pair.side(side).close->error) INFO(pair.side(side).close->error->context);
    CHECK_FALSE(pair.side(side).close->error);
    for (const Bytes& said : pair.side(side).sent) {
      const wire::Message message = require(wire::decode_message(said));
      out.news += std::holds_alternative<wire::News>(message) ? 1 : 0;
      out.symbols += std::holds_alternative<wire::Symbols>(message) ? 1 : 0;
      out.lists += std::holds_alternative<wire::Spaces>(message) ? 1 : 0;
      out.bytes += said.size();
    }
  }
  return out;
}

}  // namespace

TEST_CASE("who shares what, and its sum, are kept as rosters and logs give them, after anything") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    Country all(seed);
    for (int number = 0; number < 30; ++number) {
      CAPTURE(number);
      all.step(number);
      check_kept(all.one, all.wires);
      check_kept(all.two, all.wires);
    }
    const WireKey wire = all.wires.front();
    const Hash before = require(all.one->shared_sum(wire)).digest;
    require(all.one->rebuild_views());
    check_kept(all.one, all.wires);
    all.one.reopen();
    check_kept(all.one, all.wires);
    CHECK(require(all.one->shared_sum(wire)).digest == before);
  }
}

TEST_CASE("the logs written to since a position are those that have changed since") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    Country all(seed);
    // A copy: every step may bring another one.
    for (const WireKey& wire : std::vector<WireKey>(all.wires)) {
      const auto before = logs_of(all.one, wire);
      const std::vector<SpaceId> shared = require(all.one->shared_spaces(wire));
      const std::uint64_t position = require(all.one->position());
      for (int number = 0; number < 6; ++number) all.step(number);
      if (seed % 2 == 0) require(all.one->rebuild_views());
      std::set<std::pair<SpaceId, AuthorKey>> changed;
      for (const auto& [log, seq] : logs_of(all.one, wire)) {
        const auto found = before.find(log);
        if (found == before.end() || found->second != seq) changed.insert(log);
      }
      const auto recent = require(all.one->recent_logs(wire, position));
      REQUIRE(recent);
      std::set<std::pair<SpaceId, AuthorKey>> kept;
      for (const sync::RecentLog& log : *recent) CHECK(kept.insert({log.space, log.author}).second);
      // Of a log with more heads than are told of, or of a space that came to be shared, more.
      CHECK(std::ranges::includes(kept, changed));
      if (require(all.one->shared_spaces(wire)) == shared) CHECK(kept == changed);
    }
  }
}

TEST_CASE("two that have met tell each other news, and have the same then") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    const testing::Sketching sketching(true);
    Country all(seed);
    const WireKey first = all.books[0].village.founder.wire.wire();
    const WireKey second = all.liars[0].wire.wire();
    const SpaceId space = all.books[0].village.space;
    std::uint8_t channel = 0;
    std::size_t news = 0, equal = 0;
    for (int round = 0; round < 12; ++round) {
      CAPTURE(round);
      for (int number = 0; number < 3; ++number) all.step(100 * round + number);
      const bool is_equal =
          require(all.one->state_hash(space)) == require(all.two->state_hash(space));
      const Talk talk = meet(*all.one, *all.two, first, second, ++channel);
      news += talk.news;
      CHECK(require(all.one->state_hash(space)) == require(all.two->state_hash(space)));
      CHECK(require(all.one->view_hash(space)) == require(all.two->view_hash(space)));
      if (is_equal) {
        ++equal;
        CHECK(talk.news + talk.symbols + talk.lists == 0);
      }
      // Again, and nothing has changed.
      const Talk again = meet(*all.one, *all.two, first, second, ++channel);
      CHECK(again.news + again.symbols + again.lists == 0);
      CHECK(again.bytes < 300);
      check_kept(all.one, all.wires);
      check_kept(all.two, all.wires);
    }
    CHECK(news > 0);
  }
}

TEST_CASE(
    "a node that was restored from an old copy does not begin from a meeting it has forgotten") {
  TestReplica one(1);
  const Village village = found_village(*one, one.random());
  const Person li = admit_person(*one, village, one.random(), "李");
  const WireKey first = village.founder.wire.wire(), second = li.wire.wire();
  TestReplica two(2), old(3);
  const testing::Sketching sketching(true);
  const auto write = [&] {
    write_record(*one, village.space, village.founder, one.random().make<RecordId>(),
                 {set_field("n", std::int64_t{1})});
  };
  pull(*two, *one, village.space);
  pull(*old, *one, village.space);
  // Both copies of the other node have met this one; one of them goes on.
  (void)meet(*one, *old, first, second, 1);
  write();
  CHECK(meet(*one, *two, first, second, 2).news == 0);
  write();
  CHECK(meet(*one, *two, first, second, 3).news == 2);
  write();
  const Talk talk = meet(*one, *old, first, second, 4);
  CHECK(talk.news == 0);
  CHECK(talk.symbols > 0);
  CHECK(require(one->state_hash(village.space)) == require(old->state_hash(village.space)));
}

TEST_CASE("who comes to share another space is sent all of it, whatever was met before") {
  TestReplica one(1), two(2);
  const Village first = found_village(*one, one.random());
  const Person li = admit_person(*one, first, one.random(), "李");
  const Village second = found_village(*one, one.random());
  const WireKey wire_one = first.founder.wire.wire(), wire_two = li.wire.wire();
  write_record(*one, second.space, second.founder, one.random().make<RecordId>(),
               {set_field("n", std::int64_t{1})});
  pull(*two, *one, first.space);
  (void)meet(*one, *two, wire_one, wire_two, 1);
  (void)meet(*one, *two, wire_one, wire_two, 2);
  const std::uint64_t before = require(one->position());
  // The second book takes both computers in; the other one hears of it by invitation.
  std::vector<RosterOperation> operations = admit_operations(li, second.space, {"clerk"});
  operations.emplace_back(node_entry(li, second.space));
  require(one->append_roster(second.space, second.founder.device, operations, 0));
  require(two->join(second.space, wire_one));
  // A session that began before this does not share it yet.
  CHECK(require(one->shared_before(wire_two, before)) == std::vector{first.space});
  CHECK_FALSE(require(one->is_shared_before(wire_two, second.space, before)));
  CHECK(require(one->is_shared_before(wire_two, second.space, before + 1)));
  (void)meet(*one, *two, wire_one, wire_two, 3);
  CHECK(require(one->state_hash(second.space)) == require(two->state_hash(second.space)));
}

TEST_CASE("a row that gives a stranger a space is passed over") {
  TestReplica one(1);
  const Village village = found_village(*one, one.random());
  const Village other = found_village(*one, one.random());
  const WireKey known = village.founder.wire.wire();
  const replica::Tables tables = require(replica::Tables::of(one.store()));
  REQUIRE(require(one->shared_spaces(known)) == std::vector{village.space});
  // The row of one space is put beside it for the other one.
  require(one.store().write([&](store::WriteTransaction& txn) -> Result<void> {
    Bytes key, value;
    CUNJU_TRYV(txn.scan_prefix(tables.shared, {}, [&](ByteView at, ByteView row) {
      if (equal(at.subspan(replica::PeerMark::kSize), village.space.view())) {
        key = to_bytes(at);
        value = to_bytes(row);
      }
      return true;
    }));
    std::ranges::copy(other.space.view(), key.begin() + replica::PeerMark::kSize);
    return txn.put(tables.shared, key, value);
  }));
  CHECK(require(one->shared_spaces(known)) == std::vector{village.space});
  CHECK_FALSE(require(one->is_shared_before(known, other.space, 1'000'000)));
  CHECK(require(one->is_shared_before(known, village.space, 1'000'000)));
}

TEST_CASE("a write that fails at any step leaves who shares what, and what both had met with") {
  FailNth faults;
  TestReplica one(1, &faults);
  const Village village = found_village(*one, one.random());
  const WireKey wire = village.founder.wire.wire();
  require(one->note_met(wire, UINT64_MAX));
  std::uint64_t failures = 0;
  for (std::uint64_t n = 1;; ++n) {
    CAPTURE(n);
    const sync::SharedSum before = require(one->shared_sum(wire));
    REQUIRE(before.met);
    const Person li = make_person(one.random(), "李");
    std::vector<RosterOperation> operations = admit_operations(li, village.space, {"clerk"});
    operations.emplace_back(node_entry(li, village.space));
    faults.arm(n);
    const auto result = one->append_roster(village.space, village.founder.device, operations, 0);
    const bool fired = faults.fired();
    faults.arm(0);
    check_kept(one, std::vector{wire, li.wire.wire()});
    if (!fired) {
      CHECK(require(one->knows_peer(li.wire.wire())));
      CHECK(require(one->shared_sum(wire)).digest != before.digest);
      break;
    }
    ++failures;
    REQUIRE_FALSE(result);
    CHECK_FALSE(require(one->knows_peer(li.wire.wire())));
    CHECK(require(one->shared_sum(wire)).digest == before.digest);
    CHECK(require(one->shared_sum(wire)).met->digest == before.met->digest);
  }
  CHECK(failures >= 8);
}

TEST_CASE("who has met is known to have what was written here, also later and by another clerk") {
  TestReplica one(1);
  const Village village = found_village(*one, one.random());
  const Person li = admit_person(*one, village, one.random(), "李");
  const WireKey peer = li.wire.wire();
  const auto write = [&](const Person& who) {
    return write_record(*one, village.space, who, one.random().make<RecordId>(),
                        {set_field("n", std::int64_t{1})});
  };
  const auto last_told = [&](const Person& who) {
    const auto told = require(one->told(village.space, who.author()));
    return told.empty() ? ChangeId() : told.front().id;
  };
  one->set_own_authors({village.founder.author()});
  write(li);
  for (int time = 0; time < 2; ++time) {
    const ChangeId last = write(village.founder);
    CHECK(last_told(village.founder) != last);
    require(one->note_met(peer, UINT64_MAX));
    CHECK(last_told(village.founder) == last);
    CHECK(last_told(li).is_zero());
  }
  // The other clerk is unlocked; what she wrote before the last meeting was met with as well.
  one->set_own_authors({village.founder.author(), li.author()});
  require(one->note_met(peer, UINT64_MAX));
  CHECK_FALSE(last_told(li).is_zero());
}

TEST_CASE("a peer is noted to have what was here when it was asked, and nothing that came later") {
  TestReplica one(1);
  const Village village = found_village(*one, one.random());
  const Person li = admit_person(*one, village, one.random(), "李");
  const WireKey peer = li.wire.wire();
  one->set_own_authors({village.founder.author()});
  const auto write = [&] {
    return write_record(*one, village.space, village.founder, one.random().make<RecordId>(),
                        {set_field("n", std::int64_t{1})});
  };
  const auto told = [&] { return require(one->told(village.space, village.founder.author())); };
  write();
  const std::uint64_t looked = require(one->position());
  write();
  require(one->note_met(peer, looked));
  CHECK(told().empty());
  require(one->note_caught_up(village.space, peer, looked));
  CHECK(told().empty());
  const ChangeId last = write();
  require(one->note_met(peer, require(one->position())));
  REQUIRE(told().size() == 1);
  CHECK(told().front().id == last);
  ;
  // Nor of a space that came to be shared with it since then.
  one->set_own_authors({li.author()});
  write_record(*one, village.space, li, one.random().make<RecordId>(),
               {set_field("n", std::int64_t{1})});
  const std::uint64_t alone = require(one->position());
  const WireKey zhou = admit_person(*one, village, one.random(), "周").wire.wire();
  require(one->note_met(zhou, alone));
  CHECK(require(one->told(village.space, li.author())).empty());
  require(one->note_met(zhou, require(one->position())));
  CHECK(require(one->told(village.space, li.author())).size() == 1);
}

namespace {

/// Changes that all begin the same log.
std::vector<Change> sign_branches(TestReplica& replica, const Village& village, const Person& liar,
                                  std::size_t count) {
  const std::vector<ChangeId> pins = require(replica->roster_heads(village.space));
  std::vector<Change> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(
        forge_change(liar.device, village.space, nullptr, pins,
                     {forge_part(replica.random().make<RecordId>(), {}, {set_field("a", "x")})}));
  return out;
}

void take(TestReplica& replica, const Village& village, std::span<const Change> branches) {
  for (const Change& change : branches)
    require(replica->accept(village.space, std::vector<sync::Run>{{{change}}}));
}

}  // namespace

TEST_CASE("a branch beyond those that are named makes a difference, and comes over") {
  const testing::Sketching sketching(GENERATE(false, true));
  const bool have_met = GENERATE(false, true);
  TestReplica one(1), two(2);
  const Village village = found_village(*one, one.random());
  const Person li = admit_person(*one, village, one.random(), "李");
  const Person liar = admit_person(*one, village, one.random(), "钱");
  const WireKey first = village.founder.wire.wire(), second = li.wire.wire();
  pull(*two, *one, village.space);
  const std::vector<Change> branches =
      sign_branches(one, village, liar, limits::kMaxHeadsPerAuthor + 4);
  const std::span<const Change> named = std::span(branches).first(limits::kMaxHeadsPerAuthor + 1);
  take(one, village, named);
  take(two, village, named);
  if (have_met) (void)meet(*one, *two, first, second, 1);
  // Each gets some that the other has not.
  take(one, village, std::span(branches).subspan(named.size(), 2));
  take(two, village, std::span(branches).subspan(named.size() + 2));
  CHECK(require(one->shared_sum(second)).digest != require(two->shared_sum(first)).digest);
  (void)meet(*one, *two, first, second, 2);
  for (TestReplica* each : {&one, &two}) {
    for (const Change& change : branches)
      CHECK(require((*each)->has_change(village.space, change.id)));
    check_kept_sum(*each, each == &one ? second : first);
  }
  CHECK(require(one->state_hash(village.space)) == require(two->state_hash(village.space)));
  CHECK(require(one->shared_sum(second)).digest == require(two->shared_sum(first)).digest);
  const Talk quiet = meet(*one, *two, first, second, 3);
  CHECK(quiet.news + quiet.symbols + quiet.lists == 0);
}

TEST_CASE("a log of very many branches crosses whole") {
  TestReplica one(1), two(2);
  const Village village = found_village(*one, one.random());
  const Person li = admit_person(*one, village, one.random(), "李");
  const Person liar = admit_person(*one, village, one.random(), "钱");
  pull(*two, *one, village.space);
  take(one, village, sign_branches(one, village, liar, 500));
  (void)meet(*one, *two, village.founder.wire.wire(), li.wire.wire(), 1);
  CHECK(require(one->state_hash(village.space)) == require(two->state_hash(village.space)));
  CHECK(require(one->shared_sum(li.wire.wire())).digest ==
        require(two->shared_sum(village.founder.wire.wire())).digest);
}
