// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/fetch_policy.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "crdt/attachment/attachment_limits.h"

namespace cunju::attachments {
namespace {

std::filesystem::path policy_path(const std::filesystem::path& blobs) { return blobs / "policy"; }
/// Of its own: a program that knows of no total reads three lines and refuses a fourth.
std::filesystem::path total_path(const std::filesystem::path& blobs) { return blobs / "total"; }

/// One that is too long is none of this program's.
Result<std::optional<Bytes>> read_if_there(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    return fail(Errc::kMalformed, path.string() + std::string(kNoPolicyFile));
  Result<Bytes> content = store::read_whole_file(path, limits::kMaxFetchPolicyBytes);
  if (content.has_value()) return std::optional(std::move(content).value());
  if (content.error().code == Errc::kNotFound) return std::optional<Bytes>();
  if (content.error().code == Errc::kLimit) return fail(Errc::kMalformed, path.string());
  return content.error();
}

/// Takes "NAME NUMBER\n" from the front.
bool take_line(std::string_view& text, std::string_view name, std::uint64_t& out) {
  if (!text.starts_with(name) || text.substr(name.size(), 1) != " ") return false;
  text.remove_prefix(name.size() + 1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end == text.data() + text.size() || *end != '\n') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

/// What authors and the space have used. Limits may be any numbers, sizes are at most
/// kMaxAttachmentBytes and a little.
class Account {
 public:
  explicit Account(const FetchPolicy& policy) : policy_(policy) {}
  bool has_room_for(const AuthorKey& author, std::uint64_t bytes) {
    const auto fits = [&](std::uint64_t used, std::uint64_t limit) {
      return used <= limit && bytes <= limit - used;
    };
    return bytes <= policy_.each && fits(used_[author], policy_.author) &&
           fits(all_, policy_.space);
  }
  void add(const AuthorKey& author, std::uint64_t bytes) {
    used_[author] += bytes;
    all_ += bytes;
  }

 private:
  const FetchPolicy& policy_;
  std::map<AuthorKey, std::uint64_t> used_;
  std::uint64_t all_ = 0;
};

std::map<BlobId, AuthorKey> authors_of(std::span<const Referred> references) {
  std::map<BlobId, AuthorKey> out;
  for (const Referred& each : references) {
    auto [found, is_new] = out.try_emplace(each.blob, each.author);
    if (!is_new) found->second = std::min(found->second, each.author);
  }
  return out;
}

}  // namespace

Result<FetchPolicy> load_policy(const std::filesystem::path& blobs) {
  FetchPolicy out;
  CUNJU_TRY(const std::optional<Bytes> policy, read_if_there(policy_path(blobs)));
  if (policy) {
    std::string_view text = as_text(*policy);
    if (!take_line(text, "each", out.each) || !take_line(text, "author", out.author) ||
        !take_line(text, "space", out.space))
      return fail(Errc::kMalformed, policy_path(blobs).string());
    // Where the total had no file of its own yet.
    if (!text.empty() && (!take_line(text, "total", out.total) || !text.empty()))
      return fail(Errc::kMalformed, policy_path(blobs).string());
  }
  CUNJU_TRY(const std::optional<Bytes> total, read_if_there(total_path(blobs)));
  if (total) {
    std::string_view text = as_text(*total);
    if (!take_line(text, "total", out.total) || !text.empty())
      return fail(Errc::kMalformed, total_path(blobs).string());
  }
  return out;
}

FetchPolicy policy_in_force(const std::filesystem::path& blobs) {
  const Result<FetchPolicy> policy = load_policy(blobs);
  return policy.has_value() ? policy.value()
                            : FetchPolicy{.each = 0, .author = 0, .space = 0, .total = 0};
}

Result<void> save_policy(const std::filesystem::path& blobs, const FetchPolicy& policy) {
  const std::string limits = "each " + std::to_string(policy.each) + "\nauthor " +
                             std::to_string(policy.author) + "\nspace " +
                             std::to_string(policy.space) + "\n",
                    total = "total " + std::to_string(policy.total) + "\n";
  {
    CUNJU_TRY(const store::FolderLock lock, store::FolderLock::take(blobs));
    // The total first: a policy of four lines says it as well until it is replaced.
    for (const auto& [path, text] :
         {std::pair(total_path(blobs), &total), std::pair(policy_path(blobs), &limits)}) {
      CUNJU_TRY(const std::filesystem::path beside, store::write_beside(path, as_bytes(*text)));
      CUNJU_TRYV(store::move_into_place(beside, path));
    }
  }
  return note_asked(blobs);
}

std::set<BlobId> choose_by_policy(std::span<const Referred> references, const FetchPolicy& policy) {
  std::set<BlobId> out;
  Account account(policy);
  for (const auto& [blob, author] : authors_of(references)) {
    if (!account.has_room_for(author, blob.bytes)) continue;
    account.add(author, blob.bytes);
    out.insert(blob);
  }
  return out;
}

std::vector<Charge> choose_unasked(std::span<const Referred> references, const FetchPolicy& policy,
                                   const HomeUse& use, const BlobFolder& folder) {
  const std::map<BlobId, AuthorKey> authors = authors_of(references);
  std::vector<Charge> begun, others;
  Account account(policy);
  std::set<BlobId> charged;
  for (const Charge& charge : use.charges) {
    const bool is_past = !authors.contains(charge.blob) && folder.has_any(charge.blob.address);
    if (!is_past && !folder.seems_whole(charge.blob)) continue;
    account.add(charge.author, charge.blob.bytes);
    charged.insert(charge.blob);
  }
  for (const auto& [blob, author] : authors) {
    if (blob.bytes > policy.each || charged.contains(blob)) continue;
    if (folder.seems_whole(blob)) {
      account.add(author, blob.bytes);
    } else {
      (folder.bytes_here(blob) > 0 ? begun : others).push_back({.author = author, .blob = blob});
    }
  }
  std::vector<Charge> out;
  std::uint64_t stored = use.stored;
  auto choose = [&](const Charge& each, std::uint64_t more) {
    if (!account.has_room_for(each.author, each.blob.bytes)) return;
    if (more > 0 && (stored > policy.total || more > policy.total - stored)) return;
    account.add(each.author, each.blob.bytes);
    stored += more;
    out.push_back(each);
  };
  // They count as whole in what is stored already, from their first chunk on.
  for (const Charge& each : begun) choose(each, 0);
  for (const Charge& each : others) choose(each, each.blob.bytes);
  return out;
}

Result<Wanted> choose_wanted(const SpaceId& space, std::span<const Referred> references,
                             const BlobFolder& folder, const ChargeBook& charges,
                             std::uint64_t stored) {
  Wanted out;
  const auto is_here = [&](const Referred& each) { return folder.seems_whole(each.blob); };
  if (std::ranges::all_of(references, is_here)) return out;
  const FetchPolicy policy = policy_in_force(folder.folder());
  HomeUse use{.charges = {}, .stored = stored};
  CUNJU_TRY(use.charges, charges.of(space));
  for (const Charge& each : choose_unasked(references, policy, use, folder)) {
    out.blobs.insert(each.blob);
    out.uncharged.emplace(each.blob, each.author);
  }
  for (const Charge& each : use.charges) out.uncharged.erase(each.blob);
  const std::set<Address> asked = folder.wanted();
  for (const Referred& each : references) {
    if (asked.contains(each.blob.address) && !is_here(each)) out.blobs.insert(each.blob);
  }
  return out;
}

}  // namespace cunju::attachments
