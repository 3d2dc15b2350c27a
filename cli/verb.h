// SPDX-License-Identifier: Apache-2.0
//
// A verb of the command line as data: parsing, help, the man page and shell completion are all
// made from this one table, so they can't disagree. One file per verb.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_code.h"
#include "cli/terminal.h"
#include "crdt/base/result.h"
#include "node/node.h"
#include "node/registry/label.h"

namespace cunju::cli {

using registry::Label;
using registry::Language;

/// "--out DIR": takes a value when `value` is not empty.
struct Option {
  std::string_view name;   ///< With its dashes.
  std::string_view value;  ///< Placeholder, or empty for a switch.
  Label help;
};

struct Verb;

/// One parsed command line.
struct Invocation {
  Terminal& terminal;
  const Verb& verb;
  std::filesystem::path home;
  std::string space;  ///< --space as typed; may be empty.
  std::string clerk;  ///< --clerk as typed; may be empty.
  std::vector<std::string> arguments;
  std::multimap<std::string, std::string, std::less<>> options;

  bool has(std::string_view option) const { return options.find(option) != options.end(); }
  std::optional<std::string> value(std::string_view option) const;
  std::vector<std::string> values(std::string_view option) const;
};

struct Verb {
  std::string_view name;
  std::string_view arguments;  ///< "REGISTRY ID FIELD=VALUE..."
  std::size_t min_arguments = 0;
  std::size_t max_arguments = 0;  ///< kAny: no limit.
  Label summary;                  ///< One line.
  Label details;                  ///< A paragraph for help and man page; may be empty.
  std::span<const Option> options;
  Result<ExitCode> (*run)(Invocation&);
};

/// What one action of a verb such as `text` takes of the verb's options.
struct ActionOptions {
  std::string_view action;
  std::vector<std::string_view> options;
};
/// An option that the action would ignore is refused: whoever typed it meant something by it.
/// kInvalidArgument. An unknown action is none of its business.
Result<void> require_options_of(const Invocation& call, std::string_view action,
                                std::span<const ActionOptions> table);

inline constexpr std::size_t kAny = SIZE_MAX;

/// Every verb, in the order of help.
std::span<const Verb* const> all_verbs();
/// Options that every verb takes: --home, --space, --clerk, --key-file, --lang, --json, --help.
std::span<const Option> common_options();
const Verb* find_verb(std::string_view name);

/// Parses and runs a whole command line; `arguments` without the program's name.
ExitCode run_command(Terminal& terminal, const std::vector<std::string>& arguments);

}  // namespace cunju::cli
