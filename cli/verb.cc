// SPDX-License-Identifier: Apache-2.0
#include "cli/verb.h"

#include <algorithm>
#include <cstdlib>

#include "cli/help.h"
#include "cli/record_lookup.h"
#include "cli/verbs.h"

namespace cunju::cli {
namespace {

const Verb* const kVerbs[] = {
    &kInitVerb,     &kInviteVerb,    &kJoinVerb,   &kMemberVerb,     &kKeyVerb,   &kHandoverVerb,
    &kLateVerb,     &kQuorumVerb,    &kScopeVerb,  &kPolicyVerb,     &kNodeVerb,  &kDefineVerb,
    &kImportVerb,   &kAddVerb,       &kSetVerb,    &kRemoveVerb,     &kEraseVerb, &kSubjectVerb,
    &kDiscloseVerb, &kShowVerb,      &kListVerb,   &kAttachVerb,     &kOpenVerb,  &kFetchVerb,
    &kHistoryVerb,  &kConflictsVerb, &kSettleVerb, &kMinutesVerb,    &kTextVerb,  &kPeersVerb,
    &kServeVerb,    &kUnlockVerb,    &kLockVerb,   &kPassphraseVerb, &kSyncVerb,  &kBundleVerb,
    &kStatusVerb,   &kExportVerb,    &kVerifyVerb, &kDoctorVerb,     &kHelpVerb};

const Option kCommonOptions[] = {
    {"--home",
     "DIR",
     {"数据文件夹；默认取 CUNJU_HOME，再取 ~/.cunju",
      "the home folder; else CUNJU_HOME, else ~/.cunju"}},
    {"--space",
     "NAME",
     {"哪个村（名称、区划代码或编号开头）",
      "which space: its name, division code or the start of its id"}},
    {"--clerk",
     "NAME",
     {"哪位文书（一台电脑多人用时）", "which clerk, where several share the node"}},
    {"--key-file", "FILE", {"用钥匙文件代替口令", "a key file instead of a passphrase"}},
    {"--lang", "zh|en", {"显示语言", "language of the output"}},
    {"--json", "", {"给程序用：每行一个 JSON 对象", "for programs: one JSON object a line"}},
    {"--help", "", {"显示这条命令的说明", "explain this command"}},
};

const Option* find_option(const Verb& verb, std::string_view name) {
  for (std::span<const Option> table : {common_options(), verb.options}) {
    for (const Option& option : table) {
      if (option.name == name) return &option;
    }
  }
  return nullptr;
}

registry::Language language_of_locale() {
  for (const char* variable : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value == '\0') continue;
    // "C" and "POSIX" say nothing about a person.
    return std::string_view(value).starts_with("en") ? registry::Language::kEnglish
                                                     : registry::Language::kChinese;
  }
  return registry::Language::kChinese;
}

std::filesystem::path default_home() {
  if (const char* home = std::getenv("CUNJU_HOME"); home != nullptr && *home != '\0') return home;
  const char* user = std::getenv("HOME");
  return std::filesystem::path(user == nullptr ? "." : user) / ".cunju";
}

/// Options may stand before and after the verb and its arguments; "--" ends them.
struct Split {
  std::vector<std::string> words;
  std::multimap<std::string, std::string, std::less<>> options;
};

Result<Split> split(const std::vector<std::string>& arguments) {
  Split out;
  const Verb* verb = nullptr;
  // The verb is the first word that is neither an option nor a common option's value.
  for (std::size_t i = 0; i < arguments.size() && verb == nullptr; ++i) {
    if (!arguments[i].starts_with("--")) {
      verb = find_verb(arguments[i]);
      if (verb == nullptr) return fail(Errc::kInvalidArgument, "verb " + arguments[i]);
      break;
    }
    const Option* option = find_option(kHelpVerb, arguments[i]);
    if (option != nullptr && !option->value.empty()) ++i;
  }
  const Verb& known = verb == nullptr ? kHelpVerb : *verb;
  bool options_ended = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (options_ended || word == "-" || !word.starts_with("--")) {
      out.words.push_back(word);
      continue;
    }
    if (word == "--") {
      options_ended = true;
      continue;
    }
    std::size_t equals = word.find('=');
    std::string name = word.substr(0, equals);
    const Option* option = find_option(known, name);
    if (option == nullptr) return fail(Errc::kInvalidArgument, "option " + name);
    if (option->value.empty()) {
      out.options.emplace(name, "");
    } else if (equals != std::string::npos) {
      out.options.emplace(name, word.substr(equals + 1));
    } else if (i + 1 < arguments.size()) {
      out.options.emplace(name, arguments[++i]);
    } else {
      return fail(Errc::kInvalidArgument, "option " + name + " needs a value");
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> Invocation::value(std::string_view option) const {
  auto found = options.find(option);
  return found == options.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> Invocation::values(std::string_view option) const {
  std::vector<std::string> out;
  auto [first, last] = options.equal_range(option);
  for (auto at = first; at != last; ++at) out.push_back(at->second);
  return out;
}

std::span<const Verb* const> all_verbs() { return kVerbs; }
Result<void> require_options_of(const Invocation& call, std::string_view action,
                                std::span<const ActionOptions> table) {
  const auto known = std::ranges::find(table, action, &ActionOptions::action);
  if (known == table.end()) return ok();
  for (const Option& option : call.verb.options) {
    if (!call.has(option.name) ||
        std::ranges::find(known->options, option.name) != known->options.end())
      continue;
    const std::string name(option.name),
        verb = std::string(call.verb.name) + " " + std::string(action);
    return refused(call, Errc::kInvalidArgument,
                   {verb + " 不用 " + name, verb + " takes no " + name});
  }
  return ok();
}

std::span<const Option> common_options() { return kCommonOptions; }

const Verb* find_verb(std::string_view name) {
  auto found = std::ranges::find(kVerbs, name, &Verb::name);
  return found == std::end(kVerbs) ? nullptr : *found;
}

ExitCode run_command(Terminal& terminal, const std::vector<std::string>& arguments) {
  terminal.language = language_of_locale();
  // Also the errors of a command line that does not parse are for the program that asked.
  terminal.json = std::ranges::find(arguments, "--json") != arguments.end();
  Result<Split> parsed = split(arguments);
  if (parsed.has_error()) {
    terminal.error(parsed.error());
    terminal.warn({"用 cunju help 查看所有命令。", "cunju help lists all commands."});
    return ExitCode::kUsage;
  }
  Split& given = parsed.value();
  const Verb& verb = given.words.empty() ? kHelpVerb : *find_verb(given.words.front());
  Invocation invocation{.terminal = terminal,
                        .verb = verb,
                        .home = default_home(),
                        .space = {},
                        .clerk = {},
                        .arguments = {},
                        .options = given.options};
  if (!given.words.empty()) invocation.arguments.assign(given.words.begin() + 1, given.words.end());
  if (auto language = invocation.value("--lang"))
    terminal.language = language->starts_with("en") ? Language::kEnglish : Language::kChinese;
  terminal.json = invocation.has("--json");
  if (auto home = invocation.value("--home")) invocation.home = *home;
  invocation.space = invocation.value("--space").value_or("");
  // Without them the next command would look in another home or in all spaces, or be somebody
  // else's.
  const auto given_again = [&](const std::string& option) {
    const std::optional<std::string> value = invocation.value(option);
    return value ? " " + option + " " + shell_word(*value) : std::string();
  };
  for (const char* option : {"--home", "--clerk", "--key-file"})
    terminal.program += given_again(option);
  terminal.space_option = given_again("--space");
  invocation.clerk = invocation.value("--clerk").value_or("");
  if (invocation.has("--help")) {
    terminal.line(help_text(verb, terminal.language));
    return ExitCode::kOk;
  }
  if (invocation.arguments.size() < verb.min_arguments ||
      invocation.arguments.size() > verb.max_arguments) {
    terminal.warn({"用法：" + usage_line(verb), "usage: " + usage_line(verb)});
    return ExitCode::kUsage;
  }
  Result<ExitCode> result = verb.run(invocation);
  terminal.end_progress();
  if (result.has_value()) return result.value();
  terminal.error(result.error());
  return exit_code_of(result.error().code);
}

}  // namespace cunju::cli
