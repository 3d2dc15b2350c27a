// SPDX-License-Identifier: Apache-2.0
//
// CUNJU_CHECK(condition, "why it must hold"): for programmer errors only, always on. Never on
// input from disk, wire or person: those are results.
#pragma once

namespace cunju {

[[noreturn]] void check_failed(const char* condition, const char* reason, const char* file,
                               int line);

}  // namespace cunju

#define CUNJU_CHECK(condition, reason) \
  ((condition) ? static_cast<void>(0)  \
               : ::cunju::check_failed(#condition, reason, __FILE__, __LINE__))
