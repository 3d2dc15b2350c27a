// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_report.h"

namespace cunju::cli {

void DoctorReport::add(bool is_good, std::string_view check, const Label& text, const Label& advice,
                       boost::json::object more) {
  const std::string_view said = terminal_.in_language(text);
  terminal_.line((is_good ? "✓ " : "✗ ") + std::string(said));
  if (!advice.zh.empty()) terminal_.line("    " + std::string(terminal_.in_language(advice)));
  more["check"] = check;
  more["ok"] = is_good;
  more["text"] = said;
  if (!advice.zh.empty()) more["advice"] = terminal_.in_language(advice);
  terminal_.object(more);
  if (!is_good) ++problems_;
}

}  // namespace cunju::cli
