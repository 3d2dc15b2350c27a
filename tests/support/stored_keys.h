// SPDX-License-Identifier: Apache-2.0
//
// The keys of stored values on a store of their own, under a storage key that is the same
// everywhere: a test's replica seals as a real node does.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "node/keys/value_keys.h"
#include "node/store/environment.h"

namespace cunju::test {

class StoredKeys {
 public:
  /// Opens or makes the keys in `folder`.
  Result<void> open(const std::filesystem::path& folder, store::FaultInjector* faults = nullptr) {
    close();
    store::EnvironmentOptions options;
    options.folder = folder;
    options.tables = keys::ValueKeys::table_names();
    options.initial_map_bytes = std::size_t{1} << 20;
    options.faults = faults;
    CUNJU_TRY(environment_, store::Environment::open(std::move(options)));
    const Bytes storage(32, 7);
    CUNJU_TRY(keys_, keys::ValueKeys::open(*environment_, crypto::Secret<32>(storage),
                                           crypto::system_random(), true));
    sealer_.emplace(*keys_, crypto::system_random());
    return ok();
  }
  void close() {
    sealer_.reset();
    keys_.reset();
    environment_.reset();
  }
  keys::KeyedSealer& sealer() { return *sealer_; }
  store::Environment& environment() { return *environment_; }

 private:
  std::unique_ptr<store::Environment> environment_;
  std::unique_ptr<keys::ValueKeys> keys_;
  std::optional<keys::KeyedSealer> sealer_;
};

}  // namespace cunju::test
