// SPDX-License-Identifier: Apache-2.0
//
// The files of an export in a test's hands: reading and damaging them, and what a verification says
// of that. Knows no fixture.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "node/audit/export.h"
#include "node/audit/export_folder.h"
#include "node/audit/verify.h"
#include "node/registry/builtin.h"

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

inline VerifyReport require_report(const fs::path& folder) {
  Result<VerifyReport> report = verify_export(folder);
  INFO((report ? "" : report.error().context));
  REQUIRE(report);
  return std::move(report).value();
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
  Manifest manifest = parse_manifest(read_file(folder / kManifestName)).value();
  manifest.node = node.node();
  manifest.files.clear();
  const FolderListing listing = list_folder(folder).value();
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
