// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/courier.h"

#include "net/bundle/receipt.h"
#include "tests/support/replica_fixture.h"

namespace cunju::simulation {
namespace {

constexpr std::size_t kMaxChunks = 3;
constexpr Time kUsualWay = std::chrono::minutes(3);
constexpr Time kLongestWay = std::chrono::hours(1);

Time way(Dice& dice) { return dice.between(Time{1000}, dice.one_in(6) ? kLongestWay : kUsualWay); }

/// Opens the stick, by either head; the number of its chunks.
std::optional<std::pair<bundle::Opener, std::uint32_t>> open_heads(
    const Node& node, const std::vector<Bytes>& blocks) {
  for (const Bytes* head : {&blocks.front(), &blocks.back()}) {
    Result<bundle::Opener> opener = bundle::Opener::open(node.person().wire, *head);
    if (opener.has_error()) continue;
    Result<Bytes> text = opener.value().open_letter(*head);
    if (text.has_error()) continue;
    Result<bundle::Letter> letter =
        bundle::decode_letter(text.value(), node.wire(), opener.value().ephemeral());
    if (letter.has_error()) continue;
    return std::pair(std::move(opener).value(), letter.value().chunks);
  }
  return std::nullopt;
}

}  // namespace

std::vector<Bytes> Couriers::write(Node& sender, std::size_t to, std::size_t max_chunks) {
  const WireKey recipient = nodes_[to]->wire();
  bundle::Sealer sealer = test::require(bundle::Sealer::make(recipient, random_));
  bundle::Writer writer(sender.port(), recipient, {context_.space}, receipts_[{sender.index(), to}],
                        max_chunks);
  std::vector<Bytes> blocks(1);
  for (;;) {
    Result<std::optional<Bytes>> content = writer.next();
    if (content.has_error()) {
      const bool is_not_there =
          content.error().code == Errc::kNotFound && context_.scenario.has(kLateJoiners);
      if (sender.is_honest() && !is_not_there && !sender.explains(content.error()))
        context_.fail("a stick could not be written: " + content.error().context);
      return {};
    }
    if (!content.value()) break;
    blocks.push_back(sealer.seal_chunk(*content.value()));
  }
  if (writer.contents().empty()) return {};
  const bundle::Letter letter{.id = random_.make<bundle::LetterId>(),
                              .bundle = random_.make<bundle::BundleId>(),
                              .is_last = writer.is_last(),
                              .from = sender.person().node.node(),
                              .from_wire = sender.wire(),
                              .chunks = writer.chunks(),
                              .spaces = writer.contents()};
  blocks.front() = sealer.seal_head(
      bundle::encode_letter(letter, sender.person().node, recipient, sealer.ephemeral()));
  blocks.push_back(blocks.front());
  return blocks;
}

void Couriers::harm(Stick& stick) {
  Dice& dice = context_.dice;
  if (dice.one_in(10)) stick.reader = dice.below(nodes_.size());
  if (dice.one_in(8)) {
    stick.blocks.resize(1 + dice.below(stick.blocks.size()));
    stick.is_damaged = true;
  }
  if (dice.one_in(8)) {
    Bytes& block = dice.pick(stick.blocks);
    block[dice.below(block.size())] ^= static_cast<std::uint8_t>(1U << dice.below(8));
    stick.is_damaged = true;
  }
}

void Couriers::send(std::size_t from, std::size_t to) {
  Node& sender = *nodes_[from];
  if (!sender.is_up() || from == to) return;
  Dice& dice = context_.dice;
  Stick stick{.from = from,
              .to = to,
              .reader = to,
              .blocks = write(sender, to, 1 + dice.below(kMaxChunks))};
  if (stick.blocks.empty()) return;
  ++context_.counts["sticks sent"];
  context_.note(sender.name() + " stick for n" + std::to_string(to));
  if (dice.one_in(6)) {
    ++context_.counts["sticks lost"];
    return;
  }
  harm(stick);
  for (std::size_t reads = dice.one_in(5) ? 2 : 1; reads > 0; --reads)
    context_.events.in_background(way(dice), [this, stick] { read(stick); });
}

void Couriers::read(const Stick& stick) {
  Node& node = *nodes_[stick.reader];
  if (!node.is_up()) return;
  ++context_.counts["sticks read"];
  context_.note(node.name() + " reads a stick of n" + std::to_string(stick.from));
  const auto opened = open_heads(node, stick.blocks);
  const bool is_ours = stick.reader == stick.to;
  if (!opened) {
    ++context_.counts["sticks that did not open"];
    if (is_ours && !stick.is_damaged) context_.fail("an intact stick does not open");
    return;
  }
  if (!is_ours) context_.fail("a stick opens for a node that it is not for");
  read_chunks(node, stick, opened->first, opened->second);
  if (!node.disk().has_crashed()) send_receipt(node, stick.from);
}

void Couriers::read_chunks(Node& node, const Stick& stick, const bundle::Opener& opener,
                           std::uint32_t chunks) {
  bundle::Reader reader(node.port(), {context_.space},
                        [](const SpaceId&, ByteView) -> Result<void> { return ok(); });
  Result<void> taken = ok();
  for (std::uint32_t place = 1; place <= chunks && taken.has_value(); ++place) {
    std::optional<Bytes> content;
    if (place < stick.blocks.size()) {
      Result<Bytes> opened = opener.open_chunk(place, stick.blocks[place]);
      if (opened.has_value()) content = std::move(opened).value();
    }
    taken = reader.take(content ? &*content : nullptr);
  }
  if (taken.has_value()) taken = reader.finish();
  if (taken.has_error()) {
    const bool is_not_there =
        taken.error().code == Errc::kNotFound && context_.scenario.has(kLateJoiners);
    if (!is_not_there && !node.explains(taken.error()))
      context_.fail("an intact stick was refused: " + taken.error().context);
    return;
  }
  judge(stick, reader.taken());
}

void Couriers::judge(const Stick& stick, const bundle::Taken& taken) {
  if (taken.damaged_chunks > 0) {
    ++context_.counts["damaged sticks"];
    if (!stick.is_damaged) context_.fail("an intact stick has damaged chunks");
  }
  if (taken.refused_items > 0) {
    ++context_.counts["refused batches"];
    // Damage is found by the seal of its block, so only a liar can have written this.
    if (nodes_[stick.from]->is_honest()) context_.fail("an honest node's batch was refused");
  }
}

void Couriers::send_receipt(const Node& from, std::size_t to) {
  if (context_.dice.one_in(4)) return;
  Node& reader = *nodes_[from.index()];
  Result<bundle::KnownLogs> logs = bundle::describe_logs(reader.recording_port(), context_.space);
  if (logs.has_error()) return;
  const bundle::Receipt receipt{.space = context_.space,
                                .node = reader.person().node.node(),
                                .to = nodes_[to]->person().node.node(),
                                .answers = {},
                                .logs = std::move(logs).value()};
  const Bytes bytes = bundle::encode_receipt(receipt, reader.person().node);
  const std::pair pair(to, from.index());
  context_.events.in_background(way(context_.dice), [this, pair, bytes] {
    receipts_[pair][context_.space] =
        test::require(bundle::decode_receipt(context_.space, bytes)).logs;
  });
}

}  // namespace cunju::simulation
