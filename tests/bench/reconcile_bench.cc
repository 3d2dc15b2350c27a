// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <deque>

#include "net/sync/session.h"
#include "tests/bench/benches.h"
#include "tests/bench/measure.h"
#include "tests/bench/village.h"
#include "tests/support/heads_port.h"

namespace cunju::bench {
namespace {

using testing::HeadsPort;

/// Two sessions in memory until both are done, one trip of all that is on its way after the other.
struct Meeting {
  std::size_t bytes = 0;
  std::size_t messages = 0;
  std::size_t trips = 0;  ///< Until nothing but plans and goodbyes was said: two are a round trip.
  std::array<double, 2> cpu_ms{};
  std::array<std::uint64_t, 2> planned{};
};

bool reconciles(const Bytes& bytes) {
  return must(wire::decode_message(bytes)).index() < wire::Message(wire::Plan{}).index();
}

Meeting meet(sync::Port& a, sync::Port& b, const WireKey& key_of_a, const WireKey& key_of_b,
             std::uint8_t channel) {
  const Bytes handshake_hash(64, channel);
  const sync::Options once{.leave_when_caught_up = true};
  std::array<sync::Session, 2> sides{sync::Session{a, key_of_b, handshake_hash, once},
                                     sync::Session{b, key_of_a, handshake_hash, once}};
  std::array<std::deque<Bytes>, 2> inboxes;
  Meeting out;
  const auto act = [&](std::size_t side, const Bytes* message) {
    sync::Actions actions;
    out.cpu_ms[side] += timed([&] {
                          actions = message == nullptr
                                        ? sides[side].start(sync::Time{0})
                                        : sides[side].on_message(sync::Time{0}, *message);
                        }).cpu *
                        1e3;
    if (actions.close && actions.close->error) give_up(*actions.close->error);
    for (Bytes& said : actions.messages) {
      out.bytes += said.size();
      ++out.messages;
      inboxes[1 - side].push_back(std::move(said));
    }
  };
  for (std::size_t side : {0u, 1u}) act(side, nullptr);
  while (!inboxes[0].empty() || !inboxes[1].empty()) {
    bool is_reconciling = false;
    std::array<std::deque<Bytes>, 2> arriving;
    arriving.swap(inboxes);
    for (std::size_t side : {0u, 1u})
      for (const Bytes& message : arriving[side]) {
        is_reconciling = is_reconciling || reconciles(message);
        act(side, &message);
      }
    out.trips += is_reconciling ? 1 : 0;
  }
  for (std::size_t side : {0u, 1u}) out.planned[side] = sides[side].progress().planned_out.changes;
  return out;
}

struct Case {
  const char* name;
  std::size_t spaces, authors, differing;
  bool is_new;  ///< The authors are on one side only; otherwise one side has a change more.
};
constexpr Case kCases[] = {
    {"5,000 spaces of 20 authors, equal (goal 300)", 5'000, 20, 0, false},
    {"5,000 spaces of 20, 1 author further (goal 600)", 5'000, 20, 1, false},
    {"5,000 spaces of 20, 1 author new (goal 600)", 5'000, 20, 1, true},
    {"1 space of 100,000, 1 author further (goal 600)", 1, 100'000, 1, false},
    {"500 spaces of 20, 10 authors further", 500, 20, 10, false},
    {"500 spaces of 20, 10 authors new", 500, 20, 10, true},
    {"500 spaces of 20, 100 authors further (goal 9,000)", 500, 20, 100, false},
    {"500 spaces of 20, 100 authors new (goal 9,000)", 500, 20, 100, true},
    {"1 space of 10,000, 100 authors further (goal 9,000)", 1, 10'000, 100, false},
    {"500 spaces of 20, 1,000 authors further (goal 75,000)", 500, 20, 1'000, false},
    {"500 spaces of 20, 1,000 authors new (goal 75,000)", 500, 20, 1'000, true},
};

void bench_bytes(const Options& options) {
  print_title("8. Two sessions find out in which author heads they differ (in memory)");
  print_note("all messages of both sides, hello to goodbye, before encryption; trips one way");
  for (const Case& each : kCases) {
    HeadsPort a(each.spaces, each.authors, 3);
    HeadsPort b = a;
    const auto logs = a.all();
    for (std::size_t i = 0; i < each.differing; ++i) {
      const auto& [space, author] = logs[i * (logs.size() / each.differing)];
      if (each.is_new) a.set(space, author, 0);
      b.set(space, author, 4);
    }
    Samples bytes, trips;
    for (std::size_t run = 0; run < options.runs; ++run) {
      const Meeting met = meet(a, b, WireKey{{1}}, WireKey{{2}}, static_cast<std::uint8_t>(run));
      if (met.planned[0] + met.planned[1] != each.differing * (each.is_new ? 4 : 1))
        give_up({Errc::kCorrupt, "a session has not found what differs"});
      bytes.add(static_cast<double>(met.bytes));
      trips.add(static_cast<double>(met.trips));
    }
    print_row(each.name, bytes, "B");
    print_row("  trips", trips, "");
  }
}

/// A replica without the log of one author in it: as far as heads go, somebody else's.
class Behind final : public sync::Port {
 public:
  Behind(replica::Replica& real, SpaceId space, AuthorKey author)
      : real_(real), space_(space), author_(author) {}

  Result<sync::SharedHeads> shared_heads(const WireKey& peer) override {
    CUNJU_TRY(sync::SharedHeads out, real_.shared_heads(peer));
    for (sync::SpaceHeads& heads : out.spaces)
      if (heads.space == space_) heads.digest.value[0] ^= 1;
    return out;
  }
  Result<std::uint64_t> scan_heads(std::span<const SpaceId> spaces,
                                   const sync::HeadVisitor& visit) override {
    return real_.scan_heads(spaces, [&](std::size_t at, const sync::AuthorHead& head) {
      if (head.author != author_ || spaces[at] != space_) visit(at, head);
    });
  }
  Result<std::vector<SpaceId>> shared_spaces(const WireKey& peer) override {
    return real_.shared_spaces(peer);
  }
  Result<std::uint64_t> position() override { return real_.position(); }
  Result<sync::LogHave> have_before(const SpaceId& space, const AuthorKey& author,
                                    std::uint64_t position) override {
    return real_.have_before(space, author, position);
  }
  Result<std::vector<ChangeId>> changes_at(const SpaceId& space, const AuthorKey& author,
                                           Seq seq) override {
    return real_.changes_at(space, author, seq);
  }
  Result<std::vector<sync::AuthorHead>> heads(const SpaceId& space) override {
    return real_.heads(space);
  }
  Result<std::vector<sync::AuthorHead>> heads_of(const SpaceId& space,
                                                 const AuthorKey& author) override {
    return real_.heads_of(space, author);
  }
  Result<bool> has_change(const SpaceId& space, const ChangeId& id) override {
    return real_.has_change(space, id);
  }
  Result<std::vector<wire::Sample>> samples(const SpaceId& space,
                                            const AuthorKey& author) override {
    return real_.samples(space, author);
  }
  Result<void> note_caught_up(const SpaceId& space, const WireKey& peer) override {
    return real_.note_caught_up(space, peer);
  }
  Result<sync::Amount> measure_missing(const SpaceId& space, const sync::Have& have) override {
    return real_.measure_missing(space, have);
  }
  Result<std::vector<sync::Run>> next_runs(const SpaceId& space, const WireKey& peer,
                                           sync::Have& have, std::size_t max_bytes) override {
    return real_.next_runs(space, peer, have, max_bytes);
  }
  Result<sync::AcceptReport> accept(const SpaceId& space,
                                    std::span<const sync::Run> runs) override {
    return real_.accept(space, runs);
  }

 private:
  replica::Replica& real_;
  SpaceId space_;
  AuthorKey author_;
};

/// Many committees' books at one office, whose own key has written in each.
struct District : Store {
  District(const std::filesystem::path& parent, std::size_t count, std::size_t authors)
      : Store(parent, 21),
        office(crypto::SigningKey::generate(random)),
        own_wire(crypto::DhKey::generate(random).wire()),
        peer_wire(crypto::DhKey::generate(random).wire()) {
    for (std::size_t i = 1; i < authors; ++i)
      clerks.push_back(crypto::SigningKey::generate(random));
    for (std::size_t i = 0; i < count; ++i) found();
    replica->set_own_authors({office.author()});
  }

  void found() {
    const auto member = random.make<MemberId>();
    std::vector<RosterOperation> operations{
        FoundSpace{"清水村", "330100000000"}, AdmitMember{member, "王主任"},
        GrantRole{member, "chair", {}, {}}, AddDevice{member, office.author()}};
    for (const crypto::SigningKey& clerk : clerks)
      operations.push_back(AddDevice{member, clerk.author()});
    for (const WireKey& wire : {own_wire, peer_wire}) {
      const auto node = crypto::SigningKey::generate(random);
      operations.push_back(AddNode{.node = node.node(),
                                   .wire = wire,
                                   .name = "街道电脑",
                                   .member = member,
                                   .signature = sign_node_entry(node, SpaceId{}, wire, member)});
    }
    const SpaceId space = must(replica->found(office, operations, claimed_ms));
    std::vector<sync::Run> runs;
    for (const crypto::SigningKey& clerk : clerks) {
      ChangeHeader header{.space = space, .author = clerk.author(), .claimed_ms = claimed_ms};
      header.pins = {ChangeId{space.value}};
      Bytes links = must(encode_links({.salt = random.make<Salt>(),
                                       .record = random.make<RecordId>(),
                                       .registry = "rental",
                                       .parents = {}}));
      Bytes body = must(encode_body({.salt = random.make<Salt>(), .operations = {}}));
      runs.push_back({{sign_change(clerk, std::move(header),
                                   {make_part(kOpenScope, std::move(links), std::move(body))})}});
    }
    if (must(replica->accept(space, runs)).admitted != clerks.size())
      give_up({Errc::kCorrupt, "a clerk's change was not admitted"});
  }

  crypto::SigningKey office;
  std::vector<crypto::SigningKey> clerks;
  WireKey own_wire, peer_wire;
  std::uint64_t claimed_ms = 1'767'225'600'000;
};

void bench_store(const Options& options) {
  constexpr std::size_t kAuthors = 20;
  District district(options.folder, options.spaces, kAuthors);
  const SpaceId first = must(district.replica->spaces()).front();
  Behind behind(*district.replica, first, district.clerks.front().author());
  Samples equal, one;
  for (std::size_t run = 0; run < options.runs + 1; ++run) {
    const auto channel = static_cast<std::uint8_t>(run);
    const Meeting same =
        meet(*district.replica, *district.replica, district.own_wire, district.peer_wire, channel);
    const Meeting differs =
        meet(*district.replica, behind, district.own_wire, district.peer_wire, channel);
    // What was told at the first meeting is written down then, once.
    if (run == 0) continue;
    equal.add(std::max(same.cpu_ms[0], same.cpu_ms[1]));
    one.add(std::max(differs.cpu_ms[0], differs.cpu_ms[1]));
  }
  print_title("9. CPU of a session over a sealed store, of the side that has more to do");
  print_row("author heads", static_cast<double>(options.spaces * kAuthors), "");
  print_row("equal (goal 10 for 100,000 heads)", equal, "ms");
  print_row("one author differs (goal 10 for 100,000 heads)", one, "ms");
}

}  // namespace

void bench_reconcile(const Options& options) {
  bench_bytes(options);
  bench_store(options);
}

}  // namespace cunju::bench
