// SPDX-License-Identifier: Apache-2.0
#include <zstd.h>

#include <array>

#include "net/wire/version.h"
#include "tests/bench/benches.h"
#include "tests/bench/loopback.h"
#include "tests/bench/measure.h"
#include "tests/bench/village.h"

namespace cunju::bench {
namespace {

constexpr std::size_t kAuthors = 5;
constexpr std::size_t kValueBytes = 12;
constexpr std::size_t kTurn = 100;

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

/// One version of the protocol over all runs.
struct Version {
  std::uint16_t number = 0;
  Traffic traffic;
  Samples cpu_us, sender_us, receiver_us;
};

void print_version(const Version& version, std::size_t changes) {
  const auto bytes = static_cast<double>(version.traffic.bytes);
  print_note("version " + std::to_string(version.number) + " of the protocol");
  print_row("messages", static_cast<double>(version.traffic.messages), "");
  print_row("bytes on the wire", bytes, "B");
  print_row("  for each change", bytes / static_cast<double>(changes), "B");
  print_row("CPU of both ends for each change", version.cpu_us, "us");
  print_row("  of the sender", version.sender_us, "us");
  print_row("  of the receiver, durable", version.receiver_us, "us");
}

}  // namespace

void bench_wire(const Options& options) {
  Village village(options.folder, kAuthors);
  village.fill(options.wire_changes, kTurn, kValueBytes);
  std::array<Version, 2> versions{Version{.number = wire::kColumnsVersion - 1},
                                  Version{.number = wire::kProtocolVersion}};
  Ratio cpu_ratio;
  for (std::size_t run = 0; run < options.runs; ++run) {
    std::array<double, 2> spent{};
    for (std::size_t i = 0; i < versions.size(); ++i) {
      Version& version = versions[i];
      Store target(options.folder, 11);
      must(target.replica->join(village.space, village.own_wire));
      version.traffic = exchange_over_loopback(village, target, version.number);
      if (must(target.replica->state_hash(village.space)) !=
          must(village.replica->state_hash(village.space)))
        give_up({Errc::kCorrupt, "the peer has not caught up"});
      const auto per_change = [&](double seconds) {
        return seconds / static_cast<double>(options.wire_changes) * 1e6;
      };
      spent[i] = version.traffic.cpu[0] + version.traffic.cpu[1];
      version.cpu_us.add(per_change(spent[i]));
      version.sender_us.add(per_change(version.traffic.cpu[0]));
      version.receiver_us.add(per_change(version.traffic.cpu[1]));
    }
    cpu_ratio.add(spent[1], spent[0]);
  }
  const Payload payload = payload_of(village);
  const auto signatures = static_cast<double>(64 * payload.changes);
  const auto bytes = static_cast<double>(versions[1].traffic.bytes);
  const double edits = static_cast<double>(compressed(payload.edits, 3)) + signatures;
  const double hard = static_cast<double>(compressed(payload.edits, 19)) + signatures;
  const double parts = static_cast<double>(compressed(payload.parts, 3)) + signatures;
  print_title("3. Small changes of 5 authors to an empty peer over loopback, both ways");
  print_note("bytes are all that both ends gave to TCP, handshake and encryption included");
  print_row("changes", static_cast<double>(payload.changes), "");
  for (const Version& version : versions) print_version(version, payload.changes);
  print_row("bytes, newest version / the one before",
            bytes / static_cast<double>(versions[0].traffic.bytes), "");
  print_row("CPU, newest version / the one before", cpu_ratio.samples(), "");
  print_row("zstd -3 of what was written + 64 per signature", edits, "B");
  print_row("zstd -19 of what was written + 64 per signature", hard, "B");
  print_row("zstd -3 of the parts with salts and parents + 64", parts, "B");
  print_row("wire / zstd -3 of what was written (goal 1.3)", bytes / edits, "");
  print_row("wire / zstd -19 of what was written", bytes / hard, "");
  print_row("wire / zstd -3 of the parts", bytes / parts, "");
}

}  // namespace cunju::bench
