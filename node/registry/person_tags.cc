// SPDX-License-Identifier: Apache-2.0
#include "node/registry/person_tags.h"

#include <algorithm>
#include <array>
#include <string>

#include "node/registry/text_form.h"

namespace cunju::registry {
namespace {

constexpr std::array<std::string_view, 38> kRefused = {"民族",
                                                       "民族成分",
                                                       "宗教",
                                                       "宗教信仰",
                                                       "信仰",
                                                       "健康状况",
                                                       "病史",
                                                       "既往病史",
                                                       "疾病",
                                                       "艾滋病",
                                                       "艾滋",
                                                       "精神病史",
                                                       "残疾类别",
                                                       "吸毒史",
                                                       "上访史",
                                                       "信访史",
                                                       "上访记录",
                                                       "信访记录",
                                                       "上访人员",
                                                       "信访人员",
                                                       "涉访人员",
                                                       "疆籍",
                                                       "藏籍",
                                                       "疆籍人员",
                                                       "藏籍人员",
                                                       "重点人员",
                                                       "ethnicity",
                                                       "ethnic_group",
                                                       "ethnic group",
                                                       "religion",
                                                       "religious_belief",
                                                       "health_status",
                                                       "medical_history",
                                                       "hiv",
                                                       "hiv_status",
                                                       "petition_history",
                                                       "petitioner",
                                                       "watch_list"};

}  // namespace

bool is_refused_person_tag(std::string_view name) {
  return std::ranges::find(kRefused, fold_label(name)) != kRefused.end();
}

}  // namespace cunju::registry
