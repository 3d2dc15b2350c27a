// SPDX-License-Identifier: Apache-2.0
//
// Errors in sentences for the person at the keyboard: what happened, what is safe, what to do.
#pragma once

#include <string>

#include "crdt/base/error.h"
#include "node/registry/label.h"

namespace cunju::cli {

struct ErrorText {
  registry::Label what;
  registry::Label safe;  ///< What was not lost or changed; may be empty.
  registry::Label next;  ///< May be empty.
};

/// `detail`: which thing, in both languages; `program`: how commands to run next begin.
ErrorText describe(const Error& error, const registry::Label& detail,
                   const std::string& program = "cunju");

}  // namespace cunju::cli
