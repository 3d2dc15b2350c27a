// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/fetch_policy.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>

#include "crdt/attachment/attachment_limits.h"

namespace cunju::attachments {
namespace {

std::filesystem::path policy_path(const std::filesystem::path& blobs) { return blobs / "policy"; }

/// Takes "NAME NUMBER\n" from the front.
bool take_line(std::string_view& text, std::string_view name, std::uint64_t& out) {
  if (!text.starts_with(name) || text.substr(name.size(), 1) != " ") return false;
  text.remove_prefix(name.size() + 1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end == text.data() + text.size() || *end != '\n') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

}  // namespace

Result<FetchPolicy> load_policy(const std::filesystem::path& blobs) {
  Result<Bytes> content = store::read_whole_file(policy_path(blobs), limits::kMaxFetchPolicyBytes);
  if (content.has_error() && content.error().code == Errc::kNotFound) return FetchPolicy{};
  if (content.has_error()) return content.error();
  FetchPolicy out;
  std::string_view text = as_text(content.value());
  if (!take_line(text, "each", out.each) || !take_line(text, "author", out.author) ||
      !take_line(text, "space", out.space) || !text.empty())
    return fail(Errc::kMalformed, policy_path(blobs).string());
  return out;
}

Result<void> save_policy(const std::filesystem::path& blobs, const FetchPolicy& policy) {
  const std::string text = "each " + std::to_string(policy.each) + "\nauthor " +
                           std::to_string(policy.author) + "\nspace " +
                           std::to_string(policy.space) + "\n";
  {
    CUNJU_TRY(const store::FolderLock lock, store::FolderLock::take(blobs));
    CUNJU_TRY(const std::filesystem::path beside,
              store::write_beside(policy_path(blobs), as_bytes(text)));
    CUNJU_TRYV(store::move_into_place(beside, policy_path(blobs)));
  }
  return note_asked(blobs);
}

std::set<BlobId> choose_by_policy(std::span<const Referred> references, const FetchPolicy& policy) {
  std::map<BlobId, AuthorKey> authors;
  for (const Referred& each : references) {
    auto [found, is_new] = authors.try_emplace(each.blob, each.author);
    if (!is_new) found->second = std::min(found->second, each.author);
  }
  std::set<BlobId> out;
  std::map<AuthorKey, std::uint64_t> used;
  std::uint64_t all = 0;
  for (const auto& [blob, author] : authors) {
    std::uint64_t& own = used[author];
    // The limits may be any numbers, sizes are at most kMaxAttachmentBytes and a little.
    const bool fits = blob.bytes <= policy.each && blob.bytes <= policy.author &&
                      own <= policy.author - blob.bytes && blob.bytes <= policy.space &&
                      all <= policy.space - blob.bytes;
    if (!fits) continue;
    own += blob.bytes;
    all += blob.bytes;
    out.insert(blob);
  }
  return out;
}

Result<std::set<BlobId>> choose_wanted(std::span<const Referred> references,
                                       const BlobFolder& folder) {
  CUNJU_TRY(const FetchPolicy policy, load_policy(folder.folder()));
  std::set<BlobId> out = choose_by_policy(references, policy);
  const std::set<Address> asked = folder.wanted();
  for (const Referred& each : references) {
    if (asked.contains(each.blob.address)) out.insert(each.blob);
  }
  return out;
}

}  // namespace cunju::attachments
