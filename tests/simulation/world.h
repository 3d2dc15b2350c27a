// SPDX-License-Identifier: Apache-2.0
//
// A village in one process: nodes, the links between them, people who write, things that go wrong.
// Virtual time and one seed; no clock, no thread, no other source of chance, so a seed does the
// same every time. run() alternates turmoil and quiet and checks after each quiet; tests may also
// take the pieces in their own order. What was found is in context().failures.
#pragma once

#include <memory>
#include <vector>

#include "tests/simulation/courier.h"
#include "tests/simulation/forger.h"
#include "tests/simulation/liar.h"
#include "tests/simulation/network.h"
#include "tests/simulation/roster_acts.h"
#include "tests/simulation/sticks.h"
#include "tests/simulation/topology.h"
#include "tests/simulation/writer.h"

namespace cunju::simulation {

class World {
 public:
  explicit World(const Scenario& scenario);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// All periods of the scenario, until the first failure.
  void run();

  /// People write so many times while faults happen.
  void turmoil(std::size_t edits);
  /// Everything is repaired; nodes sync, at most twice the diameter in rounds. The rounds needed.
  std::size_t quiet();
  /// All checkers that the scenario allows.
  void check();

  Context& context() { return context_; }
  Nodes& nodes() { return nodes_; }
  Network& network() { return network_; }
  /// Lets virtual time pass.
  void pass(Time time);

  /// One row of the table of what may happen; an activity of a fault that is off never does.
  struct Activity {
    const char* name;
    std::size_t weight;
    std::uint32_t faults;  ///< 0: always.
    void (World::*act)();
  };

 private:
  void make_people();
  void found();
  void join();
  void start_ticking();
  void settle();
  void run_until_idle();
  /// Everything works again, and every machine is up.
  void repair();
  std::size_t quiet_of_sticks();
  /// Somebody at the machine saves these; what was saved. A failure must be explained.
  std::optional<replica::Appended> save(Node& node, std::size_t who,
                                        const std::vector<replica::ChangeDraft>& drafts);
  /// Over every link with a liar at an end, or over every other link.
  void sync_round(bool with_liars, bool is_live);
  bool is_settled();
  void host_guests(Node& node);
  /// False while the key would fork its own log; then the product must refuse, if it can know.
  bool may_sign(Node& node, std::size_t who);
  void expect_back(Node& node);
  void hear_heads(Node& node);
  /// Says it on the roster; what the acting node answers must be explained.
  bool say(const Seat& actor, const std::string& what,
           const std::vector<RosterOperation>& operations, bool may_be_void = false);
  /// (who, whom): honest nodes of which one does not know the other any more.
  std::vector<Link> find_cut_off();
  /// People carry all that honest nodes have to all others: what was removed too early is handed
  /// over by hand.
  void hand_over();
  void reboot_later(Node& node);

  const Activity& pick_activity();
  Node& any_node();
  Node* any_node_that_is_up();
  Node* any_liar();
  void dial(const Link& link, bool leaves);

  // --- activities ---------------------------------------------------------------------------
  void edit();
  void act_on_roster();
  void quarrel();
  void use_puppets();
  void witness();
  void call_somebody();
  void cut();
  void partition();
  void end_partition();
  void block_one_way();
  void swizzle();
  void slow_down();
  void damage_frames();
  void crash_at_step();
  void crash_after_commit();
  void restart_in_order();
  void fill_disk();
  void fail_sync();
  void jump_clock();
  void send_stick();
  void carry_stick();
  void harm_stick();
  void attach();
  void choose_policy();
  void ask_for_attachment();
  void take_orphans();
  void change_share();
  void erase();
  void approve_erasure();
  void approve_erasure(Node& at, std::size_t who);
  void approve_what_is_known();
  void lie();
  void back_up();
  void restore();
  void equivocate();
  static std::vector<Activity> activities();
  void hand_out(const std::vector<sync::Run>& runs);
  /// Later, unless there was quiet meanwhile.
  void plan(Time delay, std::function<void()> action);

  Context context_;
  Nodes nodes_;
  std::vector<bool> is_honest_;
  std::vector<Link> links_;
  Network network_;
  Couriers couriers_;
  Scans scans_;
  Sticks sticks_;
  Writer writer_;
  Forger forger_;
  std::size_t edits_done_ = 0;
  bool is_owner_removed_ = false;  ///< Some machine's owner was removed once.
  std::uint64_t quiets_ = 0;       ///< What turmoil had planned ends with it.
};

}  // namespace cunju::simulation
