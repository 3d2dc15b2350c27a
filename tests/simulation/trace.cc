// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/trace.h"

#include <cstdlib>

namespace cunju::simulation {

Trace::Trace() {
  if (const char* name = std::getenv("CUNJU_SIM_TRACE")) file_.open(name);
}

void Trace::note(Time now, const std::string& line) {
  std::string full = std::to_string(now.count()) + " " + line;
  hash_ = crypto::hash({hash_.view(), as_bytes(full)});
  if (file_.is_open()) file_ << full << '\n' << std::flush;
  kept_.push_back(std::move(full));
  if (kept_.size() > kKeptLines) kept_.pop_front();
}

std::string Trace::tail() const {
  std::string out;
  for (const std::string& line : kept_) out += "  " + line + "\n";
  return out;
}

}  // namespace cunju::simulation
