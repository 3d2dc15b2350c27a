// SPDX-License-Identifier: Apache-2.0
#include "node/audit/json_text.h"

#include <boost/json/parse.hpp>
#include <exception>

#include "crdt/base/limits.h"

namespace cunju::audit {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20) {
    out += c;
    return;
  }
  out += "\\u00";
  out += kHexDigits[byte >> 4];
  out += kHexDigits[byte & 15];
}

}  // namespace

void JsonText::separate() {
  if (needs_comma_) out_ += ',';
  needs_comma_ = true;
}

JsonText& JsonText::open(char bracket) {
  separate();
  out_ += bracket;
  needs_comma_ = false;
  return *this;
}

JsonText& JsonText::close(char bracket) {
  out_ += bracket;
  needs_comma_ = true;
  return *this;
}

JsonText& JsonText::key(std::string_view name) {
  string(name);
  out_ += ':';
  needs_comma_ = false;
  return *this;
}

JsonText& JsonText::string(std::string_view utf8) {
  separate();
  out_ += '"';
  for (char c : utf8) append_escaped(out_, c);
  out_ += '"';
  return *this;
}

JsonText& JsonText::raw(std::string_view text) {
  separate();
  out_ += text;
  return *this;
}

JsonText& JsonText::line() {
  if (needs_comma_) out_ += ',';
  needs_comma_ = false;
  return end_lines();
}

JsonText& JsonText::end_lines() {
  out_ += '\n';
  return *this;
}

Result<boost::json::value> parse_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = limits::kMaxJsonDepth;
  boost::json::error_code error;
  try {
    boost::json::value out = boost::json::parse(text, error, {}, options);
    if (error) return fail(Errc::kMalformed, "JSON: " + error.message());
    return out;
  } catch (const std::exception& exception) {
    return fail(Errc::kMalformed, std::string("JSON: ") + exception.what());
  }
}

}  // namespace cunju::audit
