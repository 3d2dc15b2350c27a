// SPDX-License-Identifier: Apache-2.0
//
// Edits that came when their text was final, or are late by the roster, in words: who wrote what,
// and the command that shows the text as its author left it. Nothing that was entered may be out of
// everybody's reach.
#pragma once

#include <boost/json/object.hpp>

#include "cli/record_lookup.h"

namespace cunju::cli {

/// The text as of a change: "cunju text show minutes 1a2b3c4d discussion --version 5e6f7a8b".
std::string read_command(const Terminal& terminal, const registry::TextName& name,
                         const ChangeId& version);

/// Two or three lines: who, how much, the words (their beginning unless `whole`), the command.
void say_late_edit(Terminal& terminal, const Roster& roster, const registry::TextName& name,
                   const registry::LateEdit& edit, bool whole);

/// The same lines but for the first.
void say_late_words(Terminal& terminal, const registry::TextName& name,
                    const registry::LateEdit& edit, bool whole);

/// For programs, with all of the words.
boost::json::object to_json(const Roster& roster, const registry::LateEdit& edit);

}  // namespace cunju::cli
