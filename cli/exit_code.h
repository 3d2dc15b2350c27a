// SPDX-License-Identifier: Apache-2.0
//
// What `cunju` returns to the shell. Numbers are part of the interface: never reused.
#pragma once

#include "crdt/base/error.h"

namespace cunju::cli {

enum class ExitCode : int {
  kOk = 0,
  kNegative = 1,  ///< The answer is no: tampered, rows refused, conflicts found by `doctor`.
  kUsage = 2,     ///< The command line is wrong.
  kNotFound = 3,
  kLocked = 4,       ///< No passphrase, or a wrong one.
  kPermission = 5,   ///< The roster or the operating system does not allow it.
  kConflict = 6,     ///< A person has to decide first, or it exists already.
  kIo = 7,           ///< Disk full, unreadable, unwritable.
  kNetwork = 8,      ///< The peer is unreachable, refused, or broke the protocol.
  kUnsupported = 9,  ///< Of a newer version than this program.
  kInternal = 10,    ///< The store is damaged, or we are wrong.
};

ExitCode exit_code_of(Errc code);

}  // namespace cunju::cli
