// SPDX-License-Identifier: Apache-2.0
//
// What a session, a record that somebody opens, and a change that somebody writes cost at one
// office with more and more committees, and over longer and longer logs.
#include <cmath>

#include "crdt/change/part_codec.h"
#include "node/attachments/attachment_depot.h"
#include "node/registry/record_book.h"
#include "tests/bench/benches.h"
#include "tests/bench/measure.h"
#include "tests/bench/meeting.h"
#include "tests/bench/village.h"

namespace cunju::bench {
namespace {

/// A replica that does not say that it has met anybody.
class Forgetful final : public sync::Port {
 public:
  explicit Forgetful(replica::Replica& real) : real_(real) {}

  Result<sync::SharedSum> shared_sum(const WireKey& peer) override {
    CUNJU_TRY(sync::SharedSum out, real_.shared_sum(peer));
    out.met.reset();
    return out;
  }
  Result<void> note_met(const WireKey& peer, std::uint64_t until) override {
    return real_.note_met(peer, until);
  }
  Result<std::vector<SpaceId>> shared_before(const WireKey& peer, std::uint64_t position) override {
    return real_.shared_before(peer, position);
  }
  Result<sync::SharedHeads> shared_heads(const WireKey& peer) override {
    return real_.shared_heads(peer);
  }
  Result<std::uint64_t> scan_heads(std::span<const SpaceId> spaces,
                                   const sync::HeadVisitor& visit) override {
    return real_.scan_heads(spaces, visit);
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

  /// The office writes to one of the books.
  void write(const SpaceId& space) {
    const replica::ChangeDraft draft{
        {{random.make<RecordId>(),
          "rental",
          kOpenScope,
          {make_operation(OperationKind::kRegisterSet, "address", std::string("x"))}}}};
    must(replica->append(space, office, {&draft, 1}, claimed_ms));
  }

  void found() {
    const auto member = random.make<MemberId>();
    std::vector<RosterOperation> operations{
        FoundSpace{"清水村", "330100000000"}, AdmitMember{member, "王主任"},
        GrantRole{member, "chair", {}, {}}, GrantRole{member, "clerk", {}, {}},
        device_entry(office, SpaceId{}, member)};
    for (const crypto::SigningKey& clerk : clerks)
      operations.push_back(device_entry(clerk, SpaceId{}, member));
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

/// What a home has for attachments, beside a store.
struct Depot {
  Depot(Store& store, const std::filesystem::path& parent)
      : folder(parent),
        data(must(store::Environment::open(
            {.folder = folder.path() / "wants",
             .tables = {"wants", std::string(attachments::ChargeBook::kTable),
                        std::string(replica::kFillingsTable)}}))),
        book(must(attachments::WantBook::open(*data, storage, store.random))),
        blobs(must(attachments::BlobFolder::open(folder.path() / "blobs"))),
        replica(*store.replica) {
    restart();
  }
  /// As a new program has it.
  void restart() {
    port.reset();
    port = std::make_unique<attachments::AttachmentDepot>(replica, *blobs, *book, AuthorKey{{1}},
                                                          [] { return sync::Time{0}; });
  }
  Folder folder;
  crypto::Secret<32> storage;
  std::unique_ptr<store::Environment> data;
  std::unique_ptr<attachments::WantBook> book;
  std::unique_ptr<attachments::BlobFolder> blobs;
  replica::Replica& replica;
  std::unique_ptr<attachments::AttachmentDepot> port;
};

/// CPU of the busier side, of several sessions.
struct Costs {
  Samples equal;  ///< Nothing has changed.
  Samples one;    ///< One author has written one change, which is transferred.
  Samples bytes_of_one;
};

double busier(const Meeting& met) { return std::max(met.cpu_ms[0], met.cpu_ms[1]); }

/// Two offices that have met meet again and again.
template <class Write>
Costs measure_meetings(const Options& options, replica::Replica& a, replica::Replica& b,
                       const WireKey& key_of_a, const WireKey& key_of_b, Write&& write) {
  Costs out;
  std::uint8_t channel = 0;
  const auto again = [&] { return meet(a, b, key_of_a, key_of_b, ++channel); };
  // What was told at the first meeting is written down then, once.
  again();
  for (std::size_t run = 0; run < options.runs; ++run) {
    out.equal.add(busier(again()));
    write();
    const Meeting one = again();
    if (one.planned[0] + one.planned[1] != 1)
      give_up({Errc::kCorrupt, "a session has not found what differs"});
    out.one.add(busier(one));
    out.bytes_of_one.add(static_cast<double>(one.bytes));
  }
  return out;
}

/// What `show` does once the home is open and the definitions are read: finds a record by the first
/// digits of its id and joins it from its scopes. Each time with a replica that has read nothing
/// yet.
Samples time_shows(const Options& options, Store& store, const SpaceId& space,
                   std::span<const RecordId> records) {
  constexpr std::size_t kShows = 20, kDigits = 12;
  Samples out;
  const registry::Catalog catalog = registry::Catalog::builtin();
  for (std::size_t run = 0; run < options.runs; ++run) {
    double cpu = 0;
    for (std::size_t i = 0; i < kShows; ++i) {
      const RecordId& record =
          records[get_u32_be(store.random.make<Hash>().view()) % records.size()];
      cpu += timed([&] {
               store.restart();
               registry::RecordBook book(*store.replica, catalog, space);
               if (must(book.find(record.hex().substr(0, kDigits))).id != record)
                 give_up({Errc::kCorrupt, "another record was found"});
             }).cpu;
    }
    out.add(cpu / kShows * 1e3);
  }
  return out;
}

constexpr std::size_t kWritesPerRun = 20;

/// A field of a record that is there, durable, as a person saves it.
Samples time_writes(const Options& options, Village& village) {
  Samples out;
  for (std::size_t run = 0; run < options.runs; ++run) {
    const Seconds spent = timed([&] {
      for (std::size_t i = 0; i < kWritesPerRun; ++i)
        village.write(
            village
                .records[get_u32_be(village.random.make<Hash>().view()) % village.records.size()],
            "remark", 12);
    });
    out.add(spent.cpu / kWritesPerRun * 1e3);
  }
  return out;
}

/// The exponent e of cost = c * size^e that fits best.
double exponent(const std::vector<std::pair<double, double>>& costs) {
  double x = 0, y = 0, xx = 0, xy = 0;
  for (const auto& [size, cost] : costs) {
    x += std::log(size);
    y += std::log(cost);
    xx += std::log(size) * std::log(size);
    xy += std::log(size) * std::log(cost);
  }
  const auto n = static_cast<double>(costs.size());
  return (n * xy - x * y) / (n * xx - x * x);
}

constexpr std::size_t kAuthors = 20;

void bench_first_meetings(const Options& options, District& a, Store& b) {
  Forgetful one(*a.replica), other(*b.replica);
  const std::vector<SpaceId> spaces = must(a.replica->spaces());
  Samples equal, differs;
  for (std::size_t run = 0; run < options.runs; ++run) {
    const auto channel = static_cast<std::uint8_t>(100 + run);
    equal.add(busier(meet(one, other, a.own_wire, a.peer_wire, channel)));
    a.write(spaces[spaces.size() / 2]);
    differs.add(busier(meet(one, other, a.own_wire, a.peer_wire, channel)));
  }
  print_row("  never met: equal (goal 10 for 100,000 heads)", equal, "ms");
  print_row("  never met: one change is new (goal 10)", differs, "ms");
}

/// As the program itself: attachments on both sides, of which none is wanted.
void bench_with_attachments(const Options& options, District& a, Store& b) {
  Depot of_a(a, options.folder), of_b(b, options.folder);
  Samples first, equal, bytes;
  std::uint8_t channel = 200;
  const auto again = [&] {
    for (Depot* depot : {&of_a, &of_b}) depot->restart();
    return meet(*a.replica, *b.replica, a.own_wire, a.peer_wire, ++channel,
                {of_a.port.get(), of_b.port.get()});
  };
  first.add(busier(again()));
  for (std::size_t run = 0; run < options.runs; ++run) {
    const Meeting met = again();
    equal.add(busier(met));
    bytes.add(static_cast<double>(met.bytes));
  }
  print_row("  with attachments, the first time a program looks", first, "ms");
  print_row("  with attachments, a new program each time: equal (goal 10)", equal, "ms");
  print_row("  with attachments: equal, all messages (goal 1,024)", bytes, "B");
}

void bench_spaces(const Options& options) {
  print_title("9. CPU of a session over a sealed store, of the side that has more to do");
  print_note("one office with more and more spaces of 20 authors; both have met before");
  std::vector<std::pair<double, double>> equal, one, shown;
  for (std::size_t spaces = 10; spaces <= options.spaces; spaces *= spaces < 1'000 ? 10 : 5) {
    District a(options.folder, spaces, kAuthors);
    Store b(options.folder, a, 22);
    const SpaceId first = must(a.replica->spaces()).front();
    const Costs costs = measure_meetings(options, *a.replica, *b.replica, a.own_wire, a.peer_wire,
                                         [&] { a.write(first); });
    const auto size = static_cast<double>(spaces);
    print_row("spaces", size, "");
    print_row("  equal (goal 10 for 100,000 heads)", costs.equal, "ms");
    print_row("  one change is new (goal 10)", costs.one, "ms");
    print_row("  one change is new, all messages", costs.bytes_of_one, "B");
    equal.emplace_back(size, costs.equal.median());
    one.emplace_back(size, costs.one.median());
    bench_with_attachments(options, a, b);
    bench_first_meetings(options, a, b);
    std::vector<RecordId> records;
    must(a.replica->scan(first, "rental", [&](const RecordId& record, const RecordView& view) {
      // What a clerk has begun with says nothing.
      if (!view.state.is_empty()) records.push_back(record);
      return true;
    }));
    const Samples shows = time_shows(options, a, first, records);
    print_row("  a record is opened", shows, "ms");
    shown.emplace_back(size, shows.median());
  }
  if (equal.size() < 2) return;
  print_row("exponent by spaces, equal (goal 0.15)", exponent(equal), "");
  print_row("exponent by spaces, one change is new (goal 0.15)", exponent(one), "");
  print_row("exponent by spaces, a record is opened (goal 0.15)", exponent(shown), "");
}

void bench_changes(const Options& options) {
  print_title("10. CPU of a session by the number of changes in one space of 5 authors");
  std::vector<std::pair<double, double>> equal, one, shown, written;
  Village a(options.folder, 5);
  std::size_t made = 0;
  for (std::size_t changes = 1'000; changes <= options.scale_changes; changes *= 10) {
    a.fill(changes - made, 100, 12);
    made = changes;
    Store b(options.folder, a, 23);
    const Costs costs = measure_meetings(options, *a.replica, *b.replica, a.own_wire, a.peer_wire,
                                         [&] { a.fill(1, 1, 12); });
    made += options.runs + options.runs * kWritesPerRun;
    const auto size = static_cast<double>(changes);
    print_row("changes", size, "");
    print_row("  equal", costs.equal, "ms");
    print_row("  one change is new", costs.one, "ms");
    const Samples shows = time_shows(options, a, a.space, a.records);
    print_row("  a record is opened", shows, "ms");
    const Samples writes = time_writes(options, a);
    print_row("  a field is written, durable", writes, "ms");
    equal.emplace_back(size, costs.equal.median());
    one.emplace_back(size, costs.one.median());
    shown.emplace_back(size, shows.median());
    written.emplace_back(size, writes.median());
  }
  if (equal.size() < 2) return;
  print_row("exponent by changes, equal (goal 0.15)", exponent(equal), "");
  print_row("exponent by changes, one change is new (goal 0.15)", exponent(one), "");
  print_row("exponent by changes, a record is opened (goal 0.15)", exponent(shown), "");
  print_row("exponent by changes, a field is written (goal 0.15)", exponent(written), "");
}

}  // namespace

void bench_scale(const Options& options) {
  bench_spaces(options);
  bench_changes(options);
}

}  // namespace cunju::bench
