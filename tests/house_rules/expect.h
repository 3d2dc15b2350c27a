// SPDX-License-Identifier: Apache-2.0
//
// How a house rule fails: one failure for each finding, beginning with "path:line:".
#pragma once

#include <catch2/catch.hpp>

#include "tests/house_rules/source.h"

namespace cunju::house {

inline void expect_none(const Findings& findings) {
  for (const Finding& finding : findings) FAIL_CHECK(to_text(finding));
  CHECK(findings.empty());
}

}  // namespace cunju::house
