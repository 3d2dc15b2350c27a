// SPDX-License-Identifier: Apache-2.0
//
// A small registry for tests, with a field of every type; and the day on which tests happen.
#pragma once

#include <string_view>

#include "node/registry/date.h"
#include "node/registry/definition.h"
#include "node/registry/definition_toml.h"
#include "node/registry/validate.h"

namespace cunju::registry::testing {

inline const Date kToday{std::chrono::year{2026}, std::chrono::month{11}, std::chrono::day{20}};

inline constexpr std::string_view kSampleToml = R"(format = 1
id = "sample"
version = 3
label = { zh = "样例", en = "Sample" }
display = ["no", "state"]
key = ["no"]

[[field]]
id = "no"
label = { zh = "编号", en = "No." }
required = true

[[field]]
id = "count"
type = "integer"
label = { zh = "人数", en = "Count" }
unit = { zh = "人", en = "persons" }
min = 0
max = 5000

[[field]]
id = "area"
type = "decimal"
scale = 2
label = { zh = "面积", en = "Area" }
unit = { zh = "平方米", en = "m2" }

[[field]]
id = "sum"
type = "money"
label = { zh = "金额", en = "Sum" }

[[field]]
id = "on"
type = "date"
not_future = true
label = { zh = "日期", en = "Date" }

[[field]]
id = "at"
type = "datetime"
label = { zh = "时间", en = "Time" }

[[field]]
id = "seen"
type = "boolean"
label = { zh = "已看", en = "Seen" }

[[field]]
id = "use"
type = "code"
label = { zh = "用途", en = "Use" }
codes = [
  { code = "01", zh = "宿舍", en = "Dormitory" },
  { code = "02", zh = "住房", en = "Dwelling" },
]

[[field]]
id = "person"
type = "identity_number"
label = { zh = "身份证号", en = "Identity number" }
personal = "sensitive"

[[field]]
id = "company"
type = "credit_code"
label = { zh = "信用代码", en = "Credit code" }

[[field]]
id = "place"
type = "division_code"
label = { zh = "区划", en = "Division" }

[[field]]
id = "phone"
type = "phone"
label = { zh = "电话", en = "Phone" }
personal = "ordinary"

[[field]]
id = "other"
kind = "ref"
registry = "sample"
label = { zh = "关联", en = "Other" }

[[field]]
id = "names"
kind = "set"
label = { zh = "姓名", en = "Names" }
personal = "ordinary"

[[field]]
id = "state"
kind = "state"
label = { zh = "状态", en = "State" }
initial = "draft"
states = [
  { code = "draft", zh = "草稿", en = "Draft", to = ["final"] },
  { code = "final", zh = "定稿", en = "Final", done = true, to = ["archived"] },
  { code = "archived", zh = "归档", en = "Archived" },
]
)";

inline Definition sample() { return parse_definition(kSampleToml).value(); }

/// The first finding's code, or "".
inline std::string_view finding_code(const ParsedField& parsed) {
  return parsed.findings.empty() ? std::string_view{} : parsed.findings.front().code;
}

}  // namespace cunju::registry::testing
