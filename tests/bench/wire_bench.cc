// SPDX-License-Identifier: Apache-2.0
#include <zstd.h>

#include <array>
#include <deque>

#include "net/sync/session.h"
#include "net/wire/frames.h"
#include "tests/bench/benches.h"
#include "tests/bench/measure.h"
#include "tests/bench/village.h"

namespace cunju::bench {
namespace {

constexpr std::size_t kAuthors = 5;
constexpr std::size_t kValueBytes = 12;
constexpr std::size_t kTurn = 100;
/// length u16, then flags u8 and the tag in what is encrypted.
constexpr std::size_t kFrameOverhead = 2 + 1 + crypto::kTagBytes;

std::size_t framed(std::size_t message) {
  const std::size_t fragments = (message + wire::kMaxFragmentBytes - 1) / wire::kMaxFragmentBytes;
  return message + fragments * kFrameOverhead;
}

struct Traffic {
  std::size_t bytes = 0;
  std::size_t messages = 0;
};

/// Two sessions in memory until both say that they have caught up.
Traffic pump(Village& from, Store& to) {
  const Bytes handshake_hash(64, 1);
  const sync::Options once{.leave_when_caught_up = true};
  sync::Session sender(*from.replica, from.peer_wire, handshake_hash, once);
  sync::Session receiver(*to.replica, from.own_wire, handshake_hash, once);
  std::array sides{&sender, &receiver};
  std::array<std::deque<Bytes>, 2> inboxes;
  Traffic out;
  const auto apply = [&](std::size_t side, sync::Actions actions) {
    if (actions.close && actions.close->error) give_up(*actions.close->error);
    for (Bytes& message : actions.messages) {
      out.bytes += framed(message.size());
      ++out.messages;
      inboxes[1 - side].push_back(std::move(message));
    }
  };
  for (std::size_t side : {0u, 1u}) apply(side, sides[side]->start(sync::Time{0}));
  while (!inboxes[0].empty() || !inboxes[1].empty()) {
    for (std::size_t side : {0u, 1u}) {
      if (inboxes[side].empty()) continue;
      const Bytes message = std::move(inboxes[side].front());
      inboxes[side].pop_front();
      apply(side, sides[side]->on_message(sync::Time{0}, message));
    }
  }
  return out;
}

std::size_t compressed(const Bytes& bytes, int level) {
  Bytes out(ZSTD_compressBound(bytes.size()));
  const std::size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size) != 0) give_up({Errc::kIo, ZSTD_getErrorName(size)});
  return size;
}

/// What the people wrote, and nothing else: who, when, where, what.
struct Payload {
  Bytes edits;
  Bytes parts;  ///< The packed links and bodies: with salts, record ids and parents.
  std::size_t changes = 0;
};

Payload payload_of(Village& village) {
  Payload out;
  for (std::size_t i = 0; i < village.authors.size(); ++i) {
    must(village.replica->scan_log(
        village.space, village.authors[i].author(), Seq{0}, [&](const Change& change) {
          ++out.changes;
          for (const Part& part : change.parts) {
            append(out.parts, part.links);
            append(out.parts, part.body);
            const Links links = must(decode_links(part.links));
            for (const Operation& operation : must(decode_body(part.body)).operations) {
              put_u8(out.edits, static_cast<std::uint8_t>(i));
              put_u64(out.edits, change.header.claimed_ms);
              append(out.edits, links.record.view());
              append(out.edits, as_bytes(links.registry + "\t" + operation.field + "\t"));
              if (const auto* text = std::get_if<std::string>(&operation.value))
                append(out.edits, as_bytes(*text));
            }
          }
          return true;
        }));
  }
  return out;
}

}  // namespace

void bench_wire(const Options& options) {
  Village village(options.folder, kAuthors);
  village.fill(options.wire_changes, kTurn, kValueBytes);
  Traffic traffic;
  Samples cpu_us;
  for (std::size_t run = 0; run < options.runs; ++run) {
    Store target(options.folder, 11);
    must(target.replica->join(village.space, village.own_wire));
    const Seconds spent = timed([&] { traffic = pump(village, target); });
    if (must(target.replica->state_hash(village.space)) !=
        must(village.replica->state_hash(village.space)))
      give_up({Errc::kCorrupt, "the peer has not caught up"});
    cpu_us.add(spent.cpu / static_cast<double>(options.wire_changes) * 1e6);
  }
  const Payload payload = payload_of(village);
  const auto signatures = static_cast<double>(64 * payload.changes);
  const auto bytes = static_cast<double>(traffic.bytes);
  const double edits = static_cast<double>(compressed(payload.edits, 3)) + signatures;
  const double hard = static_cast<double>(compressed(payload.edits, 19)) + signatures;
  const double parts = static_cast<double>(compressed(payload.parts, 3)) + signatures;
  print_title("3. Small changes of 5 authors to an empty peer (two sessions in memory, both ways)");
  print_note("bytes of all messages with 19 more for each encrypted frame; no TCP, no handshake");
  print_row("changes", static_cast<double>(payload.changes), "");
  print_row("messages", static_cast<double>(traffic.messages), "");
  print_row("bytes on the wire", bytes, "B");
  print_row("  for each change", bytes / static_cast<double>(payload.changes), "B");
  print_row("zstd -3 of what was written + 64 per signature", edits, "B");
  print_row("zstd -19 of what was written + 64 per signature", hard, "B");
  print_row("zstd -3 of the parts with salts and parents + 64", parts, "B");
  print_row("wire / zstd -3 of what was written (goal 1.3)", bytes / edits, "");
  print_row("wire / zstd -19 of what was written", bytes / hard, "");
  print_row("wire / zstd -3 of the parts", bytes / parts, "");
  print_row("CPU of both sides for each change", cpu_us, "us");
}

}  // namespace cunju::bench
