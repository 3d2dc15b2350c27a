// SPDX-License-Identifier: Apache-2.0
//
// Where a verb writes: text for a person in their language, JSON lines for a program, errors and
// progress beside them. Tests pass string streams.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/messages.h"
#include "crdt/base/error.h"
#include "crdt/base/result.h"
#include "node/keys/unlock.h"
#include "node/registry/label.h"

namespace cunju::cli {

class Terminal {
 public:
  Terminal(std::ostream& out, std::ostream& err) : out_(out), err_(err) {}

  registry::Language language = registry::Language::kChinese;
  bool json = false;
  /// How commands that a person is told to run next begin: the program, and the options that this
  /// command line was given to find its home, space and clerk.
  std::string program = "cunju", space_option;
  /// Whether progress lines may be rewritten in place.
  bool is_interactive = false;
  /// Columns of the screen; 0: as the system says.
  std::size_t columns = 0;

  /// A line for a person; nothing under --json.
  void say(const registry::Label& line);
  /// The same line in every language: names, ids, table rows.
  void line(std::string_view text);
  /// One JSON object on a line of its own; nothing without --json.
  void object(const boost::json::object& object);
  /// A short status that the next one replaces; shown to a person only. Cut at the screen's edge.
  void progress(std::string_view text);
  /// The same of several lines.
  void progress(const std::vector<std::string>& lines);
  void end_progress();
  /// Columns padded by display width (Han characters are two wide).
  void table(const std::vector<std::vector<std::string>>& rows);
  /// What happened, what is safe, what to do next. Under --json an object with the error's name.
  void error(const Error& error);
  /// The sentence that error() says in place of the error's context, which is English and for logs.
  void explain(registry::Label reason) { reason_ = std::move(reason); }
  /// All that error() says, where the words for the error's kind would mislead.
  void explain_whole(ErrorText text) { whole_ = std::move(text); }
  void warn(const registry::Label& line);

  /// A command line that a person can copy: "cunju --home /x sync".
  std::string command(std::string_view words) const {
    return program + space_option + " " + std::string(words);
  }
  /// The same where it is of all spaces, whichever this one was of.
  std::string command_of_all_spaces(std::string_view words) const {
    return program + " " + std::string(words);
  }

  std::string_view in_language(const registry::Label& label) const { return label.in(language); }

 private:
  std::ostream& out_;
  std::ostream& err_;
  std::size_t progress_rows_ = 0;
  std::optional<registry::Label> reason_;
  std::optional<ErrorText> whole_;
};

/// `word` as a shell reads it back, in quotes only where it needs them.
std::string shell_word(const std::string& word);

/// Columns on a terminal; Han, kana and full-width forms count two.
std::size_t display_width(std::string_view utf8);

/// As much of the beginning as so many columns hold.
std::string_view cut_to_width(std::string_view utf8, std::size_t columns);

/// `text` with control characters as spaces, so that what a peer wrote can't move the cursor,
/// change colours or fake a line. Line feeds stay where `keep_lines`.
std::string visible(std::string_view text, bool keep_lines);

/// From CUNJU_PASSPHRASE_FILE, or asked for without echo when standard input is a terminal.
/// `twice`: a new passphrase, asked for again. Errors: kLocked, kInvalidArgument (not the same).
Result<keys::Passphrase> ask_passphrase(Terminal& terminal, const registry::Label& prompt,
                                        bool twice);
/// Asks twice on the terminal, whatever CUNJU_PASSPHRASE_FILE names. Errors: kLocked (no terminal),
/// kInvalidArgument.
Result<keys::Passphrase> ask_new_passphrase(Terminal& terminal, const registry::Label& prompt);

}  // namespace cunju::cli
