// SPDX-License-Identifier: Apache-2.0
#include "crdt/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace cunju {

void check_failed(const char* condition, const char* reason, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s (%s)\n", file, line, condition, reason);
  std::abort();
}

}  // namespace cunju
