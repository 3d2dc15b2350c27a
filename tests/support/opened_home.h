// SPDX-License-Identifier: Apache-2.0
//
// What somebody has who took a home together with what opens it: its keys, and every value of its
// store that they still open. Works on the files themselves, below what the program shows.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "crdt/crypto/crypto.h"
#include "crdt/scopes/scope_keys.h"

namespace cunju::test {

struct HomeKeys {
  /// As raw bytes: the storage key, the wire key, the seeds of node and clerk.
  std::vector<std::string> device;
  /// Keys of all epochs of confidential scopes.
  std::vector<std::string> epochs;
  crypto::Secret<32> storage;
  ScopeKeys scopes;

  std::vector<std::string> all() const;
};
/// What the key file opens in the home. Its node may run.
HomeKeys keys_of(const std::filesystem::path& home, const std::filesystem::path& key_file);

/// Which of the words stand in which table of a `data` folder, in any value that is open or that
/// the keys of a `keys` folder open; in changes also in what their confidential parts open to, and
/// in the pieces of texts. No other store of these folders is open in this process.
std::map<std::string, std::set<std::string>> readable_words(const std::filesystem::path& data,
                                                            const std::filesystem::path& keys,
                                                            const HomeKeys& home,
                                                            const std::vector<std::string>& words);

/// Writes the store of a stopped home anew with what is in it and nothing else, as LMDB's own
/// compacting copy does, in place of the old one.
void compact(const std::filesystem::path& home);

}  // namespace cunju::test
