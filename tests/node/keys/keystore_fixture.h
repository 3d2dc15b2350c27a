// SPDX-License-Identifier: Apache-2.0
//
// Shorthands for the keystore's tests: the cheapest Argon2id that there is, and comparisons.
#pragma once

#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "node/keys/keystore.h"
#include "node/store/private_file.h"

namespace cunju::keys {

inline constexpr crypto::Argon2Cost kCheap{.operations = 1, .memory_bytes = 8192};

inline Unlock passphrase(std::string_view text) { return Passphrase::from(text).value(); }

inline Bytes content_of(const std::filesystem::path& path) {
  return store::read_whole_file(path, std::size_t{1} << 20).value();
}

inline void put_content(const std::filesystem::path& path, ByteView content) {
  // A new file: some file systems sync one that is truncated and written again.
  std::filesystem::remove(path);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << as_text(content) << std::flush;
  REQUIRE(out);
}

inline bool same_keys(const UnlockedKeys& a, const UnlockedKeys& b) {
  return a.node.seed() == b.node.seed() && a.wire.secret() == b.wire.secret() &&
         a.storage == b.storage && a.author.seed() == b.author.seed() && a.clerk == b.clerk;
}

inline UnlockedKeys unlock_or_fail(const Keystore& keystore, std::string_view clerk,
                                   const Unlock& unlock) {
  Result<UnlockedKeys> keys = keystore.unlock(clerk, unlock);
  INFO((keys ? "" : keys.error().context));
  REQUIRE(keys);
  return std::move(keys).value();
}

}  // namespace cunju::keys
