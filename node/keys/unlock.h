// SPDX-License-Identifier: Apache-2.0
//
// How a clerk shows who he is to a keystore: a passphrase or a key file. No terminal here; asking
// a person is the cli's work.
#pragma once

#include <filesystem>
#include <string_view>
#include <variant>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"

namespace cunju::keys {

/// A passphrase's bytes (UTF-8 as typed). Zeroed when destroyed or moved from.
class Passphrase {
 public:
  /// Copies; the caller wipes its own buffer. Errors: kInvalidArgument when empty, kLimit when
  /// longer than limits::kMaxPassphraseBytes.
  static Result<Passphrase> from(std::string_view text);
  Passphrase(Passphrase&& other) noexcept = default;
  Passphrase& operator=(Passphrase&& other) noexcept;
  Passphrase(const Passphrase&) = delete;
  Passphrase& operator=(const Passphrase&) = delete;
  ~Passphrase();

  ByteView view() const { return bytes_; }

 private:
  explicit Passphrase(std::string_view text);
  Bytes bytes_;
};

/// A file of exactly kKeyFileBytes random bytes, for instance on a stick on the clerk's key ring.
struct KeyFile {
  std::filesystem::path path;
};

inline constexpr std::size_t kKeyFileBytes = 32;

using Unlock = std::variant<Passphrase, KeyFile>;

/// A cost at which stretching a passphrase takes about half a second on this machine, and no less
/// than crypto::interactive_cost(): measured once for each process. Memory stays at 64 MiB, which a
/// laptop of 4 GB has; passes grow.
crypto::Argon2Cost calibrated_cost();

/// Writes a new key file (0600, durable). kExists when there is a file already.
Result<void> create_key_file(const std::filesystem::path& path, crypto::RandomSource& random);
/// Errors: kNotFound, kInvalidArgument when it has another size, kIo.
Result<crypto::Secret<32>> read_key_file(const std::filesystem::path& path);

/// The first line of a file without its line end. Errors: kNotFound, kInvalidArgument when that
/// line is empty, kLimit, kIo.
Result<Passphrase> read_passphrase_file(const std::filesystem::path& path);

inline constexpr const char* kPassphraseFileVariable = "CUNJU_PASSPHRASE_FILE";
/// From the file that CUNJU_PASSPHRASE_FILE names; kLocked when the variable is not set.
Result<Passphrase> passphrase_from_environment();

}  // namespace cunju::keys
