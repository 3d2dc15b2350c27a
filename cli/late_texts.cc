// SPDX-License-Identifier: Apache-2.0
#include "cli/late_texts.h"

#include "cli/roster_words.h"
#include "node/registry/text_form.h"

namespace cunju::cli {
namespace {

constexpr std::size_t kShownCharacters = 80;

}  // namespace

std::string read_command(const Terminal& terminal, const registry::TextName& name,
                         const ChangeId& version) {
  return terminal.command("text show " + name.registry + " " + short_id(name.record.hex()) + " " +
                          name.field + " --version " + short_id(version.hex()));
}

void say_late_edit(Terminal& terminal, const Roster& roster, const registry::TextName& name,
                   const registry::LateEdit& edit, bool whole) {
  const std::string who = author_among(roster, edit.author), id = short_id(edit.change.hex());
  const std::string added = std::to_string(edit.added);
  const std::string erased = std::to_string(edit.erased);
  terminal.say({"  " + id + "  " + who + "  写了 " + added + " 字，删了 " + erased +
                    " 字，定稿后到达，未采用",
                "  " + id + "  " + who + "  wrote " + added + " characters and took out " + erased +
                    ", late: the text was final"});
  say_late_words(terminal, name, edit, whole);
}

void say_late_words(Terminal& terminal, const registry::TextName& name,
                    const registry::LateEdit& edit, bool whole) {
  if (!edit.inserted.empty()) {
    const std::string words =
        whole ? edit.inserted : registry::shorten(edit.inserted, kShownCharacters);
    terminal.say({"    写的是：" + words, "    wrote: " + words});
  }
  const std::string command = read_command(terminal, name, edit.change);
  terminal.say(
      {"    看作者当时的全文：" + command, "    the text as its author had it: " + command});
}

boost::json::object to_json(const Roster& roster, const registry::LateEdit& edit) {
  return {{"change", edit.change.hex()},
          {"author", edit.author.hex()},
          {"name", author_name(roster, edit.author)},
          {"inserted", edit.inserted},
          {"added", edit.added},
          {"erased", edit.erased}};
}

}  // namespace cunju::cli
