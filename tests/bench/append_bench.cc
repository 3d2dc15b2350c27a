// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/benches.h"
#include "tests/bench/measure.h"
#include "tests/bench/village.h"

namespace cunju::bench {
namespace {

constexpr std::size_t kSaves = 100;
constexpr std::size_t kValueBytes = 80;

}  // namespace

void bench_append(const Options& options) {
  Village village(options.folder, 1);
  village.fill(1'000, 100, kValueBytes);
  Folder folder(options.folder);
  auto data = must(store::Environment::open({.folder = folder.path() / "d", .tables = {"t"}}));
  const store::Table table = must(data->table("t"));

  // As long as the last change of the log is.
  const std::vector<sync::Run> log = village.runs_of(village.authors.front().author(), 1);
  const Bytes same = encode_change(log.back().changes.back());
  Samples appended, put, cpu_us;
  Ratio ratio;
  std::uint64_t number = 0;
  for (std::size_t run = 0; run < options.runs; ++run) {
    const Seconds saving = timed([&] { village.fill(kSaves, 1, kValueBytes); });
    const Seconds putting = timed([&] {
      for (std::size_t i = 0; i < kSaves; ++i) {
        must(data->write([&](store::WriteTransaction& txn) -> Result<void> {
          // Scattered like ids are.
          return txn.put(table, crypto::hash({replica::encode_u64(++number)}).view(), same);
        }));
      }
    });
    appended.add(kSaves / saving.wall);
    put.add(kSaves / putting.wall);
    cpu_us.add(saving.cpu / kSaves * 1e6);
    ratio.add(putting.wall, saving.wall);
  }
  print_title("2. One person's save, durable");
  print_row("append of one change", appended, "saves/s");
  print_row("  its CPU, the kernel's part with it", cpu_us, "us");
  print_row("LMDB durable put of the same bytes", put, "puts/s");
  print_row("append / LMDB (goal 0.7)", ratio.samples(), "");
}

}  // namespace cunju::bench
