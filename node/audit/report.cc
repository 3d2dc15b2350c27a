// SPDX-License-Identifier: Apache-2.0
#include "node/audit/report.h"

#include <utility>

#include "crdt/base/bytes.h"
#include "crdt/base/limits.h"

namespace cunju::audit {

void VerifyReport::add(Finding finding) {
  finding.place = printable(finding.place);
  finding.zh = printable(finding.zh);
  finding.en = printable(finding.en);
  if (findings.size() < limits::kMaxListedFindings) findings.push_back(std::move(finding));
}

void VerifyReport::error(std::string place, std::string zh, std::string en) {
  ok = false;
  ++errors;
  add({Severity::kError, std::move(place), std::move(zh), std::move(en)});
}

void VerifyReport::warning(std::string place, std::string zh, std::string en) {
  ++warnings;
  add({Severity::kWarning, std::move(place), std::move(zh), std::move(en)});
}

std::string printable(std::string_view text) {
  constexpr std::size_t kMaxBytes = 400;
  const bool is_text = is_utf8(text);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // Cut between characters only.
    if (i >= kMaxBytes && (byte & 0xC0) != 0x80) return out + "…";
    // U+0080..U+009F are control characters too: C2 80 .. C2 9F.
    const bool is_c1 =
        byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (is_c1 && is_text) {
      out += "?";
      ++i;
      continue;
    }
    const bool is_plain = byte >= 0x20 && byte != 0x7F && (byte < 0x80 || is_text);
    out += is_plain ? text[i] : '?';
  }
  return out;
}

std::string describe(const VerifyReport& report, registry::Language language) {
  const bool zh = language == registry::Language::kChinese;
  const VerifyCounts& counts = report.counts;
  std::string out;
  auto say = [&](const std::string& chinese, const std::string& english) {
    out += zh ? chinese : english;
  };
  auto number = [](std::uint64_t value) { return std::to_string(value); };
  if (report.ok) {
    say("核验通过：数据与签名、日志一致。\n",
        "Verified: the data agree with signatures and logs.\n");
  } else {
    say("核验不通过：发现 " + number(report.errors) +
            " 处问题。请勿使用这份数据，向导出单位重新索取。\n",
        "NOT verified: " + number(report.errors) +
            " errors. Do not use these data; ask the exporter for them again.\n");
  }
  say("已核对 " + number(counts.spaces) + " 个村居、" + number(counts.files) + " 个文件、" +
          number(counts.changes) + " 条变更、" + number(counts.signatures) + " 个签名、" +
          number(counts.records) + " 条记录。\n",
      "Checked " + number(counts.spaces) + " spaces, " + number(counts.files) + " files, " +
          number(counts.changes) + " changes, " + number(counts.signatures) + " signatures, " +
          number(counts.records) + " records.\n");
  if (counts.statements > 0)
    say("对照了 " + number(counts.statements) + " 份见证。\n",
        "Held against " + number(counts.statements) + " witness statements.\n");
  if (counts.absent_parts + counts.void_parts + counts.held_parts > 0)
    say("其中未提供或已清除的部分 " + number(counts.absent_parts) + "，无效 " +
            number(counts.void_parts) + "，待补依据 " + number(counts.held_parts) + "。\n",
        "Of their parts, " + number(counts.absent_parts) + " are withheld or erased, " +
            number(counts.void_parts) + " void, " + number(counts.held_parts) +
            " held for something that is missing.\n");
  for (const Finding& finding : report.findings) {
    const bool is_error = finding.severity == Severity::kError;
    say(is_error ? "错误 " : "提醒 ", is_error ? "error " : "warning ");
    out += finding.place + (zh ? "：" + finding.zh : ": " + finding.en) + "\n";
  }
  const std::uint64_t all = report.errors + report.warnings;
  if (all > report.findings.size())
    say("另有 " + number(all - report.findings.size()) + " 处未列出。\n",
        number(all - report.findings.size()) + " more are not listed.\n");
  return out;
}

}  // namespace cunju::audit
