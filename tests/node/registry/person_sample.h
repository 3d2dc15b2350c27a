// SPDX-License-Identifier: Apache-2.0
//
// The person whom tests look for in registers, and how she is typed.
#pragma once

#include "node/registry/person.h"
#include "tests/node/registry/sample.h"

namespace cunju::registry::testing {

inline constexpr const char* kIdentity = "11010519491231002X";
inline constexpr const char* kName = "吴小兰";
inline constexpr const char* kPhone = "13800000000";
/// Somebody else's.
inline constexpr const char* kOtherIdentity = "110105194912310038";

inline const PersonQuery kWu{.identity = kIdentity, .name = kName, .phone = kPhone};

inline PersonQuery by_number() { return parse_person(kIdentity, "", "", kToday).value(); }
inline PersonQuery by_name() { return parse_person("", kName, kPhone, kToday).value(); }

}  // namespace cunju::registry::testing
