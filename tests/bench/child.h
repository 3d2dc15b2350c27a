// SPDX-License-Identifier: Apache-2.0
//
// A run of the real program in a process of its own, and what it cost.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace cunju::bench {

/// From /proc, in MB of 2^20 bytes. Pages of the mapped store count as resident but not as
/// anonymous: the kernel takes them back whenever it wants.
struct Memory {
  double resident_peak = 0;   ///< VmHWM.
  double anonymous_peak = 0;  ///< The greatest RssAnon seen.
};

struct Cost {
  double wall = 0;
  double cpu = 0;
  Memory memory;
};

class Child {
 public:
  /// cunju with these arguments; its output goes to the file.
  Child(const std::vector<std::string>& arguments, const std::filesystem::path& output);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  /// Looks at its memory now.
  void sample();
  /// Until it ends by itself; gives up the benchmark when it fails.
  Cost wait();
  /// The same, of one that is to end with this exit code.
  Cost wait_for_code(int code);
  /// Ends it, if it still runs.
  Cost stop();

 private:
  bool reap(bool block);

  pid_t pid_ = -1;
  std::string what_;
  double begin_ = 0;
  int status_ = 0;
  Cost cost_;
};

/// Runs it and waits, without looking at its memory on the way.
Cost run_program(const std::vector<std::string>& arguments, const std::filesystem::path& output);

}  // namespace cunju::bench
