// SPDX-License-Identifier: Apache-2.0
#include "node/keys/unlock.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "crdt/base/limits.h"
#include "node/store/private_file.h"

namespace cunju::keys {
namespace {

constexpr std::uint64_t kMaxCalibratedPasses = 16;

}  // namespace

Passphrase::Passphrase(std::string_view text) : bytes_(to_bytes(as_bytes(text))) {}

Result<Passphrase> Passphrase::from(std::string_view text) {
  if (text.empty()) return fail(Errc::kInvalidArgument, "an empty passphrase");
  if (text.size() > limits::kMaxPassphraseBytes)
    return fail(Errc::kLimit, "a passphrase of more than 1024 bytes");
  return Passphrase(text);
}

Passphrase& Passphrase::operator=(Passphrase&& other) noexcept {
  if (this != &other) {
    crypto::wipe(bytes_);
    bytes_ = std::exchange(other.bytes_, {});
  }
  return *this;
}

Passphrase::~Passphrase() { crypto::wipe(bytes_); }

crypto::Argon2Cost calibrated_cost() {
  static const crypto::Argon2Cost cost = [] {
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::duration<double> kAim{0.5};
    crypto::Argon2Cost out = crypto::interactive_cost();
    // The fastest of three: a busy moment must not make the passphrase easier to guess for ever.
    std::chrono::duration<double> fastest = std::chrono::hours(1);
    for (int i = 0; i < 3; ++i) {
      const Clock::time_point start = Clock::now();
      if (crypto::stretch_passphrase(as_bytes("calibration"), Salt{}, out).has_error()) return out;
      fastest = std::min<std::chrono::duration<double>>(fastest, Clock::now() - start);
    }
    const double passes = kAim / fastest * static_cast<double>(out.operations);
    out.operations = std::clamp(static_cast<std::uint64_t>(std::min(passes, 1e6)), out.operations,
                                kMaxCalibratedPasses);
    return out;
  }();
  return cost;
}

Result<void> create_key_file(const std::filesystem::path& path, crypto::RandomSource& random) {
  crypto::Secret<kKeyFileBytes> key;
  random.fill(key.mutable_view());
  return store::write_new_file(path, key.view());
}

Result<crypto::Secret<32>> read_key_file(const std::filesystem::path& path) {
  CUNJU_TRY(Bytes content, store::read_whole_file(path, limits::kMaxKeystoreBytes));
  bool right_size = content.size() == kKeyFileBytes;
  crypto::Secret<32> key;
  if (right_size) key = crypto::Secret<32>(content);
  crypto::wipe(content);
  if (!right_size)
    return fail(Errc::kInvalidArgument, path.string() + " is not a key file of 32 bytes");
  return key;
}

Result<Passphrase> read_passphrase_file(const std::filesystem::path& path) {
  // A line end and further lines are allowed; a whole disk is not.
  CUNJU_TRY(Bytes content, store::read_whole_file(path, 4 * limits::kMaxPassphraseBytes));
  std::string_view line = as_text(content);
  line = line.substr(0, line.find('\n'));
  while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  Result<Passphrase> passphrase = Passphrase::from(line);
  crypto::wipe(content);
  if (!passphrase)
    return fail(passphrase.error().code, path.string() + ": " + passphrase.error().context);
  return passphrase;
}

Result<Passphrase> passphrase_from_environment() {
  const char* path = std::getenv(kPassphraseFileVariable);
  if (path == nullptr || *path == '\0')
    return fail(Errc::kLocked, std::string("no passphrase: set ") + kPassphraseFileVariable +
                                   " to a file that holds it, or run in a terminal");
  return read_passphrase_file(path);
}

}  // namespace cunju::keys
