// SPDX-License-Identifier: Apache-2.0
#include "tests/house_rules/includes.h"

#include <algorithm>
#include <array>
#include <optional>

namespace cunju::house {
namespace {

struct Include {
  std::string target;
  std::size_t line = 0;
  bool quoted = false;
};

struct ForeignRow {
  std::vector<std::string_view> headers;  // A whole name, or a prefix when it ends in '/'.
  std::vector<std::string_view> owners;   // Folders end in '/', anything else is a path prefix.
  std::string_view advice;
};

// The tests of a room stand below tests/<room> and may see what the room sees.
const std::vector<ForeignRow>& foreign_table() {
  static const std::vector<ForeignRow> kRows = {
      {{"sodium.h", "sodium/"}, {"crdt/crypto/"}, "use crdt/crypto/crypto.h"},
      {{"lmdb.h"}, {"node/store/", "tests/bench/"}, "use node/store"},
      {{"boost/asio.hpp", "boost/asio/", "boost/system/"},
       {"net/transport/", "node/agent/agent_server.", "node/node.", "node/node_network.cc",
        "tests/"},
       "use net/transport or hand bytes to a sans-IO session"},
      {{"csv.h"}, {"node/registry/"}, "use node/registry"},
      {{"iconv.h"}, {"node/registry/", "tests/support/"}, "use node/registry"},
      {{"toml++/", "toml.hpp"}, {"node/registry/"}, "use node/registry"},
      {{"unicode/"}, {"node/text/graphemes.cc"}, "use node/text/graphemes.h"},
      {{"boost/json.hpp", "boost/json/"}, {"node/", "cli/", "tests/"}, "JSON ends at node"},
      {{"boost/outcome/", "boost/outcome.hpp"}, {"crdt/base/"}, "use crdt/base/result.h"},
      {{"zstd.h"},
       {"crdt/types/text/compress.cc", "net/run/frame.cc", "tests/bench/"},
       "use crdt/types/text/compress.h, or net/run for runs"},
      {{"zdict.h"}, {"tests/bench/dictionary/"}, "dictionaries are made by script/dictionary"},
      {{"zlib.h"}, {"tests/bench/"}, "only the bench reads gzipped traces by itself"},
      {{"avahi-client/", "avahi-common/"}, {"net/transport/mdns.cc"}, "use net/transport/mdns.h"},
      {{"qrencode.h"}, {"cli/qr_code.cc"}, "use cli/qr_code.h"},
      {{"catch2/"}, {"tests/"}, "only tests see the test framework"},
      // The operating system. crdt and the sans-IO rooms of net have no row here.
      {{"sys/",      "netinet/", "arpa/",     "linux/",    "unistd.h",    "fcntl.h",
        "signal.h",  "poll.h",   "pwd.h",     "termios.h", "spawn.h",     "netdb.h",
        "ifaddrs.h", "dirent.h", "pthread.h", "malloc.h",  "errno.h",     "time.h",
        "limits.h",  "stdlib.h", "sched.h",   "net/if.h",  "net/if_arp.h"},
       {"net/transport/", "node/", "cli/", "tests/"},
       "this room does no I/O: take bytes in and give actions out"},
  };
  return kRows;
}

// Standard headers of things that a pure room takes as arguments instead.
constexpr std::array<std::string_view, 22> kImpureHeaders = {
    "thread",    "mutex",      "shared_mutex", "condition_variable",
    "future",    "stop_token", "barrier",      "latch",
    "semaphore", "fstream",    "iostream",     "istream",
    "ostream",   "filesystem", "random",       "ctime",
    "csignal",   "locale",     "clocale",      "sys/random.h",
    "time.h",    "syncstream"};
constexpr std::array<std::string_view, 14> kImpureNames = {
    "system_clock",  "steady_clock", "high_resolution_clock",
    "utc_clock",     "file_clock",   "clock_gettime",
    "gettimeofday",  "getenv",       "setenv",
    "random_device", "mt19937",      "mt19937_64",
    "rand",          "fopen"};
constexpr std::array<std::string_view, 6> kPureFolders = {"crdt/",    "net/noise/", "net/wire/",
                                                          "net/run/", "net/sync/",  "net/bundle/"};
constexpr std::array<std::string_view, 5> kRooms = {"crdt/", "net/", "node/", "cli/", "tests/"};

std::vector<Include> includes_of(const std::string& text) {
  std::vector<Include> out;
  const std::string code = code_view(text);
  for (std::size_t at = code.find('#'); at != std::string::npos; at = code.find('#', at + 1)) {
    const std::size_t word = code.find_first_not_of(" \t", at + 1);
    if (word == std::string::npos || code.compare(word, 7, "include") != 0) continue;
    const std::size_t open = code.find_first_of("<\"\n", word);
    if (open == std::string::npos || code[open] == '\n') continue;
    const std::size_t close = code.find(code[open] == '<' ? '>' : '"', open + 1);
    if (close == std::string::npos) continue;
    out.push_back(
        {code.substr(open + 1, close - open - 1), line_at(code, open), code[open] == '"'});
  }
  return out;
}

bool matches(std::string_view header, std::string_view pattern) {
  return pattern.ends_with('/') ? header.starts_with(pattern) : header == pattern;
}

bool owned_by(std::string_view path, std::string_view owner) {
  if (path.starts_with(owner)) return true;
  return path.starts_with("tests/") && path.substr(6).starts_with(owner);
}

const ForeignRow* find_row(std::string_view header) {
  for (const ForeignRow& row : foreign_table()) {
    for (std::string_view pattern : row.headers) {
      if (matches(header, pattern)) return &row;
    }
  }
  return nullptr;
}

std::string join(const std::vector<std::string_view>& names) {
  std::string out;
  for (std::string_view name : names) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

// Headers named packed*.h wrap Cap'n Proto for codecs (limits and exceptions are dealt with in
// crdt/base/packed.h), so they show it, and whoever includes them does too.
bool wraps_capnp(std::string_view path) {
  return is_header(path) && path.substr(path.rfind('/') + 1).starts_with("packed");
}

bool shows_capnp(std::string_view header) {
  return header.starts_with("capnp/") || header.starts_with("kj/") ||
         header.ends_with(".capnp.h") || wraps_capnp(header);
}

// Cap'n Proto's headers are slow to compile and its types throw: they stay inside the codecs.
std::optional<std::string> capnp_fault(std::string_view path, std::string_view header) {
  if (wraps_capnp(path)) return std::nullopt;
  if (is_header(path)) {
    return "a header must not show Cap'n Proto: include <" + std::string(header) +
           "> in the codec's .cc file";
  }
  if (is_below(path, "cli/")) return "the cli does not parse messages: call the room that does";
  return std::nullopt;
}

std::optional<std::string> foreign_fault(std::string_view path, const Include& include) {
  const std::string_view header = include.target;
  if (shows_capnp(header)) return capnp_fault(path, header);
  if (include.quoted) return std::nullopt;
  const ForeignRow* row = find_row(header);
  if (row == nullptr) {
    if (header.find_first_of("./") == std::string_view::npos) return std::nullopt;
    return "no row of the include table names <" + include.target +
           ">: add one in tests/house_rules/includes.cc, or do without";
  }
  const auto owns = [path](std::string_view owner) { return owned_by(path, owner); };
  if (std::ranges::any_of(row->owners, owns)) return std::nullopt;
  return "<" + include.target + "> may be included only in " + join(row->owners) + ": " +
         std::string(row->advice);
}

// Index into kRooms; empty for a path outside them.
std::optional<std::size_t> room_of(std::string_view path) {
  for (std::size_t i = 0; i < kRooms.size(); ++i) {
    if (is_below(path, kRooms[i])) return i;
  }
  return std::nullopt;
}

std::optional<std::string> direction_fault(std::string_view path, const Include& include) {
  const std::optional<std::size_t> target = room_of(include.target);
  if (!target) {
    if (!include.quoted) return std::nullopt;
    return "\"" + include.target + "\" is not written from the project's root: name the room too";
  }
  const std::optional<std::size_t> own = room_of(path);
  if (own && *own < *target) {
    return std::string(kRooms[*own]) + " must not know " + std::string(kRooms[*target]) +
           ": dependencies run cli -> node -> net -> crdt; pass it in through an interface";
  }
  const bool above = is_below(path, "cli/") || is_below(path, "tests/") || path == "node/node.cc" ||
                     path == "node/node_network.cc";
  if (include.target == "node/node.h" && !above) {
    return "only the cli includes the composition root: pass what you need in from node/node.cc";
  }
  return std::nullopt;
}

bool is_pure(std::string_view path) {
  return std::ranges::any_of(kPureFolders, [path](auto folder) { return is_below(path, folder); });
}

}  // namespace

Findings check_foreign_includes(const Tree& tree) {
  Findings out;
  for (const auto& [path, text] : tree) {
    if (!is_cpp(path)) continue;
    for (const Include& include : includes_of(text)) {
      if (const auto fault = foreign_fault(path, include)) {
        out.push_back({path, include.line, *fault});
      }
    }
  }
  return out;
}

Findings check_direction(const Tree& tree) {
  Findings out;
  for (const auto& [path, text] : tree) {
    if (!is_cpp(path)) continue;
    for (const Include& include : includes_of(text)) {
      if (const auto fault = direction_fault(path, include)) {
        out.push_back({path, include.line, *fault});
      }
    }
  }
  return out;
}

Findings check_purity(const Tree& tree) {
  Findings out;
  for (const auto& [path, text] : tree) {
    if (!is_cpp(path) || !is_pure(path)) continue;
    for (const Include& include : includes_of(text)) {
      if (std::ranges::find(kImpureHeaders, include.target) == kImpureHeaders.end()) continue;
      out.push_back({path, include.line,
                     "<" + include.target +
                         "> in a pure room: take time, randomness and bytes as arguments"});
    }
    const std::string code = code_view(text);
    for (std::string_view name : kImpureNames) {
      for (std::size_t at = find_word(code, name); at != std::string::npos;
           at = find_word(code, name, at + 1)) {
        out.push_back({path, line_at(code, at),
                       std::string(name) + " in a pure room: take the value as an argument"});
      }
    }
  }
  return out;
}

}  // namespace cunju::house
