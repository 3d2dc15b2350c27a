// SPDX-License-Identifier: Apache-2.0
#include "node/registry/text_version.h"

#include <algorithm>

#include "crdt/crypto/crypto.h"

namespace cunju::registry {
namespace {

bool is_shown_now(std::span<const ChangeId> heads, const RecordView& now) {
  return std::ranges::equal(heads, now.heads, {}, {}, &Head::id);
}

/// Whether a head is left out and yet among what the reader was shown.
bool rests_on_left_out(const Seen& seen, std::span<const TextChange> changes) {
  return std::ranges::any_of(changes, [&](const TextChange& change) {
    return change.is_left_out && std::ranges::find(seen.heads, change.id) != seen.heads.end() &&
           !std::ranges::binary_search(seen.left_out, change.id);
  });
}

}  // namespace

std::string left_out_mark(std::span<const ChangeId> left_out) {
  if (left_out.empty()) return {};
  crypto::Hasher hasher("cunju left out 1");
  for (const ChangeId& id : left_out) hasher.add(id.view());
  return hasher.finish().hex().substr(0, kMarkDigits);
}

Result<std::string> mark_of_now(const VersionedRecord& record) {
  if (record.now.left_out.empty()) return std::string();
  const Seen seen = seen_of(record.now);
  const RecordTexts texts(record.registry, record.changes);
  // Without heads a version would be all that is here.
  if (seen.heads.empty()) return std::string();
  CUNJU_TRY(const TextsAt now, texts.at({.heads = seen.heads, .left_out = &seen.left_out}));
  return left_out_mark(now.left_out());
}

Result<Seen> read_version(const VersionName& name, VersionUse use, const VersionedRecord& record) {
  const RecordTexts texts(record.registry, record.changes);
  const Seen today{.heads = name.heads, .left_out = record.now.left_out_ids()};
  CUNJU_TRY(const TextsAt standing, texts.at({.heads = name.heads, .left_out = &today.left_out}));
  const std::string mark_today = left_out_mark(standing.left_out());
  const Error differs{Errc::kConflict, "something was left out of the version, or put back, since"};
  if (use == VersionUse::kConfirm) {
    if (name.mark != mark_today) return differs;
    return today;
  }
  CUNJU_TRY(const TextsAt told, texts.at({.heads = name.heads}));
  const bool is_now = is_shown_now(name.heads, record.now);
  Seen out{.heads = name.heads, .left_out = is_now ? today.left_out : told.left_out()};
  const std::string mark = is_now ? mark_today : left_out_mark(out.left_out);
  const bool takes_any = use == VersionUse::kRead && name.mark.empty();
  if (name.mark != mark && !takes_any) {
    if (name.mark != mark_today) return differs;
    out = today;
  }
  if (use == VersionUse::kWrite && rests_on_left_out(out, record.changes))
    return fail(Errc::kInvalidArgument, "a head of the version is left out");
  return out;
}

}  // namespace cunju::registry
