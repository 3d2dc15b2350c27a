// SPDX-License-Identifier: Apache-2.0
//
// Who was erased, or is restricted, and may be entered again all the same: which erasures, and on
// what ground the law allows it. Stays with what was entered. A value.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "crdt/base/ids.h"

namespace cunju::registry {

/// Field of a record, a set, in which it is kept that an erased person was entered again, and on
/// what ground; an import has it in its own record. Nobody writes it by hand, and no definition has
/// a field of this name.
inline constexpr std::string_view kReadmittedField = "readmitted";

struct Readmission {
  std::set<RecordId> erasures;
  std::string basis;
};

/// As it is kept: the ids of the erasures, then the ground; empty when nobody is readmitted.
inline std::string readmission_text(const Readmission& readmission) {
  std::string out;
  for (const RecordId& erasure : readmission.erasures) out += erasure.hex() + " ";
  return out.empty() ? out : out + readmission.basis;
}

}  // namespace cunju::registry
