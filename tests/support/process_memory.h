// SPDX-License-Identifier: Apache-2.0
//
// A memory image in a thief's hands: looks for byte strings in everything that a running process
// has mapped and can read: heap, stacks, anonymous and file mappings.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "tests/support/planted.h"

namespace cunju::test {

struct MemorySearch {
  std::set<std::string> found;  ///< Those of the words that are there.
  std::size_t mappings = 0;     ///< Read at least in part,
  std::size_t bytes = 0;        ///< so much of them.
};

/// Nothing is read (bytes: 0) when this user may not look.
inline MemorySearch search_memory(pid_t pid, const std::vector<std::string>& words) {
  constexpr std::size_t kStep = std::size_t{4} << 20, kMostOfMapping = std::size_t{16} << 30;
  const std::string process = "/proc/" + std::to_string(pid);
  std::ifstream maps(process + "/maps"), memory(process + "/mem", std::ios::binary);
  const WordSearch search(words);
  MemorySearch out;
  std::string line;
  while (std::getline(maps, line)) {
    unsigned long from = 0, to = 0;
    std::array<char, 5> rights{};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &from, &to, rights.data()) != 3) continue;
    if (rights[0] != 'r') continue;
    // What the kernel shows there of itself can't be read this way.
    if (line.ends_with("[vvar]") || line.ends_with("[vsyscall]")) continue;
    // The shadow of AddressSanitizer: terabytes of which nearly nothing is there, and no content.
    if (to - from > kMostOfMapping) continue;
    bool is_read = false;
    std::string piece;  // The end of the one before it stays in front: a word may lie across.
    for (unsigned long at = from; at < to;) {
      const std::size_t kept = std::min(piece.size(), search.longest() - 1);
      piece.erase(0, piece.size() - kept);
      const std::size_t wanted = std::min<std::size_t>(kStep, to - at);
      piece.resize(kept + wanted);
      memory.clear();
      memory.seekg(static_cast<std::streamoff>(at));
      memory.read(piece.data() + kept, static_cast<std::streamsize>(wanted));
      const auto got = static_cast<std::size_t>(std::max<std::streamsize>(memory.gcount(), 0));
      piece.resize(kept + got);
      out.bytes += got;
      is_read = is_read || got > 0;
      search.look(piece, out.found);
      // A file mapping may be longer than its file.
      if (got < wanted) break;
      at += wanted;
    }
    out.mappings += is_read ? 1u : 0u;
  }
  return out;
}

}  // namespace cunju::test
