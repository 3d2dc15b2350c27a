// SPDX-License-Identifier: Apache-2.0
//
// Why the replica takes no text or act that was asked of it, in words for people. What it names by
// the limit or rule alone says nothing to them. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "crdt/base/result.h"
#include "node/registry/label.h"

namespace cunju::registry {

struct WriteRefusal {
  Errc code;
  std::string_view finding;  ///< Code of the finding, for programs.
  Label text;
};

/// By the context of Replica::append()'s error. Empty: it has no words of its own.
std::optional<WriteRefusal> find_write_refusal(std::string_view context);

}  // namespace cunju::registry
