// SPDX-License-Identifier: Apache-2.0
//
// What a test puts in place of a stick: steps that fail as if the operating system had refused
// them, and a stick that lies where everything seems to work. What is not overridden is as it is;
// outside of tests there is none. Not thread safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "crdt/base/bytes.h"

namespace cunju::peers {

enum class StickStep : std::uint8_t {
  kFolder,
  kCreate,
  kWrite,
  kSync,
  kReadBack,  ///< What was just written, piece by piece.
  kRename,
  kSyncFolder,
  kList,
  kOpen,  ///< Of a letter that is to be read.
  kRead,
};

class StickFaults {
 public:
  virtual ~StickFaults() = default;
  /// 0 lets it happen, an errno makes it fail with that.
  virtual int error_for(StickStep step) = 0;
  /// How much it says is free.
  virtual std::uint64_t free_bytes(std::uint64_t real) { return real; }
  /// Whether it keeps what it says it has written at this place of a file.
  virtual bool keeps(const std::filesystem::path& /*file*/, std::uint64_t /*offset*/,
                     ByteView /*bytes*/) {
    return true;
  }
  /// How many of the bytes come that are read there, once it has changed them.
  virtual std::size_t reads(const std::filesystem::path& /*file*/, std::uint64_t /*offset*/,
                            std::span<std::uint8_t> bytes) {
    return bytes.size();
  }
  /// What it lists of a folder.
  virtual void lists(std::vector<std::filesystem::path>& /*entries*/) {}
};

}  // namespace cunju::peers
