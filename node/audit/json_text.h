// SPDX-License-Identifier: Apache-2.0
//
// JSON text as exports hold it, byte for byte the same everywhere: keys in the order they are
// given, no spaces, strings escaped no more than JSON demands (\" \\ \b \f \n \r \t \u00xx; UTF-8
// as it is). And reading it back from foreign bytes, under limits. The one place here that
// includes Boost.JSON's parser.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "crdt/base/result.h"

namespace cunju::audit {

/// Builds one JSON text. The caller keeps objects and arrays balanced.
class JsonText {
 public:
  JsonText& open_object() { return open('{'); }
  JsonText& close_object() { return close('}'); }
  JsonText& open_array() { return open('['); }
  JsonText& close_array() { return close(']'); }
  JsonText& key(std::string_view name);
  JsonText& string(std::string_view utf8);
  JsonText& integer(std::int64_t value) { return raw(std::to_string(value)); }
  JsonText& count(std::uint64_t value) { return raw(std::to_string(value)); }
  JsonText& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonText& null() { return raw("null"); }
  /// The next element stands on a line of its own, so that a difference has a line number.
  JsonText& line();
  /// After the last such element.
  JsonText& end_lines();

  /// The text so far; the writer begins anew.
  std::string take() { return std::exchange(out_, {}); }

 private:
  JsonText& open(char bracket);
  JsonText& close(char bracket);
  JsonText& raw(std::string_view text);
  void separate();

  std::string out_;
  bool needs_comma_ = false;
};

/// Parses foreign JSON: nesting up to limits::kMaxJsonDepth, no comments, valid UTF-8.
/// Errors: kMalformed.
Result<boost::json::value> parse_json(std::string_view text);

}  // namespace cunju::audit
