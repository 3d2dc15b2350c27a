// SPDX-License-Identifier: Apache-2.0
//
// What a verification found. Errors mean that the export is not what was signed or does not follow
// from its logs; warnings are worth knowing and make nothing untrue. Every finding says where.
// Places and texts may come from foreign files: they hold no control characters. A value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "node/registry/label.h"

namespace cunju::audit {

enum class Severity : std::uint8_t { kError, kWarning };

struct Finding {
  Severity severity = Severity::kError;
  std::string place;  ///< File, line or row, record, field: as far as it can be told.
  std::string zh;
  std::string en;
};

struct VerifyCounts {
  std::uint64_t spaces = 0;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t changes = 0;
  std::uint64_t signatures = 0;  ///< Own signatures that verify.
  std::uint64_t records = 0;
  std::uint64_t statements = 0;         ///< Of witnesses, in force; what they state was looked for.
  std::uint64_t absent_parts = 0;       ///< Withheld, erased or redacted: their hashes stand.
  std::uint64_t sealed_parts = 0;       ///< Confidential, here, and not disclosed.
  std::uint64_t void_parts = 0;         ///< In the logs, without effect.
  std::uint64_t held_parts = 0;         ///< Build on something that is absent, sealed or left out.
  std::uint64_t disclosed_parts = 0;    ///< Confidential, and opened by a key in the export.
  std::uint64_t disclosed_records = 0;  ///< That these are of.
};

struct VerifyReport {
  bool ok = true;  ///< No errors.
  VerifyCounts counts;
  std::uint64_t errors = 0;
  std::uint64_t warnings = 0;
  std::vector<Finding> findings;  ///< The first limits::kMaxListedFindings.

  void error(std::string place, std::string zh, std::string en);
  void warning(std::string place, std::string zh, std::string en);

 private:
  void add(Finding finding);
};

/// For a person: the verdict, what was checked, each finding on a line.
std::string describe(const VerifyReport& report, registry::Language language);

/// `text` without control characters and broken UTF-8, about 400 bytes of it: for showing foreign
/// names.
std::string printable(std::string_view text);

}  // namespace cunju::audit
