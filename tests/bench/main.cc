// SPDX-License-Identifier: Apache-2.0
//
// cunju_bench [--quick] [--changes N] [--wire-changes N] [--records N] [--spaces N]
//             [--scale-changes N] [--runs N] [--folder DIR]
//             [accept|append|wire|node|roster|seal|acts|reconcile|scale ...]
#include <charconv>
#include <cstring>
#include <string_view>
#include <vector>

#include "crdt/crypto/crypto.h"
#include "tests/bench/benches.h"
#include "tests/bench/measure.h"

namespace {

using cunju::Errc;
using cunju::bench::give_up;

std::size_t read_number(std::string_view option, std::string_view text) {
  std::size_t out = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (code != std::errc() || end != text.data() + text.size() || out == 0)
    give_up({Errc::kInvalidArgument, std::string(option) + " wants a number above zero"});
  return out;
}

struct Part {
  std::string_view name;
  void (*run)(const cunju::bench::Options&);
};
constexpr Part kParts[] = {
    {"accept", cunju::bench::bench_accept}, {"append", cunju::bench::bench_append},
    {"wire", cunju::bench::bench_wire},     {"node", cunju::bench::bench_node},
    {"roster", cunju::bench::bench_roster}, {"seal", cunju::bench::bench_seal},
    {"acts", cunju::bench::bench_acts},     {"reconcile", cunju::bench::bench_reconcile},
    {"scale", cunju::bench::bench_scale}};

}  // namespace

int main(int argc, char** argv) {
  cunju::crypto::initialize();
  cunju::bench::Options options;
  options.folder = std::filesystem::temp_directory_path();
  std::vector<std::string_view> chosen;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--quick") {
      options.changes = 2'000;
      options.wire_changes = 4'000;
      options.records = 5'000;
      options.spaces = 200;
      options.scale_changes = 10'000;
    } else if (!word.starts_with("--")) {
      chosen.push_back(word);
    } else if (i + 1 == argc) {
      give_up({Errc::kInvalidArgument, std::string(word) + " wants a value"});
    } else if (word == "--changes") {
      options.changes = read_number(word, argv[++i]);
    } else if (word == "--wire-changes") {
      options.wire_changes = read_number(word, argv[++i]);
    } else if (word == "--records") {
      options.records = read_number(word, argv[++i]);
    } else if (word == "--spaces") {
      options.spaces = read_number(word, argv[++i]);
    } else if (word == "--scale-changes") {
      options.scale_changes = read_number(word, argv[++i]);
    } else if (word == "--runs") {
      options.runs = read_number(word, argv[++i]);
    } else if (word == "--folder") {
      options.folder = argv[++i];
    } else {
      give_up({Errc::kInvalidArgument, "unknown option " + std::string(word)});
    }
  }
  for (std::string_view name : chosen) {
    bool is_part = false;
    for (const Part& part : kParts) is_part = is_part || part.name == name;
    if (!is_part) give_up({Errc::kInvalidArgument, "no benchmark " + std::string(name)});
  }
  std::printf("cunju_bench in %s\n", options.folder.c_str());
  for (const Part& part : kParts) {
    bool wanted = chosen.empty();
    for (std::string_view name : chosen) wanted = wanted || name == part.name;
    if (wanted) part.run(options);
  }
}
