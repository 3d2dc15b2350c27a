// SPDX-License-Identifier: Apache-2.0
//
// Help, the man page and shell completion, all generated from the verb table.
#pragma once

#include <string>

#include "cli/verb.h"

namespace cunju::cli {

/// "cunju set REGISTRY ID FIELD=VALUE... [--clerk NAME]".
std::string usage_line(const Verb& verb);
std::string help_text(const Verb& verb, Language language);
std::string overview_text(Language language);
/// troff for man(1), in English with the Chinese summaries.
std::string man_page();
/// A bash completion script.
std::string bash_completion();

}  // namespace cunju::cli
