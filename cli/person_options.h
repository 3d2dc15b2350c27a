// SPDX-License-Identifier: Apache-2.0
//
// One person as verbs are told of: the options, and reading them. A value of "-" is read from
// standard input, so that it stands in no list of processes and no history of a shell.
#pragma once

#include "cli/record_lookup.h"
#include "node/registry/person.h"

namespace cunju::cli {

inline const Option kIdentityOption{"--identity",
                                    "NUMBER",
                                    {"此人的身份证号（写 - 则从标准输入读）",
                                     "the person's identity number; - reads it from input"}};
inline const Option kPersonNameOption{
    "--name", "NAME", {"姓名，与 --phone 同用", "the person's name, with --phone"}};
inline const Option kPhoneOption{
    "--phone", "NUMBER", {"电话，与 --name 同用", "the person's telephone number, with --name"}};

/// The option's value, or a line of standard input where it is "-"; empty when it was not given.
std::string private_value(const Invocation& call, std::string_view option);
/// kInvalidArgument in words where the options name nobody.
Result<registry::PersonQuery> read_person(const Invocation& call);

}  // namespace cunju::cli
