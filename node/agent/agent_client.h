// SPDX-License-Identifier: Apache-2.0
//
// A command's way to the serving node of its home: a Unix socket in the home folder. Both sides
// check that the other belongs to the same user. Blocking, with a time limit.
#pragma once

#include <filesystem>

#include "node/agent/agent.h"

namespace cunju::agent {

/// Where a serving node of this home listens.
std::filesystem::path socket_path(const std::filesystem::path& home);

/// Whether the process at the other end of a connected socket belongs to this process's user.
bool is_same_user(int socket_fd);

/// Errors: kNotFound (nobody serves this home), kLimit (the path is too long for a socket: who
/// serves it can't be asked), kPermission (another user does), kTimeout, kIo, those of
/// parse_reply().
Result<Reply> ask(const std::filesystem::path& home, const Request& request);

}  // namespace cunju::agent
