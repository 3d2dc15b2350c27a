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

namespace {

/// What is in the logs and in no table, each with its reason.
template <class Say>
void say_left_out(const VerifyCounts& counts, const Say& say) {
  std::string zh, en;
  const auto add = [&](std::uint64_t count, const std::string& chinese,
                       const std::string& english) {
    if (count == 0) return;
    zh += (zh.empty() ? "" : "；") + chinese + " " + std::to_string(count) + " 处";
    en += (en.empty() ? "" : "; ") + std::to_string(count) + " " + english;
  };
  add(counts.sealed_parts, "保密而没有公开的", "confidential and not disclosed");
  add(counts.absent_parts, "没有提供或已清除的", "withheld or erased");
  add(counts.void_parts, "无效的", "void");
  add(counts.held_parts, "所依据的内容没有公开、没有提供或不在这份导出里的",
      "built on something that is not disclosed, withheld or not in this export");
  if (!zh.empty()) say("没有列入表格的部分：" + zh + "。\n", "Parts in no table: " + en + ".\n");
}

}  // namespace

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
  if (counts.disclosed_parts > 0)
    say("其中公开的保密内容 " + number(counts.disclosed_parts) + " 处，涉及 " +
            number(counts.disclosed_records) + " 条记录，已打开核对，内容见各表。\n",
        "Confidential parts disclosed: " + number(counts.disclosed_parts) + ", of " +
            number(counts.disclosed_records) + " records, opened and checked; see the tables.\n");
  say_left_out(counts, say);
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
