// SPDX-License-Identifier: Apache-2.0
//
// The one error type. Errc is what a caller can branch on; context says which thing, in plain
// English for a log, never a secret. What a person reads is worded by the cli from both.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cunju {

enum class Errc : std::uint8_t {
  kInvalidArgument,  ///< The caller (a person, a file, a command line) gave something unusable.
  kMalformed,        ///< Bytes that do not parse.
  kLimit,            ///< A named limit of limits.h was hit.
  kUnsupported,      ///< Well formed, but of a newer version than this program knows.
  kNotFound,         ///< The named thing is not here.
  kExists,           ///< The named thing is here already.
  kPermission,       ///< The roster does not allow it.
  kBadSignature,     ///< A signature or authentication tag does not verify.
  kBadPassphrase,    ///< The passphrase or key file opens nothing.
  kLocked,           ///< Needs a passphrase and none was given.
  kFork,             ///< Two authentic changes of one author with the same sequence number.
  kMissing,          ///< Something it depends on has not arrived yet.
  kConflict,         ///< Concurrent values that a person has to settle first.
  kTampered,         ///< Stored or exported bytes differ from what was signed.
  kCorrupt,          ///< Our own store holds something impossible.
  kDiskFull,         ///< No space left; nothing was changed.
  kIo,               ///< The operating system refused.
  kNetwork,          ///< The peer is unreachable or the link was cut.
  kProtocol,         ///< The peer broke the protocol.
  kTimeout,          ///< The peer did not answer in time.
};

struct Error {
  Errc code;
  std::string context;

  friend bool operator==(const Error&, const Error&) = default;
};

/// The enumerator's stable lower-case name, for logs and --json: "bad_signature".
std::string_view errc_name(Errc code);

}  // namespace cunju
