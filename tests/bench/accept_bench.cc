// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include "net/wire/run_codec.h"
#include "tests/bench/benches.h"
#include "tests/bench/measure.h"
#include "tests/bench/village.h"

namespace cunju::bench {
namespace {

constexpr std::size_t kRunLength = 64;
constexpr std::size_t kAuthors = 5;
/// With the links and salts that belong to it a change has about 264 bytes on the wire.
constexpr std::size_t kValueBytes = 80;
constexpr std::size_t kMessageBytes = 264;

struct Offer {
  std::vector<sync::Run> founding;
  std::vector<Bytes> batches;  ///< Encoded runs, each within the replica's limits.
  std::vector<Change> changes;
  std::vector<Bytes> stored;  ///< Their whole bytes, as they are kept.
  std::size_t wire_bytes = 0;
};

Offer make_offer(Village& village, std::size_t count) {
  village.fill(count, kRunLength, kValueBytes);
  // In turns, like the changes were made: so parents come before children.
  std::vector<std::vector<sync::Run>> logs;
  Offer out;
  for (std::size_t i = 0; i < village.authors.size(); ++i) {
    std::vector<sync::Run> runs = village.runs_of(village.authors[i].author(), kRunLength);
    if (i == 0) {
      // The founding change goes ahead, alone; the founder's runs begin after it.
      std::vector<Change> all;
      for (sync::Run& run : runs) std::ranges::move(run.changes, std::back_inserter(all));
      out.founding.push_back({{all.front()}});
      runs.clear();
      for (std::size_t at = 1; at < all.size(); at += kRunLength) {
        const std::size_t end = std::min(all.size(), at + kRunLength);
        runs.push_back({{all.begin() + static_cast<std::ptrdiff_t>(at),
                         all.begin() + static_cast<std::ptrdiff_t>(end)}});
      }
    }
    logs.push_back(std::move(runs));
  }
  std::vector<sync::Run> batch;
  const auto flush = [&] {
    if (batch.empty()) return;
    out.batches.push_back(must(wire::encode_runs(village.space, batch)));
    out.wire_bytes += out.batches.back().size();
    batch.clear();
  };
  for (std::size_t turn = 0; turn < logs.front().size(); ++turn) {
    for (const std::vector<sync::Run>& log : logs) {
      if (turn >= log.size()) continue;
      batch.push_back(log[turn]);
      std::ranges::copy(log[turn].changes, std::back_inserter(out.changes));
      if ((batch.size() + 1) * kRunLength > limits::kMaxBatchChanges) flush();
    }
  }
  flush();
  for (const Change& change : out.changes) out.stored.push_back(encode_change(change));
  return out;
}

struct Speed {
  double wall = 0;  ///< Changes a second.
  double cpu = 0;   ///< Changes a second of CPU: what a busy machine disturbs less.
};

Speed speed(std::size_t count, const Seconds& spent) {
  const auto number = static_cast<double>(count);
  return {number / spent.wall, number / spent.cpu};
}

Speed accept_all(const Options& options, const Village& village, const Offer& offer,
                 double& decode_share) {
  Store target(options.folder, 11);
  must(target.replica->join(village.space, village.own_wire));
  must(target.replica->accept(village.space, offer.founding));
  std::uint64_t admitted = 0;
  double decoding = 0;
  const Seconds spent = timed([&] {
    for (const Bytes& batch : offer.batches) {
      std::vector<sync::Run> runs;
      decoding += timed([&] { runs = must(wire::decode_runs(village.space, batch)); }).wall;
      admitted += must(target.replica->accept(village.space, runs)).admitted;
    }
  });
  if (admitted != offer.changes.size()) give_up({Errc::kCorrupt, "not everything was admitted"});
  decode_share = decoding / spent.wall;
  return speed(offer.changes.size(), spent);
}

Speed hash_all(const std::vector<Bytes>& messages) {
  std::uint8_t sink = 0;
  const Seconds spent = timed([&] {
    for (const Bytes& bytes : messages) sink ^= crypto::hash({bytes}).value[0];
  });
  if (sink == 1) print_note("-");  // So that the work is not left out.
  return speed(messages.size(), spent);
}

/// Hash, one put and every n-th signature, all in one durable transaction.
Speed limit(const Options& options, const Offer& offer, const std::vector<Bytes>& messages,
            std::size_t verify_every) {
  Folder folder(options.folder);
  auto data = must(store::Environment::open({.folder = folder.path() / "d", .tables = {"t"}}));
  const store::Table table = must(data->table("t"));
  bool is_good = true;
  const Seconds spent = timed([&] {
    for (std::size_t i = verify_every - 1; i < offer.changes.size(); i += verify_every)
      is_good = is_good && has_valid_signature(offer.changes[i]);
    must(data->write([&](store::WriteTransaction& txn) -> Result<void> {
      for (const Bytes& bytes : messages) {
        CUNJU_TRYV(txn.put(table, crypto::hash({bytes}).view(), bytes));
      }
      return ok();
    }));
  });
  if (!is_good) give_up({Errc::kBadSignature, "a signature"});
  return speed(messages.size(), spent);
}

}  // namespace

void bench_accept(const Options& options) {
  auto village = std::make_unique<Village>(options.folder, kAuthors);
  const Offer offer = make_offer(*village, options.changes);
  std::vector<Bytes> small;
  for (std::size_t i = 0; i < offer.changes.size(); ++i)
    small.push_back(to_bytes(as_bytes(village->random_text(kMessageBytes))));
  std::size_t stored_bytes = 0;
  for (const Bytes& bytes : offer.stored) stored_bytes += bytes.size();

  Samples accept, share, hashing, same_limit, small_limit, each_limit;
  Ratio to_hash, to_same, to_small, to_each, cpu_to_same, cpu_to_small;
  for (std::size_t run = 0; run < options.runs; ++run) {
    double decode_share = 0;
    const Speed accepted = accept_all(options, *village, offer, decode_share);
    const Speed hashed = hash_all(offer.stored);
    const Speed same = limit(options, offer, offer.stored, kRunLength);
    const Speed little = limit(options, offer, small, kRunLength);
    const Speed each = limit(options, offer, offer.stored, 1);
    accept.add(accepted.wall);
    share.add(decode_share);
    hashing.add(hashed.wall);
    same_limit.add(same.wall);
    small_limit.add(little.wall);
    each_limit.add(each.wall);
    to_hash.add(accepted.wall, hashed.wall);
    to_same.add(accepted.wall, same.wall);
    to_small.add(accepted.wall, little.wall);
    to_each.add(accepted.wall, each.wall);
    cpu_to_same.add(accepted.cpu, same.cpu);
    cpu_to_small.add(accepted.cpu, little.cpu);
  }
  const auto count = static_cast<double>(offer.changes.size());
  print_title("1. Changes from a peer, durable (batches within the replica's limits, runs of 64)");
  print_row("bytes of a change on the wire", static_cast<double>(offer.wire_bytes) / count, "B");
  print_row("bytes of a change as stored", static_cast<double>(stored_bytes) / count, "B");
  print_row("accept: decode, verify, admit, merge, commit", accept, "changes/s");
  print_row("  of it decoding the wire form", share.median(), "of the time");
  print_row("a: hash the stored bytes", hashing, "changes/s");
  print_row("b: hash, LMDB, a signature per run; the stored bytes", same_limit, "changes/s");
  print_row("b: the same with messages of 264 bytes", small_limit, "changes/s");
  print_row("c: hash, LMDB, a signature per change", each_limit, "changes/s");
  print_row("accept / a", to_hash.samples(), "");
  print_row("accept / b, stored bytes", to_same.samples(), "");
  print_row("accept / b, 264 bytes (goal 0.5)", to_small.samples(), "");
  print_row("accept / b, stored bytes, by CPU time", cpu_to_same.samples(), "");
  print_row("accept / b, 264 bytes, by CPU time", cpu_to_small.samples(), "");
  print_row("accept / c", to_each.samples(), "");
}

}  // namespace cunju::bench
