// SPDX-License-Identifier: Apache-2.0
//
// What `doctor` finds, one line a check, and its verdict.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "cli/verb.h"

namespace cunju::cli {

class DoctorReport {
 public:
  explicit DoctorReport(Terminal& terminal) : terminal_(terminal) {}

  /// `advice`: what to do next; may be empty. `more`: further keys of the object.
  void add(bool is_good, std::string_view check, const Label& text, const Label& advice = {},
           boost::json::object more = {});
  ExitCode verdict() const { return problems_ == 0 ? ExitCode::kOk : ExitCode::kNegative; }

 private:
  Terminal& terminal_;
  int problems_ = 0;
};

}  // namespace cunju::cli
