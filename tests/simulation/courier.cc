// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/courier.h"

#include "net/wire/run_codec.h"
#include "tests/support/replica_fixture.h"

namespace cunju::simulation {
namespace {

constexpr std::size_t kMaxBatches = 6;
constexpr Time kUsualWay = std::chrono::minutes(3);
constexpr Time kLongestWay = std::chrono::hours(1);

Time way(Dice& dice) { return dice.between(Time{1000}, dice.one_in(6) ? kLongestWay : kUsualWay); }

}  // namespace

void Couriers::send(std::size_t from, std::size_t to) {
  Node& sender = *nodes_[from];
  if (!sender.is_up() || from == to) return;
  Dice& dice = context_.dice;
  Stick stick{.from = from, .to = to, .batches = {}};
  sync::Have have = receipts_[{from, to}];
  const std::size_t max_bytes = std::size_t{512} << dice.below(6);
  while (stick.batches.size() < kMaxBatches) {
    Result<std::vector<sync::Run>> runs =
        sender.port().next_runs(context_.space, nodes_[to]->wire(), have, max_bytes);
    if (runs.has_error() || runs.value().empty()) break;
    Result<Bytes> encoded = wire::encode_runs(context_.space, runs.value());
    if (encoded.has_error()) {
      context_.fail("a stick could not be written: " + encoded.error().context);
      return;
    }
    stick.batches.push_back(std::move(encoded).value());
  }
  if (stick.batches.empty()) return;
  ++context_.counts["sticks sent"];
  context_.note(sender.name() + " stick for n" + std::to_string(to));
  if (dice.one_in(6)) {
    ++context_.counts["sticks lost"];
    return;
  }
  if (dice.one_in(10)) stick.to = dice.below(nodes_.size());
  if (dice.one_in(4)) dice.shuffle(stick.batches);
  if (dice.one_in(10)) {
    Bytes& batch = dice.pick(stick.batches);
    batch[dice.below(batch.size())] ^= static_cast<std::uint8_t>(1U << dice.below(8));
    stick.is_damaged = true;
  }
  for (std::size_t reads = dice.one_in(5) ? 2 : 1; reads > 0; --reads)
    context_.events.in_background(way(dice), [this, stick] { read(stick); });
}

void Couriers::read(const Stick& stick) {
  Node& node = *nodes_[stick.to];
  if (!node.is_up()) return;
  ++context_.counts["sticks read"];
  context_.note(node.name() + " reads a stick of n" + std::to_string(stick.from));
  for (const Bytes& batch : stick.batches) {
    if (!node.disk().has_crashed()) read_batch(node, stick, batch);
  }
  if (!node.disk().has_crashed()) send_receipt(node, stick.from);
}

void Couriers::read_batch(Node& node, const Stick& stick, ByteView batch) {
  const bool may_be_bad = stick.is_damaged || !nodes_[stick.from]->is_honest();
  Result<std::vector<sync::Run>> runs = wire::decode_runs(context_.space, batch);
  if (runs.has_error()) {
    if (!may_be_bad) context_.fail("an intact stick does not decode: " + runs.error().context);
    ++context_.counts["damaged batches refused"];
    return;
  }
  Result<sync::AcceptReport> taken = node.port().accept(context_.space, runs.value());
  if (taken.has_value()) return;
  const bool is_not_there =
      taken.error().code == Errc::kNotFound && context_.scenario.has(kLateJoiners);
  if (!may_be_bad && !is_not_there && !node.explains(taken.error()))
    context_.fail("an intact stick was refused: " + taken.error().context);
  ++context_.counts["damaged batches refused"];
}

void Couriers::send_receipt(const Node& from, std::size_t to) {
  if (context_.dice.one_in(4)) return;
  Node& reader = *nodes_[from.index()];
  Result<std::vector<sync::AuthorHead>> heads = reader.recording_port().heads(context_.space);
  if (heads.has_error()) return;
  const sync::Have have = test::have_of(heads.value());
  const std::pair pair(to, from.index());
  context_.events.in_background(way(context_.dice), [this, pair, have] { receipts_[pair] = have; });
}

}  // namespace cunju::simulation
