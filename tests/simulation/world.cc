// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/world.h"

#include <algorithm>

#include "tests/simulation/checkers.h"

namespace cunju::simulation {
namespace {

constexpr Time kTick = std::chrono::seconds(10);
constexpr std::size_t kSpareDevices = 4;
/// Events of one way to rest; a storm of messages that never ends is a failure, not a hang.
constexpr std::size_t kMaxEventsToRest = 200'000;

std::vector<bool> draw_honesty(Context& context) {
  std::vector<bool> out(context.scenario.nodes, true);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < out.size(); ++i) order.push_back(i);
  context.dice.shuffle(order);
  for (std::size_t i = 0; i < context.scenario.liars; ++i) out[order[i]] = false;
  return out;
}

}  // namespace

World::World(const Scenario& scenario)
    : context_(scenario),
      is_honest_(draw_honesty(context_)),
      links_(make_links(scenario, is_honest_)),
      network_(context_, nodes_),
      couriers_(context_, nodes_),
      scans_(context_, nodes_),
      sticks_(context_, nodes_, scans_),
      writer_(context_),
      forger_(context_, writer_) {
  context_.note(describe(scenario));
  make_people();
  found();
  join();
  start_ticking();
}

void World::make_people() {
  for (std::size_t i = 0; i < context_.scenario.nodes; ++i) {
    test::Person person = test::make_person(context_.random, "n" + std::to_string(i));
    if (is_honest_[i]) {
      nodes_.push_back(std::make_unique<Node>(context_, i, std::move(person)));
    } else {
      nodes_.push_back(std::make_unique<LiarNode>(context_, i, std::move(person)));
    }
    if (context_.scenario.has(kWrongClocks)) nodes_.back()->clock().jump(context_.dice);
  }
}

void World::found() {
  Node& first = *nodes_[0];
  std::vector<RosterOperation> operations{FoundSpace{"槐树村", "110101001001"}};
  for (RosterOperation& operation :
       test::admit_operations(first.person(), SpaceId{}, {"chair", "clerk"}))
    operations.push_back(std::move(operation));
  operations.emplace_back(test::node_entry(first.person(), SpaceId{}));
  if (context_.scenario.has(kQuorums) && context_.dice.one_in(2)) {
    SetQuorum quorum{.threshold = 1, .keys = {}};
    for (const std::unique_ptr<Node>& node : nodes_) quorum.keys.push_back(node->person().author());
    if (!context_.dice.one_in(3)) quorum.threshold = 2;
    operations.emplace_back(std::move(quorum));
  }
  context_.space = test::require(first.replica().found(first.person().device, operations, 0));
  first.recording_port().note_appended(first.person().author(),
                                       {.ids = {ChangeId{context_.space.value}}, .first = Seq{0}});
  crypto::SeededRandom own(context_.scenario.seed ^ 0x5EA1ED);
  const crypto::EpochKey key = crypto::EpochKey::generate(own);
  OpenEpoch opening{.scope = kSealedScope,
                    .name = "sealed",
                    .epoch = crypto::epoch_id(key, context_.space, kSealedScope),
                    .wraps = {}};
  const AuthorKey sender = first.person().author(), reader = context_.reader.author();
  opening.wraps.push_back({reader, test::require(crypto::wrap_epoch_key(key,
                                                                        {.space = context_.space,
                                                                         .scope = kSealedScope,
                                                                         .epoch = opening.epoch,
                                                                         .recipient = reader,
                                                                         .sender = sender},
                                                                        own))});
  const RosterOperation opens = std::move(opening);
  test::require(first.write_roster({&opens, 1}, 0));
  for (const std::unique_ptr<Node>& node : nodes_) {
    std::vector<RosterOperation> admits;
    if (node->index() > 0) {
      std::vector<std::string> roles{"clerk"};
      // A second chair, so that rosters have concurrent heads; and liars in office.
      if (node->index() == 1 || (!node->is_honest() && context_.dice.one_in(2)))
        roles.emplace_back("chair");
      if (context_.scenario.has(kWitnesses) && !context_.dice.one_in(3))
        roles.emplace_back(context_.dice.one_in(2) ? "office" : "supervisor");
      admits = test::admit_operations(node->person(), context_.space, roles);
      admits.emplace_back(test::node_entry(node->person(), context_.space));
    }
    for (std::size_t i = 0; i < kSpareDevices && !node->is_honest(); ++i) {
      SpareDevice spare{.key = crypto::SigningKey::generate(context_.random),
                        .prev = {},
                        .member = node->person().member};
      admits.emplace_back(device_entry(spare.key, context_.space, node->person().member));
      forger_.add_device(std::move(spare));
    }
    if (!node->is_honest())
      forger_.add_signer(crypto::SigningKey::from_seed(node->person().device.seed()));
    if (!node->is_honest() && context_.scenario.has(kWitnesses))
      forger_.add_witness({.key = crypto::SigningKey::from_seed(node->person().node.seed()),
                           .prev = {},
                           .member = node->person().member});
    if (!admits.empty()) test::require(first.write_roster(admits));
    if (node->is_honest() && context_.scenario.has(kTakings)) host_guests(*node);
  }
}

void World::host_guests(Node& node) {
  static const std::vector<std::vector<std::string>> kRoles{
      {"clerk"}, {"clerk", "chair"}, {"chair"}, {"grid"}};
  for (std::size_t guests = context_.dice.between(1, 2); guests > 0; --guests) {
    test::Person guest = test::make_person(context_.random, node.name() + "的客人");
    test::require(nodes_[0]->write_roster(
        test::admit_operations(guest, context_.space, context_.dice.pick(kRoles))));
    node.host(std::move(guest));
  }
}

void World::join() {
  const std::vector<std::size_t> inviters = ways_to_first(links_, nodes_.size());
  for (std::size_t i = 1; i < nodes_.size(); ++i) {
    Node& node = *nodes_[i];
    test::require(node.replica().join(context_.space, nodes_[inviters[i]]->wire()));
    // A joiner whose inviter lies may never get in: that is an invitation's risk, not sync's.
    const bool is_late = context_.scenario.has(kLateJoiners) && context_.scenario.liars == 0;
    if (is_late && context_.dice.one_in(2)) continue;
    sync::Have have;
    const std::vector<sync::Run> runs = test::require(nodes_[0]->replica().next_runs(
        context_.space, node.wire(), have, limits::kBatchTargetBytes));
    test::require(node.recording_port().accept(context_.space, runs));
  }
}

void World::start_ticking() {
  context_.events.in_background(kTick, [this] {
    network_.tick();
    start_ticking();
  });
}

void World::settle() {
  for (const std::unique_ptr<Node>& node : nodes_) {
    if (node->is_up() && node->disk().has_crashed()) {
      ++context_.counts["crashes"];
      context_.note(node->name() + " crashes");
      network_.drop_node(*node);
      node->kill();
      reboot_later(*node);
    }
    if (node->is_up() && node->take_commit()) network_.push(*node);
  }
}

void World::reboot_later(Node& node) {
  Node* which = &node;
  const Time pause = context_.dice.between(Time{1000}, std::chrono::minutes(3));
  context_.events.in_background(pause, [this, which] {
    if (which->is_up()) return;
    context_.note(which->name() + " boots");
    which->boot();
  });
}

void World::pass(Time time) {
  const Time end = context_.events.now() + time;
  settle();
  while (!context_.has_failed() && context_.events.step(end)) settle();
  context_.events.pass_to(end);
}

void World::run_until_idle() {
  settle();
  for (std::size_t events = 0; !context_.has_failed() && !context_.events.is_idle(); ++events) {
    if (events == kMaxEventsToRest) return context_.fail("the nodes never come to rest");
    context_.events.step(Time::max());
    settle();
  }
}

void World::turmoil(std::size_t edits) {
  const std::size_t end = edits_done_ + edits;
  // Without a node that may write, time passes all the same.
  for (std::size_t turn = 0; edits_done_ < end && turn < 20 * edits; ++turn) {
    if (context_.has_failed()) return;
    pass(context_.dice.between(Time{50}, context_.dice.one_in(10) ? Time{60'000} : Time{5'000}));
    const Activity& activity = pick_activity();
    (this->*activity.act)();
    settle();
  }
}

bool World::is_settled() { return have_equal_states(nodes_, context_.space); }

void World::sync_round(bool with_liars, bool is_live) {
  std::vector<Link> order = links_;
  std::erase_if(order, [&](const Link& link) {
    return with_liars == (is_honest_[link.first] && is_honest_[link.second]);
  });
  context_.dice.shuffle(order);
  const bool one_by_one = context_.dice.one_in(2);
  for (const Link& link : order) {
    dial(link, !is_live);
    if (one_by_one) run_until_idle();
  }
  run_until_idle();
}

void World::repair() {
  context_.note("quiet");
  ++quiets_;
  network_.cut_all();
  network_.heal();
  for (const std::unique_ptr<Node>& node : nodes_) {
    node->disk().recover();
    if (!node->is_up()) node->boot();
  }
}

std::size_t World::quiet_of_sticks() {
  repair();
  // What is to be erased is approved as it gets about, and the approvals go round as well.
  const std::size_t approvals = context_.dice.one_in(2) ? 2 : 0;
  // In a first tour the last one gets everything, in a second everybody. One more where receipts
  // of before a restore hide what is lacking, or a joiner has still to hear who the others are;
  // and what is stated and handed over on the way goes round as well.
  const std::size_t most = 2 + (context_.scenario.has(kRestoredBackups) ? 1 : 0) +
                           (context_.scenario.has(kLateJoiners) ? 1 : 0) + 2 + approvals;
  // Parts and attachments come one round later, and what parts refer to one round after these.
  std::size_t most_for_scans = most + 3;
  scans_.open_policies();
  sticks_.begin_tours();
  std::size_t tours = 0;
  while (!context_.has_failed() && tours < most && (tours == 0 || !is_settled())) {
    sticks_.tour();
    settle();
    if (tours < approvals) approve_what_is_known();
    ++tours;
  }
  if (!is_settled() && !find_cut_off().empty()) {
    hand_over();
    // Only now the last ones have the changes, and begin to ask.
    most_for_scans += 2;
  }
  // Witnesses state what they take in these as well, which goes round with it.
  const bool was_settled = is_settled();
  while (!context_.has_failed() && was_settled && !(is_settled() && scans_.is_settled()) &&
         tours < most_for_scans) {
    sticks_.tour();
    settle();
    ++tours;
  }
  context_.note("quiet after " + std::to_string(tours) + " tours");
  ++context_.counts["quiet after " + std::to_string(tours) + " tours"];
  if (is_settled() && scans_.is_settled()) return tours;
  note_differences(context_, nodes_);
  scans_.note_differences();
  context_.fail("not at rest after " + std::to_string(tours) + " tours");
  return tours;
}

std::size_t World::quiet() {
  if (context_.scenario.has(kOnlySticks)) return quiet_of_sticks();
  repair();
  // Open connections must carry everything by themselves, in one go, unless somebody keeps news
  // back or has still to be let in.
  const bool is_live = context_.dice.one_in(2) && context_.scenario.liars == 0 &&
                       !context_.scenario.has(kLateJoiners) && !is_owner_removed_;
  // Whoever came back is refused by those who have heard of the removal only: a link a round.
  const bool may_be_refused = is_owner_removed_ || context_.scenario.liars > 0;
  const std::size_t most =
      is_live ? 1
              : 2 * diameter(links_, is_honest_) + (may_be_refused ? nodes_.size() : 0) +
                    // What witnesses state once they have everything has to go round as well.
                    (context_.scenario.has(kWitnesses) ? diameter(links_, is_honest_) : 0);
  // What liars bring comes first: who still brings news can keep anybody from rest.
  sync_round(true, false);
  network_.cut_all();
  std::size_t rounds = 0;
  do {
    if (context_.has_failed()) return rounds;
    sync_round(false, is_live);
    ++rounds;
  } while (!is_settled() && rounds < most);
  if (!is_settled() && !find_cut_off().empty()) hand_over();
  context_.note("quiet after " + std::to_string(rounds) + " rounds");
  if (!is_settled()) note_differences(context_, nodes_);
  if (!is_settled())
    context_.fail("not at rest after " + std::to_string(rounds) +
                  (is_live ? " live round" : " sync rounds"));
  ++context_.counts["quiet after " + std::to_string(rounds) + " rounds"];
  return rounds;
}

void World::check() {
  check_nothing_lost(context_, nodes_);
  check_agreement(context_, nodes_);
  check_against_replay(context_, nodes_);
  if (context_.scenario.liars == 0) check_nothing_waits(context_, nodes_);
  if (context_.scenario.has(kOnlySticks)) scans_.check();
}

void World::run() {
  const std::size_t periods = context_.scenario.periods;
  for (std::size_t period = 0; period < periods && !context_.has_failed(); ++period) {
    turmoil(context_.scenario.edits / periods);
    if (!context_.has_failed()) quiet();
    if (!context_.has_failed()) check();
  }
  if (!context_.has_failed()) check_rebuild(context_, any_node());
}

}  // namespace cunju::simulation
