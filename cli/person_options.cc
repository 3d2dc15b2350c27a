// SPDX-License-Identifier: Apache-2.0
#include "cli/person_options.h"

#include <iostream>

namespace cunju::cli {

std::string private_value(const Invocation& call, std::string_view option) {
  std::string out = call.value(option).value_or("");
  if (out == "-") std::getline(std::cin, out);
  return out;
}

Result<registry::PersonQuery> read_person(const Invocation& call) {
  Result<registry::PersonQuery> person =
      registry::parse_person(private_value(call, "--identity"), private_value(call, "--name"),
                             private_value(call, "--phone"), today());
  if (person.has_value()) return person;
  return refused(call, person.error().code,
                 {"要写有效的 --identity 身份证号，或 --name 姓名加 --phone 电话",
                  "a valid --identity, or --name with --phone, is needed"});
}

}  // namespace cunju::cli
