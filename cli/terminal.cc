// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <iostream>

#include "cli/messages.h"
#include "crdt/base/limits.h"
#include "crdt/crypto/crypto.h"

namespace cunju::cli {
namespace {

/// Next scalar value of well-formed UTF-8; a broken byte counts as itself.
char32_t next_scalar(std::string_view text, std::size_t& at) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char lead = byte(at);
  std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (lead < 0xC0 || at + length > text.size()) {
    ++at;
    return lead;
  }
  char32_t out = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) out = (out << 6) | (byte(at + i) & 0x3Fu);
  at += length;
  return out;
}

bool is_wide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
         (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
         (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1FAFF) ||
         (c >= 0x20000 && c <= 0x3FFFD);
}

/// Of the terminal on which progress is shown; 80 where that can't be known.
std::size_t screen_columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2) return 80;
  return size.ws_col;
}

/// Switches the terminal's echo off while it lives.
class NoEcho {
 public:
  NoEcho() {
    is_on_ = tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!is_on_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~NoEcho() {
    if (is_on_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  bool is_on_ = false;
};

Result<keys::Passphrase> read_line(std::string_view prompt) {
  std::cerr << prompt << std::flush;
  // Byte by byte into memory that never grows: a stream's buffer would keep a copy.
  Bytes text;
  text.reserve(limits::kMaxPassphraseBytes + 1);
  {
    NoEcho silent;
    for (std::uint8_t byte = 0; ::read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n';)
      if (text.size() <= limits::kMaxPassphraseBytes) text.push_back(byte);
  }
  std::cerr << '\n';
  Result<keys::Passphrase> out = keys::Passphrase::from(as_text(text));
  crypto::wipe(text);
  return out;
}

}  // namespace

std::string shell_word(const std::string& word) {
  const bool is_plain = !word.empty() && std::ranges::none_of(word, [](char c) {
    return std::string_view(" \t\n\"'`$&|;<>()*?[]{}!#~\\").find(c) != std::string_view::npos;
  });
  if (is_plain) return word;
  std::string out = "'";
  for (char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::size_t display_width(std::string_view utf8) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < utf8.size();) width += is_wide(next_scalar(utf8, at)) ? 2 : 1;
  return width;
}

std::string_view cut_to_width(std::string_view utf8, std::size_t columns) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < utf8.size();) {
    const std::size_t begin = at;
    width += is_wide(next_scalar(utf8, at)) ? 2 : 1;
    if (width > columns) return utf8.substr(0, begin);
  }
  return utf8;
}

std::string visible(std::string_view text, bool keep_lines) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t scalar = next_scalar(text, at);
    const bool is_kept_line = keep_lines && scalar == '\n';
    // C0, DEL, C1, and the bidirectional marks and overrides, which reorder what a reader sees.
    const bool is_control = scalar < 0x20 || (scalar >= 0x7F && scalar < 0xA0) ||
                            scalar == 0x061C || scalar == 0x200E || scalar == 0x200F ||
                            (scalar >= 0x202A && scalar <= 0x202E) ||
                            (scalar >= 0x2066 && scalar <= 0x2069);
    if (is_control && !is_kept_line) {
      out.push_back(' ');
    } else {
      out.append(text.substr(begin, at - begin));
    }
  }
  return out;
}

void Terminal::say(const registry::Label& line) { this->line(line.in(language)); }

void Terminal::line(std::string_view text) {
  if (json) return;
  end_progress();
  // Flushed, because a person or a script may be waiting for this very line of a serving node.
  out_ << visible(text, true) << '\n' << std::flush;
}

void Terminal::object(const boost::json::object& object) {
  if (json) out_ << boost::json::serialize(object) << '\n' << std::flush;
}

void Terminal::progress(std::string_view text) { progress(std::vector{std::string(text)}); }

void Terminal::progress(const std::vector<std::string>& lines) {
  if (json || !is_interactive || lines.empty()) return;
  end_progress();
  // The last column stays free: a screen may wrap when it is written to.
  const std::size_t width = (columns > 0 ? columns : screen_columns()) - 1;
  for (const std::string& line : lines) {
    const std::string shown = visible(line, false);
    err_ << (progress_rows_++ > 0 ? "\n" : "") << cut_to_width(shown, width);
  }
  err_ << std::flush;
}

void Terminal::end_progress() {
  if (progress_rows_ > 1) err_ << "\r\033[" << progress_rows_ - 1 << "A\033[J";
  if (progress_rows_ == 1) err_ << "\r\033[K";
  if (progress_rows_ > 0) err_ << std::flush;
  progress_rows_ = 0;
}

void Terminal::table(const std::vector<std::vector<std::string>>& rows) {
  if (json) return;
  end_progress();
  std::vector<std::vector<std::string>> cells = rows;
  for (std::vector<std::string>& row : cells) {
    for (std::string& cell : row) cell = visible(cell, false);
  }
  std::vector<std::size_t> widths;
  for (const std::vector<std::string>& row : cells) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i]));
  }
  for (const std::vector<std::string>& row : cells) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out_ << row[i];
      if (i + 1 < row.size()) out_ << std::string(widths[i] - display_width(row[i]) + 2, ' ');
    }
    out_ << '\n';
  }
}

void Terminal::error(const Error& error) {
  end_progress();
  if (json) {
    err_ << boost::json::serialize(boost::json::object{
                {"error", std::string(errc_name(error.code))}, {"context", error.context}})
         << '\n';
    return;
  }
  ErrorText text =
      whole_ ? *whole_
             : describe(error, reason_.value_or(registry::Label{error.context, error.context}),
                        program);
  err_ << visible(text.what.in(language), true);
  for (const registry::Label* part : {&text.safe, &text.next}) {
    if (!part->in(language).empty()) err_ << '\n' << part->in(language);
  }
  err_ << '\n';
}

void Terminal::warn(const registry::Label& line) {
  end_progress();
  err_ << visible(line.in(language), true) << '\n';
}

Result<keys::Passphrase> ask_passphrase(Terminal& terminal, const registry::Label& prompt,
                                        bool twice) {
  Result<keys::Passphrase> given = keys::passphrase_from_environment();
  if (given.has_value() || given.error().code != Errc::kLocked) return given;
  if (isatty(STDIN_FILENO) == 0) return given;
  if (twice) return ask_new_passphrase(terminal, prompt);
  return read_line(std::string(prompt.in(terminal.language)) + ": ");
}

Result<keys::Passphrase> ask_new_passphrase(Terminal& terminal, const registry::Label& prompt) {
  if (isatty(STDIN_FILENO) == 0) return fail(Errc::kLocked, "no terminal to type a passphrase on");
  CUNJU_TRY(keys::Passphrase first, read_line(std::string(prompt.in(terminal.language)) + ": "));
  registry::Label again{"再输一次", "Again"};
  CUNJU_TRY(keys::Passphrase second, read_line(std::string(again.in(terminal.language)) + ": "));
  if (!crypto::equal_secret(first.view(), second.view()))
    return fail(Errc::kInvalidArgument, "the two passphrases differ");
  return first;
}

}  // namespace cunju::cli
