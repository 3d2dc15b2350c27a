// SPDX-License-Identifier: Apache-2.0
#include "node/council/text_search.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "crdt/types/text/text_merge.h"
#include "node/council/text_search_limits.h"

namespace cunju::council {
namespace {

using registry::PersonQuery;
using registry::PersonSight;

/// Looks where an edit was made, as far around it as a word reaches.
void look_around(const TextBuffer& text, std::size_t position, std::size_t length,
                 PersonSight& sight) {
  const std::size_t begin = position - std::min(position, limits::kSearchedAround);
  const std::size_t end = std::min(position + length + limits::kSearchedAround, text.length());
  sight.look(text.slice(begin, end - begin));
}

/// Walks through the versions of one text in the order of its history.
class VersionWalk {
 public:
  VersionWalk(const TextHistory& history, PersonSight& sight) : history_(history), sight_(sight) {}

  /// False when there were too many versions apart.
  bool run() {
    for (TextNodeIndex node = 0; node < history_.size(); ++node) {
      if (sight_.is_mentioned()) return true;
      if (!history_.edits_text(node)) continue;
      if (follows_last(node)) {
        apply(node);
      } else if (!rebuild(node)) {
        return false;
      }
      last_ = node;
    }
    return true;
  }

 private:
  /// Whether the version of the change is the last one with its edits.
  bool follows_last(TextNodeIndex node) const {
    if (history_.has_left_out() || !history_.stands(node)) return false;
    const auto parents = history_.parents(node);
    if (!last_) return parents.empty();
    return parents.size() == 1 && parents.front() == *last_;
  }

  void apply(TextNodeIndex node) {
    std::uint32_t inserted = history_.inserted_begin(node);
    for (const TextRun& run : history_.runs(node)) {
      const std::size_t position = std::min<std::size_t>(run.position, text_.length());
      if (run.inserts()) {
        text_.insert(position, history_.inserted(inserted, run.length));
        inserted += run.length;
        look_around(text_, position, run.length, sight_);
      } else {
        text_.erase(position, std::min<std::size_t>(run.length, text_.length() - position));
        look_around(text_, position, 0, sight_);
      }
    }
  }

  bool rebuild(TextNodeIndex node) {
    if (++rebuilt_ > limits::kMaxSearchedBranches) return false;
    text_ = text_at(history_, {&node, 1}).text;
    sight_.look(text_.str());
    return true;
  }

  const TextHistory& history_;
  PersonSight& sight_;
  TextBuffer text_;
  std::optional<TextNodeIndex> last_;  ///< Of whose version `text_` is.
  std::size_t rebuilt_ = 0;
};

/// What each change wrote, whether it ever stood in a text or not.
void look_at_words(std::span<const TextChange> changes, std::string_view name, PersonSight& sight) {
  for (const TextChange& change : changes) {
    if (sight.is_mentioned()) return;
    const TextWrite write = read_text_write(name, change.operations);
    if (write.edits_text) sight.look(write.edits.text());
  }
}

std::set<std::string> names_in(std::span<const TextChange> changes) {
  std::set<std::string> out;
  for (const TextChange& change : changes)
    for (const Operation& operation : change.operations)
      if (is_text_edit(operation)) out.insert(operation.field);
  return out;
}

}  // namespace

TextSighting search_texts(const PersonQuery& person, std::string_view registry,
                          std::span<const TextChange> changes) {
  bool is_whole = true;
  const RecordTexts texts(registry, changes);
  const TextsAt now = texts.now();
  for (const std::string& name : names_in(changes)) {
    PersonSight sight(person);
    look_at_words(changes, name, sight);
    const TextStory story = now.tell(name);
    if (!VersionWalk(story.history, sight).run()) is_whole = false;
    // What met in a merge that nobody has written on yet.
    if (!sight.is_mentioned()) sight.look(replay_text(story.history).text.str());
    if (sight.is_mentioned()) return TextSighting::kMentioned;
  }
  return is_whole ? TextSighting::kNone : TextSighting::kTooMany;
}

}  // namespace cunju::council
