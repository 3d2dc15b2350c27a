// SPDX-License-Identifier: Apache-2.0
//
// The person whom tests of erasing and of persons' requests are about.
#pragma once

namespace cunju::test {

inline constexpr const char* kIdentity = "11010519491231002X";
inline constexpr const char* kName = "吴小兰";
inline constexpr const char* kPhone = "13800000001";
/// From whom she rents.
inline constexpr const char* kLandlord = "孙房东";

}  // namespace cunju::test
