// SPDX-License-Identifier: Apache-2.0
//
// "field=value", "field+=element", "field-=element" as typed, the option that goes with them, and
// filters of lists.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/verb.h"
#include "crdt/base/result.h"
#include "node/registry/record_edit.h"
#include "node/registry/record_list.h"

namespace cunju::cli {

inline const Option kExtraOption{
    "--extra",
    "",
    {"允许定义里没有的字段（按文字保存）", "keep fields the definition does not know, as text"}};

/// Errors: kInvalidArgument naming the word.
Result<std::vector<registry::Edit>> parse_edits(std::span<const std::string> words);
/// field=v, field!=v, field~v (contains), field<v, field>v; a bare word: any field contains it.
registry::Filter parse_filter(std::string_view word);

}  // namespace cunju::cli
