// SPDX-License-Identifier: Apache-2.0
// Replicas that edit the same few records in partitions and exchange changes in any order, some
// of it as a hostile or broken network would deliver it, end with the same state and views.
#include <algorithm>
#include <chrono>
#include <random>

#include "crdt/base/check.h"
#include "crdt/base/limits.h"
#include "crdt/types/text/text_edits_codec.h"
#include "node/council/roster_acts.h"
#include "tests/support/number_from.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;

namespace {

class Cluster {
 public:
  Cluster(std::uint64_t seed, std::size_t nodes, std::size_t edits)
      : random_(seed), ids_(seed), edits_(edits) {
    for (std::size_t i = 0; i < nodes; ++i)
      nodes_.push_back(std::make_unique<TestReplica>(seed * 16 + i));
    village_ = std::make_unique<Village>(found_village(node(0), ids_));
    for (std::size_t i = 1; i < nodes; ++i) {
      // The second person may change the roster too, so that rosters have concurrent heads.
      std::vector<std::string> roles{"clerk"};
      if (i == 1) roles.push_back("chair");
      others_.push_back(admit_person(node(0), *village_, ids_, std::to_string(i), roles));
    }
    for (std::size_t i = 0; i < 6 + edits / 500; ++i) records_.push_back(ids_.make<RecordId>());
    groups_.assign(nodes, 0);
    for (std::size_t i = 1; i < nodes; ++i) pull(node(i), node(0), village_->space);
  }

  void run() {
    for (std::size_t step = 0; done_ < edits_; ++step) {
      if (step % (edits_ > 1000 ? 150 : 50) == 0) repartition();
      switch (below(edits_ > 1000 ? 40 : 12)) {
        case 0:
          exchange();
          break;
        case 1:
          if (below(edits_ > 1000 ? 6 : 2) == 0) deliver_badly();
          break;
        default:
          edit();
      }
      if (below(200) == 0) change_roster();
    }
  }

  /// Everybody with everybody until nothing new comes.
  void settle() {
    for (bool is_moving = true; is_moving;) {
      is_moving = false;
      for (std::size_t to = 0; to < nodes_.size(); ++to)
        for (std::size_t from = 0; from < nodes_.size(); ++from)
          if (from != to && pull(node(to), node(from), village_->space).admitted > 0)
            is_moving = true;
    }
  }

  void check_equal() {
    const SpaceId& space = village_->space;
    const Hash state = require(node(0).state_hash(space));
    const Hash views = require(node(0).view_hash(space));
    const std::uint64_t changes = require(node(0).counts()).changes;
    CHECK(changes >= edits_);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      CAPTURE(i);
      replica::ReplicaCounts counts = require(node(i).counts());
      CHECK(counts.changes == changes);
      CHECK(counts.pooled == 0);
      CHECK(counts.waiting_parts == 0);
      CHECK(counts.forks == 0);
      CHECK(require(node(i).state_hash(space)) == state);
      CHECK(require(node(i).view_hash(space)) == views);
    }
    replica::Replica& last = node(nodes_.size() - 1);
    require(last.rebuild_views());
    CHECK(require(last.view_hash(space)) == views);
  }

  replica::Replica& node(std::size_t i) { return **nodes_[i]; }
  std::uint64_t conflicts() const { return conflicts_; }
  std::uint64_t held() const { return held_; }
  std::uint64_t waited() const { return waited_; }
  std::uint64_t refused_locally() const { return refused_locally_; }

 private:
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  const crypto::SigningKey& device(std::size_t i) const {
    return i == 0 ? village_->founder.device : others_[i - 1].device;
  }

  void repartition() {
    const std::size_t groups = 1 + below(nodes_.size());
    for (std::size_t& group : groups_) group = below(groups);
    for (std::unique_ptr<TestReplica>& node : nodes_) {
      require((*node)->scan_conflicts(village_->space, [&](const RecordId&, const RecordView&) {
        ++conflicts_;
        return true;
      }));
    }
  }

  /// Somebody types in a text, whatever it says where it arrives; seldom makes it final or opens
  /// it.
  std::vector<Operation> text_operations() {
    switch (below(20)) {
      case 0: {
        const bool freezes = below(2) == 0;
        return {make_operation(OperationKind::kStateMove, "state",
                               std::string(freezes ? "final" : "draft")),
                make_operation(freezes ? OperationKind::kFreeze : OperationKind::kThaw,
                               std::string(kFreezeField), NoValue{})};
      }
      case 1:
      case 2:
        return {make_operation(OperationKind::kTextConfirm, "t", NoValue{})};
      default:
        break;
    }
    TextEdits edits;
    CUNJU_CHECK(edits.insert(below(20), "路灯") && edits.erase(below(20), 1), "there is room");
    return {make_operation(OperationKind::kTextEdit, "t", encode_text_edits(edits))};
  }

  std::vector<Operation> operations() {
    // Texts cost a look at the record's history; long runs have a few of them.
    if (below(edits_ > 1000 ? 200 : 8) == 0) return text_operations();
    static const std::vector<std::string> states{"草稿", "checked", "sealed"};
    std::vector<Operation> out;
    for (std::size_t n = 1 + below(3); n > 0; --n) {
      const std::string field(1, static_cast<char>('a' + below(3)));
      const Value number = static_cast<std::int64_t>(below(6));
      switch (below(20)) {
        case 0:
          out.push_back(below(3) == 0 ? make_operation(OperationKind::kDelete, "", NoValue{})
                                      : Operation{.kind = 777, .field = field, .value = number});
          break;
        case 1:
          out.push_back(set_field(field, NoValue{}));
          break;
        case 2:
        case 3:
        case 4:
        case 5:
          out.push_back(make_operation(OperationKind::kSetAdd, "s", number));
          break;
        case 6:
        case 7:
        case 8:
        case 9:
          out.push_back(make_operation(OperationKind::kSetRemove, "s", number));
          break;
        case 10:
        case 11:
        case 12:
          out.push_back(make_operation(OperationKind::kStateMove, "状态", states[below(3)],
                                       states[below(3)]));
          break;
        default:
          out.push_back(set_field(field, number));
      }
    }
    return out;
  }

  replica::ChangeDraft draft() {
    replica::ChangeDraft out;
    std::vector<std::size_t> chosen;
    for (std::size_t n = below(8) == 0 ? 3 : 1; n > 0; --n) {
      const std::size_t record = below(records_.size());
      if (std::ranges::find(chosen, record) != chosen.end()) continue;
      chosen.push_back(record);
      out.parts.push_back({.record = records_[record],
                           .registry = record % 6 == 5 ? "rental" : "minutes",
                           .scope = kOpenScope,
                           .operations = operations()});
    }
    return out;
  }

  void edit() {
    const std::size_t i = below(nodes_.size());
    std::vector<replica::ChangeDraft> drafts(below(20) == 0 ? 2 + below(15) : 1);
    for (replica::ChangeDraft& one : drafts) one = draft();
    const auto append = [&] {
      return node(i).append(village_->space, device(i), drafts, 1000 + done_);
    };
    Result<replica::Appended> appended = append();
    if (appended.has_error() && appended.error().context == replica::kFinalInItsVersion) {
      // As a person would: the rest without the texts, which are final.
      for (replica::ChangeDraft& one : drafts)
        for (replica::PartDraft& part : one.parts) std::erase_if(part.operations, is_text_edit);
      appended = append();
    }
    if (appended) {
      done_ += drafts.size();
    } else {
      // The policy for "rental" comes and goes.
      REQUIRE(appended.error().code == Errc::kPermission);
      ++refused_locally_;
    }
  }

  void change_roster() {
    const std::size_t i = below(2);
    std::vector<RosterOperation> some;
    const std::size_t other = below(others_.size() + 1);
    switch (other == 0 ? below(3) : below(5)) {
      case 3:
      case 4: {
        // A key comes and goes; what it wrote beside that is late.
        const Person& person = others_[other - 1];
        const auto roster = require(node(i).roster(village_->space));
        if (roster->devices.contains(person.author())) {
          some = require(council::plan_retirement(node(i), village_->space, person.author(), {}))
                     .operations;
        } else {
          some = {device_entry(person.device, village_->space, person.member)};
        }
        break;
      }
      case 0:
        some = admit_operations(make_person(ids_, "new"), village_->space, {"clerk"});
        break;
      case 1:
        some = require(council::plan_policy(node(i), village_->space, "clerk", "rental", kRead))
                   .operations;
        break;
      default:
        some = {SetPolicy{"clerk", "rental", kRead | kWrite}};
    }
    Result<replica::Appended> appended = node(i).append_roster(village_->space, device(i), some, 0);
    // Somebody may have taken the chair, or the key, from the second person.
    if (appended.has_error()) REQUIRE(appended.error().code == Errc::kPermission);
  }

  /// Two nodes of one partition, a few batches, as a session that may be cut.
  void exchange() {
    const std::size_t to = below(nodes_.size()), from = below(nodes_.size());
    if (to == from || groups_[to] != groups_[from]) return;
    sync::Have have = have_of(node(to), village_->space);
    const std::size_t max_bytes = std::size_t{256} << below(10);
    for (std::size_t batches = 1 + below(12); batches > 0; --batches) {
      std::vector<sync::Run> runs =
          require(node(from).next_runs(village_->space, {}, have, max_bytes));
      if (runs.empty()) return;
      note(require(node(to).accept(village_->space, runs)), to);
    }
  }

  /// Single changes in random order, some twice, some lost.
  void deliver_badly() {
    const std::size_t to = below(nodes_.size()), from = below(nodes_.size());
    sync::Have have = have_of(node(to), village_->space);
    std::vector<sync::Run> singles;
    for (sync::Run& run :
         require(node(from).next_runs(village_->space, {}, have, std::size_t{40} << 10))) {
      for (Change& change : run.changes) singles.push_back({{std::move(change)}});
    }
    if (!singles.empty() && below(2) == 0) singles.push_back(singles[below(singles.size())]);
    std::ranges::shuffle(singles, random_);
    if (below(4) == 0) singles.resize(singles.size() - singles.size() / 3);
    for (std::size_t at = 0; at < singles.size();) {
      const std::size_t count = std::min(singles.size() - at, 1 + below(5));
      note(require(node(to).accept(village_->space, std::span(singles).subspan(at, count))), to);
      at += count;
    }
  }

  void note(const sync::AcceptReport& report, std::size_t at) {
    CHECK(report.refused == 0);
    CHECK(report.forks == 0);
    held_ += report.held;
    if (report.admitted > 0) waited_ += require(node(at).counts()).waiting_parts;
  }

  std::mt19937_64 random_;
  crypto::SeededRandom ids_;
  std::size_t edits_;
  std::size_t done_ = 0;
  std::vector<std::unique_ptr<TestReplica>> nodes_;
  std::unique_ptr<Village> village_;
  std::vector<Person> others_;  ///< Who writes at the nodes after the founder's.
  std::vector<RecordId> records_;
  std::vector<std::size_t> groups_;
  std::uint64_t conflicts_ = 0, held_ = 0, waited_ = 0, refused_locally_ = 0;
};

}  // namespace

TEST_CASE("replicas that edit in partitions end with equal states and views") {
  std::uint64_t conflicts = 0, held = 0, waited = 0, refused = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    Cluster cluster(seed, 1 + seed, 300);
    cluster.run();
    cluster.settle();
    cluster.check_equal();
    conflicts += cluster.conflicts();
    held += cluster.held();
    waited += cluster.waited();
    refused += cluster.refused_locally();
  }
  // The runs are worth nothing if they were peaceful.
  CHECK(conflicts > 0);
  CHECK(held > 0);
  CHECK(waited > 0);
  CHECK(refused > 0);
}

TEST_CASE("CUNJU_EDITS random edits over five replicas converge for CUNJU_SEEDS seeds",
          "[.convergence]") {
  const std::uint64_t first = number_from("CUNJU_FIRST_SEED", 1);
  const std::uint64_t edits = number_from("CUNJU_EDITS", 20'000);
  for (std::uint64_t seed = first; seed < first + number_from("CUNJU_SEEDS", 1); ++seed) {
    CAPTURE(seed);
    const auto start = std::chrono::steady_clock::now();
    Cluster cluster(seed, 5, edits);
    cluster.run();
    cluster.settle();
    cluster.check_equal();
    CHECK(cluster.conflicts() > 0);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    WARN("seed " << seed << ": " << took.count() << " s, " << cluster.conflicts()
                 << " conflicts and " << cluster.waited() << " waiting parts seen, "
                 << cluster.held() << " changes held, " << cluster.refused_locally()
                 << " edits refused");
  }
}
