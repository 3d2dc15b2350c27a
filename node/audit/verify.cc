// SPDX-License-Identifier: Apache-2.0
#include "node/audit/verify.h"

#include <algorithm>
#include <set>

#include "crdt/base/limits.h"
#include "node/audit/attachments.h"
#include "node/audit/export_folder.h"
#include "node/audit/verify_space.h"
#include "node/store/private_file.h"

namespace cunju::audit {
namespace {

class Verifier {
 public:
  Verifier(const std::filesystem::path& folder, FolderListing listing, const ProgressSink& progress)
      : folder_(folder), listing_(std::move(listing)), progress_(progress) {}

  VerifyReport run() {
    for (const std::string& path : listing_.strange)
      report_.error(path, "不是导出数据应有的内容（链接、设备或多余的文件夹），没有读取",
                    "not part of any export (a link, device or foreign folder); not read");
    std::optional<Manifest> manifest = read_manifest();
    if (!manifest) return std::move(report_);
    check_names(*manifest);
    for (const ManifestFile& file : manifest->files) {
      if (!file.path.starts_with("spaces/")) load(file);
    }
    if (manifest->spaces.empty())
      report_.error(std::string(kManifestName), "没有任何村居", "it names no space");
    for (const ManifestSpace& space : manifest->spaces) {
      ++report_.counts.spaces;
      const std::string prefix = space_folder(space.id);
      SpaceContent content;
      for (auto file = first_of(*manifest, prefix);
           file != manifest->files.end() && file->path.starts_with(prefix); ++file)
        content.emplace(file->path.substr(prefix.size()), load_of_space(*file, prefix.size()));
      verify_space(space, *manifest, content, progress_, report_);
    }
    return std::move(report_);
  }

 private:
  static std::vector<ManifestFile>::const_iterator first_of(const Manifest& manifest,
                                                            const std::string& prefix) {
    return std::ranges::lower_bound(manifest.files, prefix, {}, &ManifestFile::path);
  }

  /// Reads one file of the listing; nothing, and a finding, when that is not possible.
  std::optional<Bytes> read(const std::string& path, std::uint64_t max_bytes) {
    auto listed = listing_.files.find(path);
    if (listed == listing_.files.end()) {
      report_.error(path, "缺少这个文件", "the file is missing");
      return std::nullopt;
    }
    if (listed->second > max_bytes ||
        report_.counts.bytes + listed->second > limits::kMaxExportBytes) {
      report_.error(path, "文件太大，没有读取", "the file is too large and was not read");
      return std::nullopt;
    }
    Result<Bytes> content = store::read_whole_file(folder_ / path, max_bytes);
    if (content.has_error()) {
      report_.error(path, "文件读不出来：" + content.error().context,
                    "the file can't be read: " + content.error().context);
      return std::nullopt;
    }
    ++report_.counts.files;
    report_.counts.bytes += content.value().size();
    return std::move(content).value();
  }

  std::optional<Manifest> read_manifest() {
    const std::string name(kManifestName), signature_name(kManifestSignatureName);
    if (!listing_.files.contains(name)) {
      report_.error(name, "缺少清单：导出没有完成，或这不是导出文件夹",
                    "there is no manifest: the export was not finished, or this is none");
      return std::nullopt;
    }
    std::optional<Bytes> text = read(name, limits::kMaxManifestBytes);
    std::optional<Bytes> signature = read(signature_name, 4096);
    if (!text) return std::nullopt;
    Result<Manifest> manifest = parse_manifest(as_text(*text));
    if (manifest.has_error()) {
      report_.error(name, "清单读不懂或被改动：" + manifest.error().context,
                    "the manifest is damaged: " + manifest.error().context);
      return std::nullopt;
    }
    if (signature && !verify_manifest(manifest.value(), as_text(*text), as_text(*signature)))
      report_.error(signature_name, "清单 manifest.json 的签名无效",
                    "the signature of manifest.json does not verify");
    return std::move(manifest).value();
  }

  /// Every file on the disk is named, and every name belongs to a space of the manifest.
  void check_names(const Manifest& manifest) {
    std::set<std::string_view> named;
    std::set<std::string> folders;
    for (const ManifestSpace& space : manifest.spaces) folders.insert(space_folder(space.id));
    for (const ManifestFile& file : manifest.files) {
      named.insert(file.path);
      const bool has_space = !file.path.starts_with("spaces/") ||
                             folders.contains(file.path.substr(0, space_folder({}).size()));
      if (!has_space)
        report_.error(file.path, "不属于清单中的任何村居", "belongs to no space of the manifest");
    }
    if (!named.contains("README.txt"))
      report_.error("README.txt", "缺少这个文件", "the file is missing");
    for (const auto& [path, size] : listing_.files) {
      if (path != kManifestName && path != kManifestSignatureName && !named.contains(path))
        report_.error(path, "清单里没有这个文件", "the manifest does not name this file");
    }
  }

  /// Of an attachment only its hash is kept.
  std::optional<Bytes> load_of_space(const ManifestFile& file, std::size_t prefix) {
    std::optional<Bytes> content = load(file);
    if (content && is_attachment_path(std::string_view(file.path).substr(prefix)))
      content = to_bytes(attachment::content_hasher().add(*content).finish().view());
    return content;
  }

  std::optional<Bytes> load(const ManifestFile& file) {
    std::optional<Bytes> content = read(file.path, limits::kMaxExportFileBytes);
    if (!content) return std::nullopt;
    if (content->size() != file.size || crypto::hash({*content}) != file.digest)
      report_.error(file.path, "内容与清单中的大小或哈希不符",
                    "size or hash differ from the manifest's");
    return content;
  }

  const std::filesystem::path& folder_;
  FolderListing listing_;
  const ProgressSink& progress_;
  VerifyReport report_;
};

}  // namespace

Result<VerifyReport> verify_export(const std::filesystem::path& folder,
                                   const ProgressSink& progress) {
  CUNJU_TRY(FolderListing listing, list_folder(folder));
  return Verifier(folder, std::move(listing), progress).run();
}

}  // namespace cunju::audit
