// SPDX-License-Identifier: Apache-2.0
// The file in which an act of the recovery quorum goes round: what was signed is what is read.
#include "node/council/epoch_draft.h"

#include <catch2/catch.hpp>
#include <random>

#include "crdt/base/limits.h"

using namespace cunju;
using namespace cunju::council;

namespace {

struct Signers {
  crypto::SeededRandom random{5};
  crypto::SigningKey first{crypto::SigningKey::generate(random)};
  crypto::SigningKey second{crypto::SigningKey::generate(random)};
  EpochDraft draft;

  Signers() {
    draft.space = random.make<SpaceId>();
    draft.carrier = first.author();
    draft.pins = {random.make<ChangeId>()};
    draft.operations = {RemoveMember{.member = random.make<MemberId>()},
                        Epoch{.voided = {random.make<ChangeId>()}, .signatures = {}}};
  }
};

}  // namespace

TEST_CASE("A draft of the quorum comes back from its text as it was, signed by each once") {
  Signers signers;
  sign_draft(signers.draft, signers.first);
  sign_draft(signers.draft, signers.second);
  sign_draft(signers.draft, signers.first);
  CHECK(signers.draft.signatures.size() == 2);
  const std::string text = encode_epoch_draft(signers.draft);
  Result<EpochDraft> read = parse_epoch_draft(text);
  REQUIRE(read);
  CHECK(read.value() == signers.draft);
  const std::vector<RosterOperation> said = read.value().signed_operations();
  CHECK(std::get<Epoch>(said[1]).signatures.size() == 2);
  // The change's own hash is over the same words as the draft's.
  CHECK(epoch_hash(signers.draft.space, signers.draft.carrier, signers.draft.pins, said) ==
        signers.draft.hash());
}

TEST_CASE("A draft whose words were changed after somebody signed is refused") {
  Signers signers;
  sign_draft(signers.draft, signers.first);
  EpochDraft changed = signers.draft;
  changed.operations.insert(changed.operations.begin(),
                            RemoveMember{.member = signers.random.make<MemberId>()});
  CHECK(parse_epoch_draft(encode_epoch_draft(changed)).error().code == Errc::kMalformed);
  changed = signers.draft;
  changed.pins = {signers.random.make<ChangeId>()};
  CHECK_FALSE(parse_epoch_draft(encode_epoch_draft(changed)));
  changed = signers.draft;
  changed.carrier = signers.second.author();
  CHECK_FALSE(parse_epoch_draft(encode_epoch_draft(changed)));
  changed = signers.draft;
  changed.space = signers.random.make<SpaceId>();
  CHECK_FALSE(parse_epoch_draft(encode_epoch_draft(changed)));
}

TEST_CASE("No damaged or oversized draft does worse than an error, and none changes in silence") {
  const std::uint64_t seed = GENERATE(1ULL, 2ULL);
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  Signers signers;
  sign_draft(signers.draft, signers.first);
  const std::string text = encode_epoch_draft(signers.draft);
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = text;
    for (std::size_t flips = 1 + random() % 3; flips > 0; --flips)
      damaged[random() % damaged.size()] = static_cast<char>(random() % 128);
    if (random() % 4 == 0) damaged.resize(random() % damaged.size());
    Result<EpochDraft> read = parse_epoch_draft(damaged);
    // Case of a hex digit is no change; losing the signature whole is seen by the count.
    if (read && !read.value().signatures.empty()) REQUIRE(read.value() == signers.draft);
  }
  CHECK(parse_epoch_draft(std::string(limits::kMaxEpochDraftBytes + 1, 'x')).error().code ==
        Errc::kLimit);
  CHECK_FALSE(parse_epoch_draft(""));
}
