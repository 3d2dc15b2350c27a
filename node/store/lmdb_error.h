// SPDX-License-Identifier: Apache-2.0
//
// LMDB's return codes in our words. For the files of this folder.
#pragma once

#include <string_view>

#include "crdt/base/error.h"

namespace cunju::store {

/// `code` is not 0.
Error lmdb_error(int code, std::string_view what);

}  // namespace cunju::store
