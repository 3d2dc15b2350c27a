// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"
#include "cli/verbs.h"
#include "net/wire/version.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--man", "", {"输出手册页（troff）", "print the man page (troff)"}},
    {"--bash-completion", "", {"输出 bash 补全脚本", "print the bash completion script"}},
    {"--version",
     "",
     {"输出程序版本与交换协议版本", "print the program's version and its protocol's"}},
};

/// What somebody who helps over the telephone asks first.
void say_version(Terminal& terminal) {
  const std::string newest = std::to_string(wire::kProtocolVersion);
  const std::string oldest = std::to_string(wire::kOldestVersion);
  terminal.say(
      {"村居 " CUNJU_VERSION "（交换协议第 " + newest + " 版，最早能与第 " + oldest + " 版交换）",
       "cunju " CUNJU_VERSION " (protocol version " + newest + ", speaks back to " + oldest + ")"});
  terminal.object({{"version", CUNJU_VERSION},
                   {"protocol", wire::kProtocolVersion},
                   {"oldest_protocol", wire::kOldestVersion}});
}

Result<ExitCode> run(Invocation& call) {
  Terminal& terminal = call.terminal;
  if (call.has("--version")) {
    say_version(terminal);
    return ExitCode::kOk;
  }
  // What goes to a file or another program is printed as it is, also under --json.
  terminal.json = false;
  if (call.has("--man")) {
    terminal.line(man_page());
  } else if (call.has("--bash-completion")) {
    terminal.line(bash_completion());
  } else if (call.arguments.empty()) {
    terminal.line(overview_text(terminal.language));
  } else {
    const Verb* verb = find_verb(call.arguments.front());
    if (verb == nullptr) return fail(Errc::kNotFound, call.arguments.front());
    terminal.line(help_text(*verb, terminal.language));
  }
  return ExitCode::kOk;
}

}  // namespace

const Verb kHelpVerb{.name = "help",
                     .arguments = "[VERB]",
                     .min_arguments = 0,
                     .max_arguments = 1,
                     .summary = {"查看说明", "explain the commands"},
                     .details = {},
                     .options = kOptions,
                     .run = run};

}  // namespace cunju::cli
