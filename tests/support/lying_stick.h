// SPDX-License-Identifier: Apache-2.0
//
// A stick that says one thing and does another: keeps less than it takes, reads short or not at
// all, lists what it has twice, says it is of another size. Each lie is off until it is set.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crdt/base/check.h"
#include "node/peers/stick_faults.h"

namespace cunju::test {

struct LyingStick final : peers::StickFaults {
  enum class Beyond : std::uint8_t {
    kVanish,  ///< What it has no room for is gone.
    kWrap,    ///< It goes where the first bytes are.
  };
  static constexpr std::uint64_t kNoEnd = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t capacity = kNoEnd;
  Beyond beyond = Beyond::kVanish;
  std::optional<std::uint64_t> says_free;
  bool lists_twice = false;
  int list_error = 0;
  /// The so-manieth reading, from 0 on, fails, or brings half.
  std::optional<std::uint64_t> failing_read, short_read;
  /// Changes what is read of a file at a place; nothing: as it is.
  std::function<void(std::uint64_t offset, std::span<std::uint8_t>)> changes;

  int error_for(peers::StickStep step) override {
    if (step == peers::StickStep::kList) return list_error;
    if (step == peers::StickStep::kRead && reads_++ == failing_read) return EIO;
    return 0;
  }
  std::uint64_t free_bytes(std::uint64_t real) override { return says_free.value_or(real); }
  bool keeps(const std::filesystem::path& file, std::uint64_t offset, ByteView bytes) override {
    const std::uint64_t at = std::exchange(taken_, taken_ + bytes.size());
    if (taken_ <= capacity) {
      kept_.push_back({.file = file, .offset = offset, .bytes = bytes.size()});
      return true;
    }
    if (beyond == Beyond::kWrap) overwrite(at % capacity, bytes);
    return false;
  }
  std::size_t reads(const std::filesystem::path&, std::uint64_t offset,
                    std::span<std::uint8_t> bytes) override {
    if (changes) changes(offset, bytes);
    return reads_ - 1 == short_read ? bytes.size() / 2 : bytes.size();
  }
  void lists(std::vector<std::filesystem::path>& entries) override {
    if (!lists_twice) return;
    const std::vector<std::filesystem::path> again = entries;
    entries.insert(entries.end(), again.begin(), again.end());
  }

 private:
  struct Kept {
    std::filesystem::path file;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
  };

  /// The piece that lies there is written over, as far as the new one goes.
  void overwrite(std::uint64_t at, ByteView bytes) {
    std::uint64_t begin = 0;
    for (const Kept& kept : kept_) {
      const std::uint64_t end = begin + kept.bytes;
      if (at >= begin && at < end) {
        std::filesystem::path path = kept.file;
        // It has its own name by now.
        if (!std::filesystem::exists(path)) path.replace_extension(".CUB");
        const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
        if (file < 0) return;
        const auto some = bytes.first(std::min<std::uint64_t>(bytes.size(), end - at));
        CUNJU_CHECK(::pwrite(file, some.data(), some.size(),
                             static_cast<off_t>(kept.offset + at - begin)) >= 0,
                    "a piece is written over");
        ::close(file);
        return;
      }
      begin = end;
    }
  }

  std::uint64_t taken_ = 0;
  std::uint64_t reads_ = 0;
  std::vector<Kept> kept_;
};

}  // namespace cunju::test
