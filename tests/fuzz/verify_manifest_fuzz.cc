// SPDX-License-Identifier: Apache-2.0
//
// Foreign bytes as the files of an export: a manifest, disclosed keys, a log, a table next to what
// it should be. What parses has one text, and no bytes end the program.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "node/audit/compare.h"
#include "node/audit/disclosed_parts.h"
#include "node/audit/log_file.h"
#include "node/audit/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cunju;
  using namespace cunju::audit;
  const ByteView bytes(data, size);
  const std::string_view text = as_text(bytes);
  if (Result<Manifest> manifest = parse_manifest(text)) {
    if (encode_manifest(manifest.value()) != text) std::abort();
    verify_manifest(manifest.value(), text, text);
  }
  if (Result<std::vector<DisclosedPart>> parts = parse_disclosed_file(text)) {
    if (make_disclosed_file(parts.value()).content() != text) std::abort();
  }
  Bytes again;
  const LogFile log = parse_log_file(bytes);
  for (const Change& change : log.changes) append_log_entry(again, change);
  if (log.fault.empty() && again != to_bytes(bytes)) std::abort();

  for (TextFile::Kind kind :
       {TextFile::Kind::kJson, TextFile::Kind::kJsonLines, TextFile::Kind::kCsv}) {
    const TextFile expected{.name = "t",
                            .kind = kind,
                            .rows = {{"", "\xEF\xBB\xBFid,\"a\r\nb\"\r\n"},
                                     {"r1", "{\"id\":\"r1\",\"fields\":{\"a\":1}}\n"},
                                     {"r2", "r2,\"x\"\"y\"\r\n"}}};
    VerifyReport report;
    compare_file("t", expected, bytes, report);
    if (report.ok != (expected.content() == text)) std::abort();
  }
  return 0;
}
