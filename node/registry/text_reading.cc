// SPDX-License-Identifier: Apache-2.0
#include "node/registry/text_reading.h"

#include <algorithm>
#include <map>

#include "crdt/types/text/text_merge.h"

namespace cunju::registry {
namespace {

/// The heads of a version: one change, or all of the history.
Result<std::vector<TextNodeIndex>> heads_of(const TextHistory& history, const ChangeId& version) {
  std::optional<TextNodeIndex> node = history.find(version);
  if (!node) return fail(Errc::kNotFound, "change " + version.hex() + " of the record");
  return std::vector<TextNodeIndex>{*node};
}

}  // namespace

std::vector<TextVersion> find_merged_versions(std::string_view field, std::string_view registry,
                                              std::span<const TextChange> changes) {
  std::map<ChangeId, const TextChange*> by_id;
  std::vector<const TextChange*> confirmations;
  for (const TextChange& change : changes) {
    by_id.emplace(change.id, &change);
    if (change.node.is_void || change.registry != registry) continue;
    if (read_text_write(field, change.operations).confirms) confirmations.push_back(&change);
  }
  const TextStory story = tell_text(field, registry, changes);
  std::vector<TextVersion> out;
  for (const TextMeeting& meeting : find_meetings(story.history)) {
    const bool is_read = std::ranges::any_of(confirmations, [&](const TextChange* confirmation) {
      return std::ranges::all_of(meeting.nodes, [&](TextNodeIndex node) {
        return confirmation->node.clock.covers(by_id.at(story.history.node(node).id)->dot);
      });
    });
    if (is_read) continue;
    for (TextNodeIndex version : meeting.versions) {
      const TextNode& node = story.history.node(version);
      out.push_back({.change = node.id,
                     .author = node.author,
                     .text = text_at(story.history, {&version, 1}).text.str()});
    }
  }
  return out;
}

Result<std::string> text_at_version(std::string_view field, std::string_view registry,
                                    std::span<const TextChange> changes,
                                    const std::optional<ChangeId>& version) {
  const TextStory story = tell_text(field, registry, changes);
  if (!version) return replay_text(story.history).text.str();
  CUNJU_TRY(std::vector<TextNodeIndex> heads, heads_of(story.history, *version));
  return text_at(story.history, heads).text.str();
}

Result<std::vector<WrittenText>> blame_at_version(std::string_view field, std::string_view registry,
                                                  std::span<const TextChange> changes,
                                                  const std::optional<ChangeId>& version) {
  const TextStory story = tell_text(field, registry, changes);
  std::vector<BlameSpan> spans;
  TextBuffer text;
  if (version) {
    CUNJU_TRY(std::vector<TextNodeIndex> heads, heads_of(story.history, *version));
    spans = blame_at(story.history, heads);
    text = text_at(story.history, heads).text;
  } else {
    spans = blame(story.history);
    text = replay_text(story.history).text;
  }
  std::vector<WrittenText> out;
  std::size_t at = 0;
  for (const BlameSpan& span : spans) {
    const TextNode& node = story.history.node(span.node);
    out.push_back({.change = node.id, .author = node.author, .text = text.slice(at, span.length)});
    at += span.length;
  }
  return out;
}

Result<std::string> merge_edit(std::string_view field, std::string_view registry,
                               std::span<const TextChange> changes, std::span<const ChangeId> seen,
                               std::span<const Operation> operations) {
  TextStory story = tell_text(field, registry, changes);
  std::vector<TextNodeIndex> parents;
  for (const ChangeId& id : seen) {
    CUNJU_TRY(std::vector<TextNodeIndex> heads, heads_of(story.history, id));
    parents.push_back(heads.front());
  }
  CUNJU_TRYV(story.history.add(ChangeId(), AuthorKey(), parents,
                               read_text_write(field, operations).edits));
  return replay_text(story.history).text.str();
}

}  // namespace cunju::registry
