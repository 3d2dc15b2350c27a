// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "node/registry/record_book.h"
#include "tests/bench/benches.h"
#include "tests/bench/measure.h"
#include "tests/bench/village.h"

namespace cunju::bench {
namespace {

constexpr std::size_t kTurn = 64;
constexpr std::size_t kValueBytes = 80;
/// What the goal says of lists, and how many of them `list` shows on a screen.
constexpr std::size_t kListed = 10'000, kScreen = 200;
/// One list takes some hundredths of a second.
constexpr int kLists = 10;

double bytes_below(const std::filesystem::path& folder) {
  double out = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().filename() == "data.mdb")
      out += static_cast<double>(entry.file_size());
  return out;
}

/// One village, filled as an import fills it and then listed.
struct Figures {
  Seconds import, screen, list, scan;
  double bytes = 0;
};

/// What `list` does once the home is open, several times: the definitions, the book, its records.
Seconds time_list(Village& village, std::size_t limit) {
  registry::ListQuery query;
  query.limit = limit;
  std::size_t total = 0, shown = 0;
  const Seconds out = timed([&] {
    for (int i = 0; i < kLists; ++i) {
      const auto catalog = must(registry::Catalog::load(*village.replica, village.space));
      registry::RecordBook book(*village.replica, catalog, village.space);
      const registry::RecordPage page = must(book.list("rental", query));
      total = page.total;
      shown = page.rows.size();
    }
  });
  if (total != village.records.size() || shown != (limit == 0 ? total : limit))
    give_up({Errc::kCorrupt, "a list lacks records"});
  return out;
}

double per_record(const Seconds& lists) { return lists.cpu * 1e6 / (kLists * kListed); }

Figures measure(const Options& options, Sealing sealing) {
  Village village(options.folder, 1, sealing);
  Figures out;
  out.import = timed([&] { village.fill(options.changes * 2, kTurn, kValueBytes); });
  out.bytes = bytes_below(village.folder.path());
  while (village.records.size() < kListed) village.fill(kTurn, kTurn, kValueBytes);
  out.screen = time_list(village, kScreen);
  out.list = time_list(village, 0);
  std::size_t seen = 0;
  out.scan = timed([&] {
    must(village.replica->scan(village.space, "rental",
                               [&](const RecordId&, const RecordView&) { return ++seen > 0; }));
  });
  if (seen != village.records.size()) give_up({Errc::kCorrupt, "a list lacks records"});
  return out;
}

}  // namespace

void bench_seal(const Options& options) {
  Ratio import_wall, import_cpu, screen, list, scan, bytes;
  Samples open_screen, sealed_screen, open_list, sealed_list;
  for (std::size_t run = 0; run < options.runs; ++run) {
    const Figures open = measure(options, Sealing::kOpen);
    const Figures sealed = measure(options, Sealing::kSealed);
    // Speeds: how much of the open store's is left.
    import_wall.add(open.import.wall, sealed.import.wall);
    import_cpu.add(open.import.cpu, sealed.import.cpu);
    screen.add(open.screen.cpu, sealed.screen.cpu);
    list.add(open.list.cpu, sealed.list.cpu);
    scan.add(open.scan.cpu, sealed.scan.cpu);
    bytes.add(sealed.bytes, open.bytes);
    open_screen.add(per_record(open.screen));
    sealed_screen.add(per_record(sealed.screen));
    open_list.add(per_record(open.list));
    sealed_list.add(per_record(sealed.list));
  }
  print_title("6. A sealed store beside an open one");
  print_row("speed of an import, durable (goal 0.7)", import_wall.samples(), "");
  print_row("  its CPU", import_cpu.samples(), "");
  print_row("speed of `list` of 10,000 records, a screen of them (goal 0.7)", screen.samples(), "");
  print_row("  all of them, as for --json (goal 0.7)", list.samples(), "");
  print_row("  of reading their views alone", scan.samples(), "");
  print_row("CPU of a screen for each record of the registry, open", open_screen, "us");
  print_row("  sealed", sealed_screen, "us");
  print_row("CPU of the whole list for each record, open", open_list, "us");
  print_row("  sealed", sealed_list, "us");
  print_row("bytes on the disk (goal 1.25 at most)", bytes.samples(), "");
}

}  // namespace cunju::bench
