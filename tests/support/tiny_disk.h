// SPDX-License-Identifier: Apache-2.0
//
// A disk of 2 MiB that a test fills up: a tmpfs, which takes root to mount. A test that finds it
// missing is skipped.
#pragma once

#include <sys/mount.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temp_folder.h"

namespace cunju::test {

class TinyDisk {
 public:
  TinyDisk() : mounted_(::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=2m") == 0) {}
  TinyDisk(const TinyDisk&) = delete;
  TinyDisk& operator=(const TinyDisk&) = delete;
  ~TinyDisk() {
    if (mounted_) ::umount(folder_.path().c_str());
  }
  bool mounted() const { return mounted_; }
  /// Not mounted; then the test's report says why it was skipped.
  bool is_missing() const {
    if (!mounted_) WARN("skipped: a small disk takes root to mount");
    return !mounted_;
  }
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
  /// Leaves `free_bytes` at most.
  void fill(std::size_t free_bytes) {
    std::ofstream file(folder_ / "filler", std::ios::binary);
    std::size_t available = std::filesystem::space(folder_.path()).available;
    std::string block(4096, 'f');
    while (file && available > free_bytes) {
      file << block << std::flush;
      available = std::filesystem::space(folder_.path()).available;
    }
  }
  void empty() { std::filesystem::remove(folder_ / "filler"); }

 private:
  TempFolder folder_;
  bool mounted_;
};

}  // namespace cunju::test
