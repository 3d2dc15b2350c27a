// SPDX-License-Identifier: Apache-2.0
#include "node/registry/text_reading.h"

#include <algorithm>
#include <optional>
#include <set>

#include "crdt/types/text/text_merge.h"

namespace cunju::registry {
namespace {

/// The heads of a version, which is not empty.
Result<std::vector<TextNodeIndex>> heads_of(const TextHistory& history, Version version) {
  std::vector<TextNodeIndex> out;
  for (const ChangeId& id : version) {
    std::optional<TextNodeIndex> node = history.find(id);
    if (!node) return fail(Errc::kNotFound, id.hex());
    out.push_back(*node);
  }
  return out;
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
                                    std::span<const TextChange> changes, Version version) {
  const TextStory story = tell_text(field, registry, changes);
  if (version.empty()) return replay_text(story.history).text.str();
  CUNJU_TRY(std::vector<TextNodeIndex> heads, heads_of(story.history, version));
  return text_at(story.history, heads).text.str();
}

Result<std::map<std::string, std::string>> texts_at_version(std::string_view registry,
                                                            std::span<const TextChange> changes,
                                                            Version version) {
  std::set<std::string_view> names;
  for (const TextChange& change : changes) {
    for (const Operation& operation : change.operations)
      if (is_text_edit(operation)) names.insert(operation.field);
  }
  std::map<std::string, std::string> out;
  for (std::string_view name : names) {
    CUNJU_TRY(std::string text, text_at_version(name, registry, changes, version));
    if (!text.empty()) out.emplace(name, std::move(text));
  }
  return out;
}

Result<std::vector<WrittenText>> blame_at_version(std::string_view field, std::string_view registry,
                                                  std::span<const TextChange> changes,
                                                  Version version) {
  const TextStory story = tell_text(field, registry, changes);
  std::vector<BlameSpan> spans;
  TextBuffer text;
  if (version.empty()) {
    spans = blame(story.history);
    text = replay_text(story.history).text;
  } else {
    CUNJU_TRY(std::vector<TextNodeIndex> heads, heads_of(story.history, version));
    spans = blame_at(story.history, heads);
    text = text_at(story.history, heads).text;
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

OwnWindow join_own_window(const TextOf& text, std::span<const TextChange> changes,
                          const AuthorKey& author, Version since) {
  const TextChange* own = nullptr;
  VersionVector known;
  for (const TextChange& change : changes) {
    if (std::ranges::find(since, change.id) != since.end()) known.merge(change.node.clock);
    if (change.dot.author == author && (own == nullptr || own->dot.seq < change.dot.seq))
      own = &change;
  }
  OwnWindow out{.version = {since.begin(), since.end()}};
  if (own == nullptr || known.covers(own->dot)) return out;
  for (const TextChange& change : changes) {
    if (own->node.clock.covers(change.dot)) {
      std::erase(out.version, change.id);
      out.has_met_others =
          out.has_met_others || (change.dot.author != author && !known.covers(change.dot) &&
                                 !change.node.is_void && change.registry == text.registry &&
                                 read_text_write(text.field, change.operations).edits_text);
    }
  }
  out.version.push_back(own->id);
  std::ranges::sort(out.version);
  return out;
}

Result<std::string> merge_edit(const TextOf& text, std::span<const TextChange> changes,
                               const TextAct& act, Version into) {
  TextStory story = tell_text(text.field, text.registry, changes);
  CUNJU_TRY(std::vector<TextNodeIndex> parents, heads_of(story.history, act.seen));
  CUNJU_TRY(std::vector<TextNodeIndex> heads, heads_of(story.history, into));
  CUNJU_TRY(TextNodeIndex edit,
            story.history.add(ChangeId(), AuthorKey(), parents,
                              read_text_write(text.field, act.operations).edits));
  heads.push_back(edit);
  return text_at(story.history, heads).text.str();
}

}  // namespace cunju::registry
