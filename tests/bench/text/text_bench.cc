// SPDX-License-Identifier: Apache-2.0
//
// The native half of the text benchmark: `cunju_text_bench [--json] [--runs N] [--pairs] [--many]
// TRACE...`
// prints a line of JSON for each figure; the peers' half beside it prints the same for them.
// --pairs needs no trace: a text of 1,000,000 characters in which as many were inserted and deleted
// again, at random places. --many: a record with thousands of merged texts. Their times are CPU.
#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <random>

#include "crdt/base/limits.h"
#include "crdt/types/record_view.h"
#include "crdt/types/text/text_edits_codec.h"
#include "node/registry/text_reading.h"
#include "tests/bench/text/trace.h"

namespace cunju::bench {
namespace {

int run_count = 5;

void print(const Trace& trace, std::string_view work, std::string_view unit,
           std::vector<double> runs) {
  boost::json::array all(runs.begin(), runs.end());
  std::ranges::sort(runs);
  const boost::json::object line{{"peer", "cunju"}, {"trace", trace.name},
                                 {"work", work},    {"value", runs[runs.size() / 2]},
                                 {"unit", unit},    {"runs", std::move(all)}};
  std::printf("%s\n", boost::json::serialize(line).c_str());
  std::fflush(stdout);
}

void print_times(const Trace& trace, std::string_view work, const std::function<void()>& once) {
  std::vector<double> runs;
  for (int i = 0; i < run_count; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    once();
    const auto end = std::chrono::steady_clock::now();
    runs.push_back(std::chrono::duration<double, std::milli>(end - begin).count());
  }
  print(trace, work, "ms", std::move(runs));
}

/// Everything an editor and a save need: the text, and the edits in saves that fit a value.
struct Document {
  TextBuffer text;
  std::vector<TextEdits> saves{1};

  void apply(const TracePatch& patch) {
    text.erase(patch.position, patch.erased);
    text.insert(patch.position, patch.inserted);
    const TextEdit edit{patch.position, patch.erased, patch.inserted};
    if (saves.back().text().size() > kSaveBytes || !saves.back().add(edit)) {
      if (!saves.emplace_back().add(edit)) std::abort();
    }
  }
  /// Packs to less than limits::kMaxValueBytes.
  static constexpr std::size_t kSaveBytes = 96 * 1024;
};

constexpr std::size_t kPairs = 1'000'000;

/// Calls insert_and_erase(position) with the places of the pairs, the same in every run.
template <class Visit>
void visit_pairs(std::size_t length, const Visit& insert_and_erase) {
  std::mt19937_64 random(7);
  for (std::size_t i = 0; i < kPairs; ++i)
    insert_and_erase(static_cast<std::size_t>(random() % (length + 1)));
}

/// Resident bytes of this process.
double resident() {
  std::ifstream status("/proc/self/statm");
  double pages = 0;
  status >> pages >> pages;
  return pages * 4096;
}

std::string read_all(const std::string& path) {
  // In one piece, as a value comes out of the store.
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  std::string out(static_cast<std::size_t>(in.tellg()), '\0');
  in.seekg(0);
  in.read(out.data(), static_cast<std::streamsize>(out.size()));
  return out;
}

/// In a process of its own, so that nothing else is in the figure.
int measure_memory(const std::string& what, const std::string& path) {
  const double before = resident();
  std::string text = read_all(path);
  TextBuffer buffer;
  if (what != "read") {
    buffer = TextBuffer(text);
    // Assigning an empty string would keep the memory.
    std::string().swap(text);
  }
  if (what == "edit") buffer.insert(buffer.length() / 2, "x");
  if (what == "pairs") {
    visit_pairs(buffer.length(), [&](std::size_t position) {
      buffer.insert(position, "居");
      buffer.erase(position, 1);
    });
  }
  std::printf("%.0f\n", resident() - before);
  return text.size() + buffer.bytes() == 0 ? 1 : 0;
}

double memory_of(const std::string& what, const std::string& path) {
  char program[4096] = {};
  if (realpath("/proc/self/exe", program) == nullptr) std::abort();
  FILE* child = popen((std::string(program) + " --memory " + what + " " + path).c_str(), "r");
  double out = 0;
  if (child == nullptr || std::fscanf(child, "%lf", &out) != 1) std::abort();
  pclose(child);
  return out;
}

constexpr std::string_view kRegistry = "minutes", kField = "item";

/// The view of a record with that text, as a store keeps it.
Bytes stored_view(const std::string& text) {
  Document document;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(text.size(), at + Document::kSaveBytes / 2);
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    document.apply(
        {.position = document.text.length(), .erased = 0, .inserted = text.substr(at, end - at)});
    at = end;
  }
  RecordView view;
  GraphNode node;
  Dot dot;
  // A change has room for one save of this size.
  for (std::size_t i = 0; i < document.saves.size(); ++i) {
    ChangeId id;
    id.value[0] = static_cast<std::uint8_t>(i + 1);
    dot.seq = Seq{i};
    const GraphNode before = node;
    const GraphNode* parent = &before;
    node = derive_node({&parent, i == 0 ? 0U : 1U}, i == 0 ? nullptr : parent, dot);
    const Operation save = make_operation(OperationKind::kTextEdit, std::string(kField),
                                          encode_text_edits(document.saves[i]));
    view.apply(
        {.id = id, .dot = dot, .node = node, .registry = kRegistry, .operations = {&save, 1}});
  }
  return view.encode();
}

/// What every reading of the record costs but for the store.
std::string open_text(ByteView stored) {
  Result<RecordView> view = RecordView::decode(stored);
  if (view.has_error()) std::abort();
  const RecordState* state = view.value().find(kRegistry);
  const TextField* text = state == nullptr ? nullptr : state->find_text(kField);
  if (text == nullptr || !is_utf8(text->text)) std::abort();
  return text->text;
}

void measure_snapshot(const Trace& trace) {
  std::size_t read = 0;
  const Bytes stored = stored_view(trace.end);
  if (open_text(stored) != trace.end) std::abort();
  print_times(trace, "load", [&] { read += open_text(stored).size(); });
  print_times(trace, "load_for_editing", [&] {
    const TextBuffer buffer(open_text(stored));
    read += buffer.bytes();
  });
  if (read == 0) std::abort();
  char path[] = "/tmp/cunju_text_bench_XXXXXX";
  const int file = mkstemp(path);
  if (file < 0) std::abort();
  std::ofstream(path, std::ios::binary) << trace.end;
  for (const char* what : {"read", "edit"}) {
    std::vector<double> runs;
    for (int i = 0; i < run_count; ++i) runs.push_back(memory_of(what, path));
    print(trace, std::string("memory_") + what, "bytes", std::move(runs));
  }
  std::remove(path);
}

/// Milliseconds of CPU of each run.
void print_cpu(const Trace& trace, std::string_view work, const std::function<void()>& once) {
  std::vector<double> runs;
  for (int i = 0; i < run_count; ++i) {
    const std::clock_t begin = std::clock();
    once();
    runs.push_back(static_cast<double>(std::clock() - begin) * 1000.0 / CLOCKS_PER_SEC);
  }
  print(trace, work, "ms", std::move(runs));
}

/// Opening reads the text that a view keeps, and no history; by_replay is what a store does when it
/// has the log and no view, or when somebody asks for blame.
void measure_pairs() {
  Trace trace{.name = "million-pairs", .start = {}, .end = {}, .concurrent = false, .changes = {}};
  std::mt19937_64 random(3);
  for (std::size_t i = 0; i < 1'000'000; ++i) trace.end += random() % 2 == 0 ? "村" : "x";
  Document document;
  document.text = TextBuffer(trace.end);
  visit_pairs(document.text.length(), [&](std::size_t position) {
    document.apply({.position = position, .erased = 0, .inserted = "居"});
    document.apply({.position = position, .erased = 1, .inserted = {}});
  });
  std::vector<Bytes> saves;
  double bytes = 0;
  for (const TextEdits& save : document.saves) {
    saves.push_back(encode_text_edits(save));
    bytes += static_cast<double>(saves.back().size());
  }
  std::size_t read = 0;
  const Bytes stored = stored_view(trace.end);
  print_cpu(trace, "open", [&] { read += open_text(stored).size(); });
  print_cpu(trace, "open_for_editing", [&] { read += TextBuffer(open_text(stored)).bytes(); });
  TextBuffer replayed;
  print_cpu(trace, "open_by_replay", [&] {
    replayed = TextBuffer(trace.end);
    for (const Bytes& save : saves) apply_edits(replayed, decode_text_edits(save).value());
  });
  char path[] = "/tmp/cunju_text_bench_XXXXXX";
  const int file = mkstemp(path);
  if (file < 0 || read == 0) std::abort();
  std::ofstream(path, std::ios::binary) << trace.end;
  for (const char* what : {"read", "edit", "pairs"}) {
    std::vector<double> runs;
    for (int i = 0; i < run_count; ++i)
      runs.push_back(memory_of(what, path) / static_cast<double>(trace.end.size()));
    print(trace, std::string("memory_") + what + "_per_live_byte", "ratio", std::move(runs));
  }
  std::remove(path);
  print(trace, "history_bytes_per_pair", "bytes", {bytes / static_cast<double>(kPairs)});
  const bool right = document.text.str() == trace.end && replayed.str() == trace.end;
  print(trace, "full_text_ok", "bool", {right ? 1.0 : 0.0});
}

/// A record with many texts that two people wrote apart, as `conflicts`, `minutes show --version`
/// and `late list` read it. Where a text cost the reading of all of them, twice as many texts took
/// four times as long.
void measure_many_texts() {
  for (const std::size_t count : {1000, 2000, 4000}) {
    Trace trace{.name = "many-texts-" + std::to_string(count),
                .start = {},
                .end = {},
                .concurrent = true,
                .changes = {}};
    std::vector<TextChange> changes(2);
    for (std::uint8_t author = 0; author < 2; ++author) {
      TextChange& change = changes[author];
      change.id.value.fill(author + 1);
      change.author.value.fill(author + 1);
      change.dot = {.author = change.author, .seq = Seq{0}};
      change.node = derive_node({}, nullptr, change.dot);
      change.registry = kRegistry;
      for (std::size_t i = 0; i < count; ++i) {
        TextEdits edits;
        if (!edits.insert(0, author == 0 ? "修路灯。" : "议题：")) std::abort();
        change.operations.push_back(make_operation(
            OperationKind::kTextEdit, "item." + std::to_string(i), encode_text_edits(edits)));
      }
    }
    std::size_t sides = 0;
    print_cpu(trace, "read_sides", [&] {
      sides = 0;
      const RecordTexts texts(kRegistry, changes);
      const TextsAt now = texts.now();
      for (std::string_view name : now.names())
        sides += registry::find_merged_versions(name, texts, now).versions.size();
    });
    std::size_t read = 0;
    print_cpu(trace, "read_version", [&] {
      const RecordTexts texts(kRegistry, changes);
      const Result<TextsAt> version = texts.at({.heads = {&changes[0].id, 1}});
      if (version.has_error()) std::abort();
      read = registry::texts_of(version.value()).size();
    });
    const bool right = sides == 2 * count && read == count;
    print(trace, "full_text_ok", "bool", {right ? 1.0 : 0.0});
  }
}

void measure_sequential(const Trace& trace) {
  Document document;
  print_times(trace, "apply", [&] {
    document = {.text = TextBuffer(trace.start)};
    for (const TraceChange& change : trace.changes) {
      for (const TracePatch& patch : change.patches) document.apply(patch);
    }
  });
  double bytes = 0;
  std::vector<Bytes> saves;
  for (const TextEdits& save : document.saves) {
    saves.push_back(encode_text_edits(save));
    if (saves.back().size() > limits::kMaxValueBytes) std::abort();
    bytes += static_cast<double>(saves.back().size());
  }
  print(trace, "encode_bytes", "bytes", {bytes});
  TextBuffer replayed(trace.start);
  print_times(trace, "replay", [&] {
    replayed = TextBuffer(trace.start);
    for (const Bytes& save : saves) apply_edits(replayed, decode_text_edits(save).value());
  });
  const bool right = document.text.str() == trace.end && replayed.str() == trace.end;
  print(trace, "full_text_ok", "bool", {right ? 1.0 : 0.0});
}

void measure_concurrent(const Trace& trace) {
  bool right = true;
  for (const bool one_each : {false, true}) {
    const std::vector<Save> saves = make_saves(trace, one_each);
    const std::string suffix = one_each ? "_by_keystroke" : "";
    double bytes = 0;
    for (const Save& save : saves) bytes += static_cast<double>(save.edits.size());
    print(trace, "encode_bytes" + suffix, "bytes", {bytes});
    TextBuffer text;
    print_times(trace, "merge" + suffix, [&] { text = replay_text(receive(saves)).text; });
    right = right && text.str() == trace.end;
    const TextHistory history = receive(saves);
    print_times(trace, "merge_loaded" + suffix, [&] { text = replay_text(history).text; });
    print_times(trace, "blame" + suffix, [&] { right = right && !blame(history).empty(); });
  }
  print(trace, "full_text_ok", "bool", {right ? 1.0 : 0.0});
}

}  // namespace
}  // namespace cunju::bench

int main(int count, char** arguments) {
  using namespace cunju::bench;
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.size() == 3 && words[0] == "--memory") return measure_memory(words[1], words[2]);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--json") continue;
    if (words[i] == "--pairs") {
      measure_pairs();
      continue;
    }
    if (words[i] == "--many") {
      measure_many_texts();
      continue;
    }
    if (words[i] == "--runs" && i + 1 < words.size()) {
      run_count = std::max(1, std::atoi(words[++i].c_str()));
      continue;
    }
    const Trace trace = read_trace(words[i]);
    trace.concurrent ? measure_concurrent(trace) : measure_sequential(trace);
    measure_snapshot(trace);
  }
  return 0;
}
