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
  std::string words[3];
  constexpr std::string_view kOptions[] = {"--identity", "--name", "--phone"};
  for (std::size_t i = 0; i < std::size(kOptions); ++i) {
    words[i] = private_value(call, kOptions[i]);
    // Whoever meant to type it would be looked for by the rest alone.
    if (words[i].empty() && call.value(kOptions[i]) == "-")
      return refused(call, Errc::kInvalidArgument,
                     {std::string(kOptions[i]) + " - 没有读到内容",
                      std::string(kOptions[i]) + " -: nothing was typed"});
  }
  Result<registry::PersonQuery> person =
      registry::parse_person(words[0], words[1], words[2], today());
  if (person.has_value()) return person;
  return refused(call, person.error().code,
                 {"要写有效的 --identity 身份证号，或 --name 姓名加 --phone 电话",
                  "a valid --identity, or --name with --phone, is needed"});
}

}  // namespace cunju::cli
