// SPDX-License-Identifier: Apache-2.0
// A request for a new key, and how it is carried out: only who has the new key can ask for it.
#include "node/council/key_request.h"

#include <random>

#include "crdt/base/limits.h"
#include "node/council/roster_acts.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::council;
using namespace cunju::test;

namespace {

KeyRequest some_request(crypto::RandomSource& random, const crypto::SigningKey& key) {
  return request_key(random.make<SpaceId>(), random.make<MemberId>(), random.make<AuthorKey>(),
                     key);
}

}  // namespace

TEST_CASE("requests for a key come back from their file, for each space one") {
  crypto::SeededRandom random(3);
  const crypto::SigningKey key = crypto::SigningKey::generate(random);
  const KeyRequest one = some_request(random, key), two = some_request(random, key);
  std::string text = encode_key_request(one, key);
  // A stick from another system has its own line ends.
  text.insert(text.size() - 1, "\r");
  text += "\n" + encode_key_request(two, key);
  CHECK(require(parse_key_requests(text)) == std::vector{one, two});
}

TEST_CASE("a request that was changed, or is not signed by the new key, is refused") {
  crypto::SeededRandom random(4);
  const crypto::SigningKey key = crypto::SigningKey::generate(random);
  const crypto::SigningKey other = crypto::SigningKey::generate(random);
  const KeyRequest request = some_request(random, key);
  CHECK(parse_key_requests(encode_key_request(request, other)).error().code == Errc::kBadSignature);
  KeyRequest without_entry = request;
  without_entry.entry = request_key(request.space, request.member, request.old_key, other).entry;
  CHECK(parse_key_requests(encode_key_request(without_entry, key)).error().code ==
        Errc::kBadSignature);
  const std::string text = encode_key_request(request, key);
  std::mt19937 dice(5);
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    CAPTURE(at);
    std::string damaged = text;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << dice() % 7));
    Result<std::vector<KeyRequest>> read = parse_key_requests(damaged);
    if (read.has_error()) continue;
    // A digit in the other case says the same.
    CHECK(read.value() == std::vector{request});
  }
  for (std::size_t size = 0; size + 1 < text.size(); ++size)
    CHECK_FALSE(parse_key_requests(std::string_view(text).substr(0, size)));
  CHECK(parse_key_requests(std::string(limits::kMaxKeyRequestBytes + 1, '\n')).error().code ==
        Errc::kLimit);
}

TEST_CASE("a replaced key keeps what it wrote, and the person goes on with the new one") {
  TestReplica replica(1);
  const Village village = found_village(*replica, replica.random());
  const Person li = admit_person(*replica, village, replica.random(), "李");
  const RecordId record = replica.random().make<RecordId>();
  write_record(*replica, village.space, li, record, {set_field("a", "旧")});
  const crypto::SigningKey key = crypto::SigningKey::generate(replica.random());
  KeyRequest request = request_key(village.space, li.member, li.author(), key);

  SECTION("by an officer") {
    const RosterAct act = require(plan_replacement(*replica, request, std::nullopt, std::nullopt));
    require(replica->append_roster(village.space, village.founder.device, act.operations, 0));
    replica::ChangeDraft draft = draft_of(record, {set_field("a", "新")});
    CHECK(replica->append(village.space, li.device, {&draft, 1}, 0).error().code ==
          Errc::kPermission);
    require(replica->append(village.space, key, {&draft, 1}, 0));
    CHECK(require(replica->late_parts(village.space)).empty());
    CHECK(require(replica->roster(village.space))->name_of(key.author()) == "李");
    CHECK(require(replica->history(village.space, record)).size() == 2);
  }
  SECTION("not for somebody else's member, and not with a key that somebody has") {
    request.member = village.founder.member;
    CHECK(plan_replacement(*replica, request, std::nullopt, std::nullopt).error().code ==
          Errc::kConflict);
    request.member = li.member;
    request.new_key = village.founder.author();
    CHECK(plan_replacement(*replica, request, std::nullopt, std::nullopt).error().code ==
          Errc::kConflict);
    request.old_key = replica.random().make<AuthorKey>();
    CHECK(plan_replacement(*replica, request, std::nullopt, std::nullopt).error().code ==
          Errc::kNotFound);
  }
}
