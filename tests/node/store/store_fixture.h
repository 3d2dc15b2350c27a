// SPDX-License-Identifier: Apache-2.0
//
// Shorthands for the store's tests: text keys and values in a table named "t".
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "node/store/environment.h"
#include "tests/support/temp_folder.h"

namespace cunju::store {

inline EnvironmentOptions options_for(const std::filesystem::path& folder,
                                      std::size_t initial_map_bytes = std::size_t{1} << 20) {
  EnvironmentOptions options;
  options.folder = folder;
  options.tables = {"t", "u"};
  options.initial_map_bytes = initial_map_bytes;
  return options;
}

inline std::unique_ptr<Environment> open_store(EnvironmentOptions options) {
  Result<std::unique_ptr<Environment>> opened = Environment::open(std::move(options));
  INFO((opened ? "" : opened.error().context));
  REQUIRE(opened);
  return std::move(opened).value();
}

inline Result<void> put_text(Environment& store, const std::string& key, const std::string& value) {
  Table table = store.table("t").value();
  return store.write([&](WriteTransaction& transaction) {
    return transaction.put(table, as_bytes(key), as_bytes(value));
  });
}

inline std::optional<std::string> get_text(Environment& store, const std::string& key) {
  Table table = store.table("t").value();
  std::optional<std::string> out;
  Result<void> read = store.read([&](ReadTransaction& transaction) -> Result<void> {
    if (std::optional<ByteView> value = transaction.get(table, as_bytes(key)))
      out = std::string(as_text(*value));
    return ok();
  });
  INFO((read ? "" : read.error().context));
  REQUIRE(read);
  return out;
}

/// Runs `work` in a child process. It must not use Catch; false or a crash shows in wait_for.
inline pid_t in_child(const std::function<bool()>& work) {
  pid_t child = ::fork();
  if (child == 0) ::_exit(work() ? 0 : 1);
  return child;
}

inline bool wait_for(pid_t child) {
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace cunju::store
