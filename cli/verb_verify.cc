// SPDX-License-Identifier: Apache-2.0
#include "cli/verbs.h"
#include "node/audit/verify.h"

namespace cunju::cli {
namespace {

// People look for it; there is no shallow way.
const Option kOptions[] = {
    {"--deep",
     "",
     {"可写可不写：核验总是全部重新计算", "may be written or not: everything is always computed"}}};

Result<ExitCode> run(Invocation& call) {
  CUNJU_TRY(audit::VerifyReport report,
            audit::verify_export(call.arguments[0], [&](const audit::Progress& progress) {
              call.terminal.progress(std::to_string(progress.done) + "/" +
                                     std::to_string(progress.total));
            }));
  call.terminal.line(audit::describe(report, call.terminal.language));
  for (const audit::Finding& finding : report.findings) {
    bool is_error = finding.severity == audit::Severity::kError;
    call.terminal.object({{"severity", is_error ? "error" : "warning"},
                          {"place", finding.place},
                          {"zh", finding.zh},
                          {"en", finding.en}});
  }
  call.terminal.object({{"ok", report.ok},
                        {"errors", report.errors},
                        {"warnings", report.warnings},
                        {"files", report.counts.files},
                        {"changes", report.counts.changes},
                        {"signatures", report.counts.signatures},
                        {"records", report.counts.records},
                        {"disclosed_records", report.counts.disclosed_records},
                        {"disclosed_parts", report.counts.disclosed_parts},
                        {"sealed_parts", report.counts.sealed_parts},
                        {"absent_parts", report.counts.absent_parts},
                        {"void_parts", report.counts.void_parts},
                        {"held_parts", report.counts.held_parts}});
  return report.ok ? ExitCode::kOk : ExitCode::kNegative;
}

}  // namespace

const Verb kVerifyVerb{.name = "verify",
                       .arguments = "DIR",
                       .min_arguments = 1,
                       .max_arguments = 1,
                       .summary = {"核验一份导出：每个签名、每条链、每张表",
                                   "verify an export: every signature, chain and table"},
                       .details = {"不需要数据文件夹和口令，每次都全部重新计算（写不写 --deep "
                                   "都一样）。0 表示完好，1 表示被改动并指出位置。",
                                   "Needs no home and no passphrase, and always computes "
                                   "everything again, with --deep or without. 0: good. "
                                   "1: tampered, with the place named."},
                       .options = kOptions,
                       .run = run};

}  // namespace cunju::cli
