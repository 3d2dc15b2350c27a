// SPDX-License-Identifier: Apache-2.0
// Several processes on one store, as when a clerk's commands run beside each other.
#include <sys/wait.h>
#include <unistd.h>

#include "crdt/change/change.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;

namespace {

/// Runs `work` in a child process; whatever goes wrong there shows in wait_for.
pid_t in_child(const std::function<void()>& work) {
  pid_t child = ::fork();
  if (child == 0) {
    int status = 1;
    try {
      work();
      status = 0;
    } catch (...) {
    }
    ::_exit(status);
  }
  return child;
}

bool wait_for(pid_t child) {
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// A line of letters between two processes.
class Pipe {
 public:
  Pipe() { REQUIRE(::pipe(ends_) == 0); }
  ~Pipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  void say() { REQUIRE(::write(ends_[1], "x", 1) == 1); }
  void hear() {
    char letter = 0;
    REQUIRE(::read(ends_[0], &letter, 1) == 1);
  }

 private:
  int ends_[2];
};

struct SharedStore {
  TempFolder folder;
  std::filesystem::path path = folder / "data";
  crypto::SeededRandom random{5};
  Village village = [this] {
    TestReplica first(1, path);
    return found_village(*first, random);
  }();
};

}  // namespace

TEST_CASE("a replica sees what another process appends, roster included") {
  SharedStore shared;
  RecordId record = shared.random.make<RecordId>();
  Person li = make_person(shared.random, "李");
  Pipe orders, answers;
  pid_t child = in_child([&] {
    TestReplica mine(2, shared.path);
    orders.hear();
    require(mine->append_roster(shared.village.space, shared.village.founder.device,
                                admit_operations(li, shared.village.space, {"clerk"}), 0));
    answers.say();
    for (std::int64_t i = 0; i < 20; ++i) {
      orders.hear();
      write_record(*mine, shared.village.space, li, record, {set_field("n", i)});
      answers.say();
    }
  });
  {
    TestReplica mine(3, shared.path);
    CHECK(require(mine->roster(shared.village.space))->members.size() == 1);
    orders.say();
    answers.hear();
    CHECK(require(mine->roster(shared.village.space))->members.size() == 2);
    for (std::int64_t i = 0; i < 20; ++i) {
      orders.say();
      answers.hear();
      auto view = require(mine->view(shared.village.space, record));
      REQUIRE(view);
      CHECK(view->state.find("n")->winner() == Value(i));
      // And writes on top of it.
      write_record(*mine, shared.village.space, shared.village.founder, record,
                   {set_field("mine", i)});
      CHECK(require(mine->view(shared.village.space, record))->heads.size() == 1);
    }
    const Hash views = require(mine->view_hash(shared.village.space));
    require(mine->rebuild_views());
    CHECK(require(mine->view_hash(shared.village.space)) == views);
  }
  CHECK(wait_for(child));
}

TEST_CASE("two processes that append with one key at the same time never fork its log") {
  SharedStore shared;
  constexpr std::uint64_t kTimes = 60;
  RecordId record = shared.random.make<RecordId>();
  std::vector<pid_t> children;
  for (std::uint64_t seed : {2U, 3U}) {
    children.push_back(in_child([&, seed] {
      TestReplica mine(seed, shared.path);
      for (std::uint64_t i = 0; i < kTimes; ++i)
        write_record(*mine, shared.village.space, shared.village.founder, record,
                     {set_field("n", std::int64_t(i)),
                      make_operation(OperationKind::kSetAdd, "by", std::int64_t(seed))});
    }));
  }
  for (pid_t child : children) CHECK(wait_for(child));

  TestReplica mine(4, shared.path);
  std::optional<Change> before;
  require(mine->scan_log(shared.village.space, shared.village.founder.author(), Seq{0},
                         [&](const Change& change) {
                           if (before) REQUIRE(check_successor(*before, change));
                           before = change;
                           return true;
                         }));
  REQUIRE(before);
  CHECK(before->header.seq.value == 2 * kTimes);
  CHECK(require(mine->counts()).forks == 0);
  auto view = require(mine->view(shared.village.space, record));
  CHECK(view->heads.size() == 1);
  CHECK(view->state.find("by")->entries.size() == 2 * kTimes);
  const Hash views = require(mine->view_hash(shared.village.space));
  require(mine->rebuild_views());
  CHECK(require(mine->view_hash(shared.village.space)) == views);
}
