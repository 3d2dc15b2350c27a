// SPDX-License-Identifier: Apache-2.0
#include "node/registry/text_reading.h"

#include <algorithm>

#include "crdt/base/check.h"
#include "crdt/types/text/text_merge.h"

namespace cunju::registry {
namespace {

void read_edits(const TextEdits& edits, LateEdit& out) {
  std::size_t at = 0;
  for (const TextRun& run : edits.runs()) {
    (run.inserts() ? out.added : out.erased) += run.length;
    if (run.inserts() && !out.inserted.empty()) out.inserted += '\n';
    out.inserted += edits.text().substr(at, run.bytes);
    at += run.bytes;
  }
}

/// The edits that do not stand, of the version with these heads.
std::vector<TextNodeIndex> find_left_out(const TextHistory& history,
                                         std::span<const TextNodeIndex> heads) {
  std::vector<bool> is_below(history.size());
  for (TextNodeIndex head : heads) is_below[head] = true;
  std::vector<TextNodeIndex> out;
  for (auto node = static_cast<TextNodeIndex>(history.size()); node-- > 0;) {
    if (!is_below[node]) continue;
    for (TextNodeIndex parent : history.parents(node)) is_below[parent] = true;
    if (history.edits_text(node) && !history.stands(node)) out.push_back(node);
  }
  return out;
}

}  // namespace

MergedVersions find_merged_versions(std::string_view field, const RecordTexts& texts,
                                    const TextsAt& now) {
  const std::vector<const TextChange*> sides = now.sides(field);
  MergedVersions out;
  out.more = sides.size() - std::min(sides.size(), kMostMergedVersions);
  for (const TextChange* side : std::span(sides).subspan(out.more)) {
    const Result<TextsAt> version = texts.at({.heads = {&side->id, 1}});
    CUNJU_CHECK(version.has_value(), "a side is one of the changes");
    out.versions.push_back({.change = side->id,
                            .author = side->author,
                            .text = text_of(field, version.value()),
                            .left_out = version.value().left_out()});
  }
  return out;
}

std::map<std::string, LateEdit> read_late_edits(const ChangeId& change, const AuthorKey& author,
                                                std::span<const Operation> operations) {
  std::map<std::string, LateEdit> out;
  for (const auto& [name, write] : read_text_writes(operations).by_name) {
    if (!write.edits_text) continue;
    LateEdit edit{.change = change, .author = author, .inserted = {}};
    read_edits(write.edits, edit);
    out.emplace(name, std::move(edit));
  }
  return out;
}

std::vector<LateEdit> find_late_edits(std::string_view field, const TextsAt& texts) {
  std::vector<LateEdit> out;
  for (const LateWrite& late : texts.late(field)) {
    LateEdit edit{.change = late.change->id, .author = late.change->author, .inserted = {}};
    read_edits(*late.edits, edit);
    out.push_back(std::move(edit));
  }
  return out;
}

std::string text_of(std::string_view field, const TextsAt& texts) {
  return replay_text(texts.tell(field).history).text.str();
}

Result<std::string> text_at_version(std::string_view field, std::string_view registry,
                                    std::span<const TextChange> changes, Version version,
                                    LeftOut left_out) {
  const RecordTexts texts(registry, changes);
  CUNJU_TRY(const TextsAt at, texts.at({.heads = version, .left_out = left_out}));
  return text_of(field, at);
}

std::map<std::string, std::string> texts_of(const TextsAt& texts) {
  std::map<std::string, std::string> out;
  for (std::string_view name : texts.names()) {
    std::string text = text_of(name, texts);
    if (!text.empty()) out.emplace(name, std::move(text));
  }
  return out;
}

std::vector<WrittenText> blame_of(std::string_view field, const TextsAt& texts) {
  const TextStory story = texts.tell(field);
  const TextBuffer text = replay_text(story.history).text;
  std::vector<WrittenText> out;
  std::size_t at = 0;
  for (const BlameSpan& span : blame(story.history)) {
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
    if (change.author == author && !change.is_left_out &&
        (own == nullptr || own->dot.seq < change.dot.seq))
      own = &change;
  }
  OwnWindow out{.version = {since.begin(), since.end()}};
  if (own == nullptr || known.covers(own->dot)) return out;
  for (const TextChange& change : changes) {
    if (own->node.clock.covers(change.dot)) {
      std::erase(out.version, change.id);
      out.has_met_others =
          out.has_met_others ||
          (change.author != author && !known.covers(change.dot) && !change.node.is_void &&
           !change.is_left_out && change.registry == text.registry &&
           read_text_write(text.field, change.operations).edits_text);
    }
  }
  out.version.push_back(own->id);
  std::ranges::sort(out.version);
  return out;
}

Result<bool> has_lost_since(std::span<const TextChange> changes, Version heads,
                            std::span<const ChangeId> left_out) {
  CUNJU_TRY(const VersionVector seen, clock_of(changes, heads));
  return std::ranges::any_of(changes, [&](const TextChange& change) {
    const bool was_shown =
        std::ranges::find(left_out, change.id) == left_out.end() &&
        (seen.covers(change.dot) || std::ranges::find(heads, change.id) != heads.end());
    return was_shown && change.is_left_out;
  });
}

Result<std::string> merge_edit(const TextOf& text, std::span<const TextChange> changes,
                               const TextAct& act, Version into, LeftOut left_out) {
  // Told as of both, as what the act is written on is.
  std::vector<ChangeId> all(into.begin(), into.end());
  all.insert(all.end(), act.seen.begin(), act.seen.end());
  const RecordTexts texts(text.registry, changes);
  CUNJU_TRY(const TextsAt both, texts.at({.heads = all, .left_out = left_out}));
  TextStory story = both.tell(text.field);
  CUNJU_TRY(const VersionVector seen, clock_of(changes, act.seen));
  CUNJU_TRY(const VersionVector target, clock_of(changes, into));
  const std::vector<TextNodeIndex> parents = story.lines.heads_of(seen);
  std::vector<TextNodeIndex> heads = story.lines.heads_of(target);
  const std::vector<TextNodeIndex> passed = find_left_out(story.history, parents);
  CUNJU_TRY(TextNodeIndex edit, story.history.add(ChangeId(), AuthorKey(), parents,
                                                  read_text_write(text.field, act.operations).edits,
                                                  {.stands = true, .passed = passed}));
  heads.push_back(edit);
  return text_at(story.history, heads).text.str();
}

}  // namespace cunju::registry
