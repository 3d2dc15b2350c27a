// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <algorithm>

#include "cli/verbs.h"

namespace cunju::cli {
namespace {

struct ExitLine {
  ExitCode code;
  Label meaning;
};

const ExitLine kExitLines[] = {
    {ExitCode::kOk, {"成功", "success"}},
    {ExitCode::kNegative,
     {"结果是否定的：发现改动、有行被拒、体检有问题",
      "the answer is no: tampering found, rows refused, problems found"}},
    {ExitCode::kUsage, {"命令写法不对", "the command line is wrong"}},
    {ExitCode::kNotFound, {"找不到", "not found"}},
    {ExitCode::kLocked, {"没有口令或口令不对", "no passphrase, or a wrong one"}},
    {ExitCode::kPermission, {"没有权限", "not permitted"}},
    {ExitCode::kConflict,
     {"已存在，或要先由人决定", "exists already, or a person has to decide first"}},
    {ExitCode::kIo, {"磁盘满或无法读写", "disk full, unreadable or unwritable"}},
    {ExitCode::kNetwork,
     {"连不上、中断或对方违约", "unreachable, cut, or the peer broke the protocol"}},
    {ExitCode::kUnsupported, {"由更新版本写成", "of a newer version"}},
    {ExitCode::kInternal, {"数据损坏或程序错误", "damaged store or a fault of the program"}},
};

std::string option_text(const Option& option) {
  std::string out(option.name);
  if (!option.value.empty()) out += " " + std::string(option.value);
  return out;
}

void append_options(std::string& out, std::span<const Option> options, Language language) {
  std::size_t width = 0;
  for (const Option& option : options) width = std::max(width, display_width(option_text(option)));
  for (const Option& option : options) {
    std::string text = option_text(option);
    out += "  " + text + std::string(width - display_width(text) + 2, ' ') +
           option.help.in(language) + "\n";
  }
}

/// Backslashes and leading dots or quotes mean something to troff.
std::string troff(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n'))
      out += std::string("\\&") + c;
    else
      out += c;
  }
  return out;
}

}  // namespace

std::string usage_line(const Verb& verb) {
  std::string out = "cunju " + std::string(verb.name);
  if (!verb.arguments.empty()) out += " " + std::string(verb.arguments);
  for (const Option& option : verb.options) out += " [" + option_text(option) + "]";
  return out;
}

std::string help_text(const Verb& verb, Language language) {
  std::string out = usage_line(verb) + "\n\n" + verb.summary.in(language) + "\n";
  if (!verb.details.empty()) out += "\n" + verb.details.in(language) + "\n";
  out += "\n";
  append_options(out, verb.options, language);
  append_options(out, common_options(), language);
  out.pop_back();
  return out;
}

std::string overview_text(Language language) {
  std::string out =
      Label{"村居：村（居）委会的离线登记与交换系统\n\n用法：cunju 命令 [参数] [选项]\n\n",
            "Cunju: records of village and residents' committees, offline first\n\n"
            "usage: cunju VERB [ARGUMENTS] [OPTIONS]\n\n"}
          .in(language);
  for (const Verb* verb : all_verbs())
    out += "  " + std::string(verb->name) + std::string(12 - verb->name.size(), ' ') +
           verb->summary.in(language) + "\n";
  out += "\n";
  append_options(out, common_options(), language);
  out += Label{"\n退出码：\n", "\nExit codes:\n"}.in(language);
  for (const ExitLine& line : kExitLines) {
    std::string number = std::to_string(static_cast<int>(line.code));
    out += "  " + number + std::string(4 - number.size(), ' ') + line.meaning.in(language) + "\n";
  }
  out +=
      Label{
          "\ncunju help 命令 — 详细说明；cunju help --man、--bash-completion — 手册页与补全脚本。",
          "\ncunju help VERB explains a verb; cunju help --man and --bash-completion print the "
          "man page and the completion script."}
          .in(language);
  return out;
}

std::string man_page() {
  std::string out =
      ".TH CUNJU 1\n.SH NAME\ncunju \\- records of village and residents' committees, "
      "offline first (村居)\n.SH SYNOPSIS\n.B cunju\n.I VERB\n[ARGUMENTS] [OPTIONS]\n"
      ".SH VERBS\n";
  auto add_option = [&](const Option& option) {
    out += ".RS\n.TP\n.B " + troff(option_text(option)) + "\n" + troff(option.help.en) + "\n.RE\n";
  };
  for (const Verb* verb : all_verbs()) {
    out += ".TP\n.B " + troff(usage_line(*verb)) + "\n" + troff(verb->summary.en) + " (" +
           troff(verb->summary.zh) + ")\n";
    if (!verb->details.en.empty()) out += "\n" + troff(verb->details.en) + "\n";
    for (const Option& option : verb->options) add_option(option);
  }
  out += ".SH OPTIONS OF EVERY VERB\n";
  for (const Option& option : common_options())
    out += ".TP\n.B " + troff(option_text(option)) + "\n" + troff(option.help.en) + "\n";
  out += ".SH EXIT STATUS\n";
  for (const ExitLine& line : kExitLines)
    out += ".TP\n.B " + std::to_string(static_cast<int>(line.code)) + "\n" +
           troff(line.meaning.en) + "\n";
  out +=
      ".SH ENVIRONMENT\n.TP\n.B CUNJU_HOME\nthe home folder\n.TP\n.B CUNJU_PASSPHRASE_FILE\n"
      "a file whose first line is the passphrase, for unattended use\n";
  return out;
}

std::string bash_completion() {
  std::string verbs;
  std::string cases;
  std::string common;
  for (const Option& option : common_options()) common += " " + std::string(option.name);
  for (const Verb* verb : all_verbs()) {
    verbs += " " + std::string(verb->name);
    std::string options;
    for (const Option& option : verb->options) options += " " + std::string(option.name);
    if (!options.empty())
      cases += "    " + std::string(verb->name) + ") words=\"" + options.substr(1) + "\" ;;\n";
  }
  return "# bash completion for cunju, generated by: cunju help --bash-completion\n"
         "_cunju() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} verb= words= i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case ${COMP_WORDS[i]} in\n"
         "      --home|--space|--clerk|--lang) ((i++)) ;;\n"
         "      -*) ;;\n"
         "      *) verb=${COMP_WORDS[i]}; break ;;\n"
         "    esac\n"
         "  done\n"
         "  if [[ -z $verb && $current != -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"" +
         verbs.substr(1) +
         "\" -- \"$current\"))\n"
         "    return\n"
         "  fi\n"
         "  case $verb in\n" +
         cases +
         "  esac\n"
         "  if [[ $current == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$words" +
         common +
         "\" -- \"$current\"))\n"
         "  else\n"
         "    COMPREPLY=($(compgen -f -- \"$current\"))\n"
         "  fi\n"
         "}\n"
         "complete -F _cunju cunju\n";
}

}  // namespace cunju::cli
