// SPDX-License-Identifier: Apache-2.0
#include "node/audit/manifest.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "crdt/base/limits.h"
#include "crdt/change/change.h"
#include "node/audit/attachments.h"
#include "node/audit/disclosed_parts.h"
#include "node/audit/json_text.h"

namespace cunju::audit {
namespace {

constexpr std::string_view kLabel = "cunju export 1";
constexpr std::string_view kFormat = "cunju export";

/// Reads members of one JSON object; the first that is missing or of another type is the error.
class Fields {
 public:
  explicit Fields(const boost::json::value& value) : object_(value.if_object()) {
    is_ok_ = object_ != nullptr;
  }
  std::string text(std::string_view name) {
    const boost::json::value* value = find(name);
    const boost::json::string* text = value == nullptr ? nullptr : value->if_string();
    if (text == nullptr) return failed(std::string());
    return std::string(text->data(), text->size());
  }
  std::uint64_t count(std::string_view name) {
    const boost::json::value* value = find(name);
    if (value != nullptr && value->is_uint64()) return value->get_uint64();
    if (value == nullptr || !value->is_int64() || value->get_int64() < 0)
      return failed(std::uint64_t{0});
    return static_cast<std::uint64_t>(value->get_int64());
  }
  template <class Id>
  Id id(std::string_view name) {
    std::optional<Id> id = Id::from_hex(text(name));
    return id ? *id : failed(Id{});
  }
  /// Empty when the member is no array.
  const boost::json::array& array(std::string_view name) {
    static const boost::json::array kEmpty;
    const boost::json::value* value = find(name);
    if (value != nullptr && value->is_array()) return value->get_array();
    is_ok_ = false;
    return kEmpty;
  }
  bool is_ok() const { return is_ok_; }

 private:
  const boost::json::value* find(std::string_view name) const {
    return object_ == nullptr ? nullptr : object_->if_contains(name);
  }
  template <class T>
  T failed(T nothing) {
    is_ok_ = false;
    return nothing;
  }

  const boost::json::object* object_;
  bool is_ok_ = false;
};

std::string_view language_name(registry::Language language) {
  return language == registry::Language::kEnglish ? "en" : "zh";
}

Result<ManifestSpace> read_space(const boost::json::value& value) {
  Fields in(value);
  ManifestSpace out{.id = in.id<SpaceId>("id"),
                    .name = in.text("name"),
                    .code = in.text("code"),
                    .changes = in.count("changes"),
                    .records = in.count("records"),
                    .state = in.id<Hash>("state")};
  if (!in.is_ok()) return fail(Errc::kMalformed, "a space in the manifest");
  return out;
}

Result<ManifestFile> read_file(const boost::json::value& value) {
  Fields in(value);
  ManifestFile out{
      .path = in.text("path"), .size = in.count("size"), .digest = in.id<Hash>("blake2b_256")};
  if (!in.is_ok()) return fail(Errc::kMalformed, "a file in the manifest");
  if (!is_export_path(out.path))
    return fail(Errc::kMalformed, "the manifest names a path that no export has");
  return out;
}

Bytes signed_front(const Manifest& manifest) {
  Bytes out;
  put_u8(out, kSuiteEd25519Blake2b);
  put_u32(out, static_cast<std::uint32_t>(manifest.spaces.size()));
  for (const ManifestSpace& space : manifest.spaces) append(out, space.id.view());
  return out;
}

std::int64_t version_of(const Manifest& manifest) {
  const bool discloses = std::ranges::any_of(manifest.files, [](const ManifestFile& file) {
    return file.path.ends_with("/" + std::string(kDisclosedName));
  });
  return discloses ? kDisclosingVersion : kExportVersion;
}

bool is_hex64(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool is_file_name(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == 0 || dot == std::string_view::npos || name.size() > 200) return false;
  const std::string_view ending = name.substr(dot + 1);
  if (ending != "json" && ending != "jsonl" && ending != "csv" && ending != "toml") return false;
  return std::ranges::all_of(name.substr(0, dot), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace

bool is_export_path(std::string_view path) {
  constexpr std::string_view kSpaces = "spaces/", kLog = "log/", kLogEnding = ".log";
  if (path == "README.txt") return true;
  if (!path.starts_with(kSpaces)) return false;
  path.remove_prefix(kSpaces.size());
  if (path.size() < 65 || !is_hex64(path.substr(0, 64)) || path[64] != '/') return false;
  path.remove_prefix(65);
  if (is_attachment_path(path)) return true;
  if (!path.starts_with(kLog)) return is_file_name(path);
  path.remove_prefix(kLog.size());
  return path.size() == 68 && is_hex64(path.substr(0, 64)) && path.substr(64) == kLogEnding;
}

std::string space_folder(const SpaceId& space) { return "spaces/" + space.hex() + "/"; }

std::string encode_manifest(const Manifest& manifest) {
  JsonText out;
  out.open_object().line().key("format").string(kFormat);
  out.line().key("version").integer(version_of(manifest));
  out.line().key("node").string(manifest.node.hex());
  out.line().key("exported_ms").count(manifest.exported_ms);
  out.line().key("language").string(language_name(manifest.language));
  out.line().key("spaces").open_array();
  for (const ManifestSpace& space : manifest.spaces) {
    out.line().open_object().key("id").string(space.id.hex()).key("name").string(space.name);
    out.key("code").string(space.code).key("changes").count(space.changes);
    out.key("records").count(space.records).key("state").string(space.state.hex()).close_object();
  }
  out.end_lines().close_array().line().key("files").open_array();
  for (const ManifestFile& file : manifest.files) {
    out.line().open_object().key("path").string(file.path).key("size").count(file.size);
    out.key("blake2b_256").string(file.digest.hex()).close_object();
  }
  out.end_lines().close_array().end_lines().close_object().end_lines();
  return out.take();
}

Result<Manifest> parse_manifest(std::string_view text) {
  if (text.size() > limits::kMaxManifestBytes) return fail(Errc::kLimit, "kMaxManifestBytes");
  CUNJU_TRY(boost::json::value root, parse_json(text));
  Fields in(root);
  if (in.text("format") != kFormat) return fail(Errc::kMalformed, "not a manifest of an export");
  const std::uint64_t version = in.count("version");
  if (in.is_ok() && version > static_cast<std::uint64_t>(kDisclosingVersion))
    return fail(Errc::kUnsupported, "export version " + std::to_string(version));
  Manifest out{.exported_ms = in.count("exported_ms"), .node = in.id<NodeKey>("node")};
  if (in.text("language") == language_name(registry::Language::kEnglish))
    out.language = registry::Language::kEnglish;
  const boost::json::array& spaces = in.array("spaces");
  const boost::json::array& files = in.array("files");
  if (!in.is_ok()) return fail(Errc::kMalformed, "the manifest lacks something");
  if (spaces.size() > limits::kMaxSpacesPerPeer) return fail(Errc::kLimit, "kMaxSpacesPerPeer");
  if (files.size() > limits::kMaxExportEntries) return fail(Errc::kLimit, "kMaxExportEntries");
  for (const boost::json::value& value : spaces) {
    CUNJU_TRY(ManifestSpace space, read_space(value));
    if (!out.spaces.empty() && !(out.spaces.back().id < space.id))
      return fail(Errc::kMalformed, "the spaces of the manifest are not ascending");
    out.spaces.push_back(std::move(space));
  }
  for (const boost::json::value& value : files) {
    CUNJU_TRY(ManifestFile file, read_file(value));
    if (!out.files.empty() && !(out.files.back().path < file.path))
      return fail(Errc::kMalformed, "the files of the manifest are not ascending");
    out.files.push_back(std::move(file));
  }
  if (encode_manifest(out) != text)
    return fail(Errc::kMalformed, "the manifest is not in its canonical form");
  return out;
}

std::string sign_manifest(const crypto::SigningKey& node, const Manifest& manifest,
                          std::string_view manifest_text) {
  const Bytes front = signed_front(manifest);
  return node.sign(kLabel, {front, as_bytes(manifest_text)}).hex() + "\n";
}

bool verify_manifest(const Manifest& manifest, std::string_view manifest_text,
                     std::string_view signature_file) {
  constexpr std::size_t kDigits = 2 * Signature::kSize;
  if (signature_file.size() != kDigits + 1) return false;
  std::optional<Signature> signature = Signature::from_hex(signature_file.substr(0, kDigits));
  // One text for each signature: upper-case digits or another end are not ours.
  if (!signature || signature->hex() + "\n" != signature_file) return false;
  const Bytes front = signed_front(manifest);
  return crypto::verify(manifest.node.view(), kLabel, {front, as_bytes(manifest_text)}, *signature);
}

}  // namespace cunju::audit
