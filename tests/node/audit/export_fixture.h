// SPDX-License-Identifier: Apache-2.0
//
// An export of a village in a temporary folder, and the ways to damage one.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>

#include "node/audit/export.h"
#include "node/audit/export_folder.h"
#include "node/audit/verify.h"
#include "node/registry/builtin.h"
#include "tests/support/village.h"

namespace cunju::audit {

namespace fs = std::filesystem;

inline std::optional<std::string> builtin_toml(const SpaceId&, std::string_view registry) {
  for (const registry::EmbeddedDefinition& embedded : registry::embedded_definitions()) {
    if (embedded.id == registry) return std::string(embedded.toml);
  }
  return std::nullopt;
}

inline std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in.is_open());
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_file(const fs::path& path, const std::string& content) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << content;
  out.close();
  REQUIRE(out.good());
}

inline ExportSummary require_export(test::Village& village, const fs::path& folder,
                                    const ExportOptions& options = {}) {
  return test::Village::require(export_spaces(*village.replica, std::span(&village.space, 1),
                                              builtin_toml, folder, village.node, 1'700'000'000'123,
                                              options));
}

inline VerifyReport require_report(const fs::path& folder) {
  return test::Village::require(verify_export(folder));
}

/// True when some finding's place contains `text`.
inline bool names_place(const VerifyReport& report, const std::string& text) {
  return std::ranges::any_of(report.findings, [&](const Finding& finding) {
    return finding.place.find(text) != std::string::npos;
  });
}

/// Writes the manifest anew over the files as they are, signed by `node`: what a forger who holds
/// that key would do.
inline void sign_again(const fs::path& folder, const crypto::SigningKey& node,
                       const std::function<void(Manifest&)>& change = {}) {
  Manifest manifest = test::Village::require(parse_manifest(read_file(folder / kManifestName)));
  manifest.node = node.node();
  manifest.files.clear();
  const FolderListing listing = test::Village::require(list_folder(folder));
  for (const auto& [path, size] : listing.files) {
    if (path == kManifestName || path == kManifestSignatureName) continue;
    const std::string content = read_file(folder / path);
    manifest.files.push_back({path, content.size(), crypto::hash({as_bytes(content)})});
  }
  if (change) change(manifest);
  const std::string text = encode_manifest(manifest);
  write_file(folder / kManifestName, text);
  write_file(folder / kManifestSignatureName, sign_manifest(node, manifest, text));
}

}  // namespace cunju::audit
