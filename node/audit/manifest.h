// SPDX-License-Identifier: Apache-2.0
//
// manifest.json names every file of an export with size and digest; manifest.sig is the exporting
// node's signature over it, so that a folder handed on stays the one that was handed out:
//   signature := Ed25519(node, "cunju export 1" || suite u8 || count u32 || space[32]* || bytes)
// Reading is strict: a manifest that would be written differently is refused, so there is one text
// for each meaning. What is signed proves who exported; what is in the logs proves itself. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"
#include "node/registry/label.h"

namespace cunju::audit {

inline constexpr std::int64_t kExportVersion = 1;
/// Of an export that discloses confidential parts (kDisclosedName): a program of before would take
/// it for one that was altered.
inline constexpr std::int64_t kDisclosingVersion = 2;
inline constexpr std::string_view kManifestName = "manifest.json";
inline constexpr std::string_view kManifestSignatureName = "manifest.sig";

struct ManifestSpace {
  SpaceId id;
  std::string name;
  std::string code;
  std::uint64_t changes = 0;
  std::uint64_t records = 0;  ///< Of the open scope, deleted ones too.
  Hash state;                 ///< Equal on two nodes exactly when they hold the same changes.

  friend bool operator==(const ManifestSpace&, const ManifestSpace&) = default;
};

struct ManifestFile {
  std::string path;  ///< Below the export's folder, with '/'; see is_export_path().
  std::uint64_t size = 0;
  Hash digest;  ///< BLAKE2b-256 of the content.

  friend bool operator==(const ManifestFile&, const ManifestFile&) = default;
};

struct Manifest {
  std::uint64_t exported_ms = 0;  ///< The exporter's clock: claimed, proves nothing.
  NodeKey node;
  registry::Language language = registry::Language::kChinese;
  std::vector<ManifestSpace> spaces;  ///< Ascending by id.
  std::vector<ManifestFile> files;    ///< Ascending by path; all files but the two of the manifest.

  friend bool operator==(const Manifest&, const Manifest&) = default;
};

std::string encode_manifest(const Manifest& manifest);
/// Errors: kLimit, kMalformed, kUnsupported (a newer version).
Result<Manifest> parse_manifest(std::string_view text);

/// The content of manifest.sig.
std::string sign_manifest(const crypto::SigningKey& node, const Manifest& manifest,
                          std::string_view manifest_text);
bool verify_manifest(const Manifest& manifest, std::string_view manifest_text,
                     std::string_view signature_file);

/// True for the paths that exports have: README.txt, and files of spaces/<id>/, its log/ and
/// attachments/. Keeps absolute paths, "..", and names that some system would read differently out.
bool is_export_path(std::string_view path);
/// "spaces/<id>/".
std::string space_folder(const SpaceId& space);

}  // namespace cunju::audit
