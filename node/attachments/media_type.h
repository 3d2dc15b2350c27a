// SPDX-License-Identifier: Apache-2.0
//
// What kind of file something is that a person attaches, and whether files of that kind are known
// to hold the place where they were made. Pure.
#pragma once

#include <string>
#include <string_view>

#include "crdt/base/bytes.h"

namespace cunju::attachments {

/// By the first bytes; of others the name's ending decides, so that a damaged picture is one.
/// "image/jpeg"; "application/octet-stream" where nothing is known.
std::string media_type_of(ByteView first_bytes, std::string_view name);

/// Whether files of that type often hold a place, and nothing here can take it out.
bool may_hide_location(std::string_view media);

}  // namespace cunju::attachments
