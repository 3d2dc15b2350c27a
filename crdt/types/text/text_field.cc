// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_field.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "crdt/base/limits.h"
#include "crdt/types/text/text_freezes.h"
#include "crdt/types/text/text_marks.h"
#include "crdt/types/text/text_merge.h"

namespace cunju {
namespace {

/// What one change says, and what its ancestors and its author's share make of it.
struct Told {
  const TextChange* change = nullptr;
  TextWrites writes;  ///< Nothing when it is void, or of another registry.
  PassedDots passed;  ///< What writes.passed means.
  TextAct act = TextAct::kNothing;
  bool counts = false;  ///< Within the share of texts.

  TextEvent event() const {
    return {.author = change->author,
            .dot = change->dot,
            .clock = &change->node.clock,
            .passed = passed.empty() ? nullptr : &passed};
  }
  /// They are in no text, and may be large.
  void drop_edits() {
    for (auto& [name, write] : writes.by_name) write.edits = TextEdits();
  }
  bool touches_texts() const {
    return !writes.by_name.empty() || act != TextAct::kNothing || !writes.passed.empty();
  }
};

TextPlace place_of(const TextChange& change) {
  return {.id = change.id, .author = change.author, .dot = change.dot, .clock = &change.node.clock};
}

auto place_in_order(const TextChange* change) { return std::pair(change->node.depth, change->id); }

FreezeRegister::Act act_of(const Told& told, bool is_left_out) {
  return {.change = told.change,
          .depth = told.change->node.depth,
          .event = told.event(),
          .freezes = told.act == TextAct::kFreeze,
          .is_left_out = is_left_out};
}

const TextWrite& write_of(const Told& told, std::string_view name) {
  return told.writes.by_name.find(name)->second;
}

}  // namespace

/// What is the same of every moment of the record, because it follows from a change and its
/// ancestors.
struct RecordTexts::Reading {
  std::vector<Told> order;  ///< By rising (depth, id).
  /// Who edits or confirms a text, in the same order.
  std::map<std::string_view, std::vector<const Told*>> by_name;
  std::vector<const Told*> acts;  ///< In the same order.
  std::unordered_map<ChangeId, const TextChange*> by_id;
  std::vector<TextLoad> loads;
  PassedCosts passed_costs;
  TextPlaces places;
  bool passes_over = false;

  Reading(std::string_view registry, std::span<const TextChange> changes);
};

/// One moment of it.
struct TextsAt::Sight {
  const RecordTexts::Reading& reading;
  std::vector<ChangeId> heads;  ///< Empty: there is everything.
  VersionVector seen;
  bool is_now;
  std::optional<std::vector<ChangeId>> given;  ///< What is left out, if it is said.
  std::vector<const Told*> passing;            ///< What they pass over is left out.
  FreezeRegister freezes;

  Sight(const RecordTexts::Reading& record, bool is_of_all) : reading(record), is_now(is_of_all) {}

  bool has(const Told& told) const {
    // A branch of a fork that does not stand has a dot of another change, and can be named still.
    return heads.empty() || seen.covers(told.change->dot) ||
           std::ranges::find(heads, told.change->id) != heads.end();
  }
  bool leaves_out(const Told& told) const {
    if (given) return std::ranges::binary_search(*given, told.change->id);
    if (is_now) return told.change->is_left_out;
    return std::ranges::any_of(
        passing, [&](const Told* above) { return above->passed.covers(told.change->dot); });
  }
  std::vector<const Told*> of(std::string_view name) const {
    std::vector<const Told*> out;
    const auto found = reading.by_name.find(name);
    if (found == reading.by_name.end()) return out;
    std::ranges::copy_if(found->second, std::back_inserter(out),
                         [&](const Told* told) { return has(*told); });
    return out;
  }
  void find_passing();
  void finish();
};

RecordTexts::Reading::Reading(std::string_view registry, std::span<const TextChange> changes) {
  for (const TextChange& change : changes) {
    order.push_back({.change = &change, .writes = {}, .passed = {}});
    by_id.emplace(change.id, &change);
  }
  std::ranges::sort(order, [](const Told& a, const Told& b) {
    return std::tie(a.change->node.depth, a.change->id) <
           std::tie(b.change->node.depth, b.change->id);
  });
  LineSums inserted;
  TextShares shares;
  for (Told& told : order) {
    const TextChange& change = *told.change;
    const TextPlace place = place_of(change);
    if (!change.node.is_void && change.registry == registry) {
      told.writes = read_text_writes(change.operations);
      told.passed = places.read(told.writes.passed, change.node.clock);
      told.act = read_text_act(change.operations);
      const TextWrites& writes = told.writes;
      const std::uint64_t load = writes.load == 0 ? 0 : writes.load + passed_costs.of(told.passed);
      add_text_load(loads, change.dot.author, load);
      told.counts = shares.add(place, load) <= limits::kMaxAuthorTextLoad;
      if (!told.counts) told.drop_edits();
      inserted.add(change.dot, writes.inserted);
      if (writes.runs != 0)
        passed_costs.add(change.dot,
                         {.own = limits::kTextPassedRunLoad * writes.runs + writes.inserted,
                          .erased = writes.erased,
                          .below = inserted.of(change.node.clock)});
      passes_over = passes_over || !told.passed.empty();
    }
    places.add(place);
  }
  for (const Told& told : order) {
    for (const auto& [name, write] : told.writes.by_name) by_name[name].push_back(&told);
    if (told.act != TextAct::kNothing) acts.push_back(&told);
  }
}

/// What a version leaves out by what its own changes say.
void TextsAt::Sight::find_passing() {
  if (is_now || given || !reading.passes_over) return;
  for (const Told& told : reading.order) {
    if (!has(told) || !told.touches_texts()) continue;
    std::erase_if(passing, [&](const Told* other) {
      return told.change->node.clock.covers(other->change->dot);
    });
    passing.push_back(&told);
  }
  std::erase_if(passing, [](const Told* told) { return told->passed.empty(); });
}

void TextsAt::Sight::finish() {
  find_passing();
  for (const Told* told : reading.acts) {
    if (!has(*told)) continue;
    freezes.add(act_of(*told, leaves_out(*told)));
  }
  freezes.finish();
}

namespace {

/// What the laws say of one text of a record: which edits stand, and what waits for a reader.
struct Judged {
  TextEvents events;
  std::vector<const TextChange*> edited;  ///< Those of events.edits.
  std::vector<const TextChange*> disputed;
  /// Those that do not stand and that somebody may have read; by rising (depth, id).
  std::vector<const TextChange*> hidden;
  std::vector<Dot> late;  ///< Ascending.
  VersionVector below;    ///< What stands, and all its ancestors; filled in if any are hidden.
};

Judged judge(std::string_view name, const TextsAt::Sight& sight) {
  Judged out;
  for (const Told* told_here : sight.of(name)) {
    const Told& told = *told_here;
    const TextWrite& write = write_of(told, name);
    const TextChange& change = *told.change;
    const TextEvent event = told.event();
    const bool is_left_out = sight.leaves_out(told);
    if (write.confirms && !is_left_out) out.events.confirmations.push_back(event);
    if (!told.counts || !write.edits_text) continue;
    const bool is_vain = sight.freezes.is_vain(event);
    const bool is_missed = sight.freezes.is_missed(event);
    if (!is_vain && !is_missed && !is_left_out) {
      out.events.edits.push_back(event);
      out.edited.push_back(&change);
      continue;
    }
    if (!is_vain) out.hidden.push_back(&change);
    if (is_left_out) {
      if (!is_vain) out.events.left_out.push_back(event);
      continue;
    }
    out.late.push_back(change.dot);
    if (sight.freezes.is_disputed(event)) out.disputed.push_back(&change);
  }
  std::vector<TextEvent> readers;
  if (!out.disputed.empty()) readers = last_of_each_author(out.events.confirmations);
  std::erase_if(readers, [&](const TextEvent& confirmation) {
    return !sight.freezes.is_known_to(confirmation);
  });
  std::erase_if(out.disputed, [&](const TextChange* edit) {
    return std::ranges::any_of(
        readers, [&](const TextEvent& confirmation) { return confirmation.saw(edit->dot); });
  });
  std::ranges::sort(out.late);
  if (!out.hidden.empty())
    for (const TextEvent& edit : out.events.edits) out.below.merge(*edit.clock);
  return out;
}

std::vector<Dot> heads_of(const std::vector<TextEvent>& edits) {
  std::vector<Dot> out;
  for (const TextEvent& edit : edits) {
    std::erase_if(out, [&](const Dot& head) { return edit.saw(head); });
    out.push_back(edit.dot);
  }
  std::ranges::sort(out);
  return out;
}

/// Adds an edit to a text's history.
void add_edit(TextStory& story, const Told& told, const TextEdits& edits, bool stands) {
  const TextChange& change = *told.change;
  const std::vector<TextNodeIndex> parents = story.lines.heads_of(change.node.clock);
  const std::vector<TextNodeIndex> passed = story.lines.find(told.passed);
  const Result<TextNodeIndex> added = story.history.add(change.id, change.author, parents, edits,
                                                        {.stands = stands, .passed = passed});
  // Only many authors with all of their shares get to where there is no room.
  if (added.has_value()) story.lines.add(change.dot, change.node.clock, added.value());
}

TextStory tell(std::string_view name, const TextsAt::Sight& sight) {
  TextStory out;
  Judged judged = judge(name, sight);
  auto standing = judged.edited.begin();
  auto hidden = judged.hidden.begin();
  for (const Told* told : sight.of(name)) {
    const bool stands = standing != judged.edited.end() && *standing == told->change;
    const bool is_hidden = hidden != judged.hidden.end() && *hidden == told->change;
    if (stands) ++standing;
    if (is_hidden) ++hidden;
    // What nothing that stands was built on is in nobody's coordinates.
    if (stands || (is_hidden && judged.below.covers(told->change->dot)))
      add_edit(out, *told, write_of(*told, name).edits, stands);
  }
  out.heads = heads_of(judged.events.edits);
  out.late = std::move(judged.late);
  out.is_merged = !judged.disputed.empty() || has_unread_meeting(judged.events);
  return out;
}

std::string text_of(const TextStory& story) { return replay_text(story.history).text.str(); }

TextField derive(std::string name, const TextsAt& texts) {
  TextStory story = texts.tell(name);
  return {.name = std::move(name),
          .text = text_of(story),
          .heads = std::move(story.heads),
          .late = std::move(story.late),
          .is_merged = story.is_merged};
}

}  // namespace

TextsAt::TextsAt(std::unique_ptr<const Sight> sight) : sight_(std::move(sight)) {}
TextsAt::TextsAt(TextsAt&&) noexcept = default;
TextsAt& TextsAt::operator=(TextsAt&&) noexcept = default;
TextsAt::~TextsAt() = default;

std::vector<std::string_view> TextsAt::names() const {
  std::vector<std::string_view> out;
  for (const auto& [name, given] : sight_->reading.by_name)
    if (std::ranges::any_of(given, [&](const Told* told) { return sight_->has(*told); }))
      out.push_back(name);
  return out;
}

TextStory TextsAt::tell(std::string_view name) const { return cunju::tell(name, *sight_); }

std::vector<const TextChange*> TextsAt::sides(std::string_view name) const {
  const Judged judged = judge(name, *sight_);
  std::vector<const TextChange*> out;
  if (!judged.disputed.empty()) out = sight_->freezes.in_force();
  for (std::size_t side : find_unread_sides(judged.events)) out.push_back(judged.edited[side]);
  std::ranges::sort(out, {}, place_in_order);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<LateWrite> TextsAt::late(std::string_view name) const {
  const std::vector<Dot> late = judge(name, *sight_).late;
  std::vector<LateWrite> out;
  for (const Told* told : sight_->of(name)) {
    if (std::ranges::binary_search(late, told->change->dot) && !sight_->leaves_out(*told))
      out.push_back({.change = told->change, .edits = &write_of(*told, name).edits});
  }
  return out;
}

std::vector<ChangeId> TextsAt::left_out() const {
  std::vector<ChangeId> out;
  for (const Told& told : sight_->reading.order)
    if (sight_->has(told) && sight_->leaves_out(told)) out.push_back(told.change->id);
  std::ranges::sort(out);
  return out;
}

RecordTexts::RecordTexts(std::string_view registry, std::span<const TextChange> changes)
    : reading_(std::make_unique<const Reading>(registry, changes)) {}
RecordTexts::RecordTexts(RecordTexts&&) noexcept = default;
RecordTexts& RecordTexts::operator=(RecordTexts&&) noexcept = default;
RecordTexts::~RecordTexts() = default;

TextsAt RecordTexts::now() const {
  auto sight = std::make_unique<TextsAt::Sight>(*reading_, true);
  sight->finish();
  return TextsAt(std::move(sight));
}

Result<TextsAt> RecordTexts::at(const ShownVersion& version) const {
  auto sight = std::make_unique<TextsAt::Sight>(*reading_, version.heads.empty());
  for (const ChangeId& id : version.heads) {
    const auto found = reading_->by_id.find(id);
    if (found == reading_->by_id.end()) return fail(Errc::kNotFound, id.hex());
    sight->heads.push_back(id);
    sight->seen.merge(found->second->node.clock);
  }
  if (version.left_out != nullptr) sight->given = *version.left_out;
  sight->finish();
  return TextsAt(std::move(sight));
}

Result<VersionVector> clock_of(std::span<const TextChange> changes,
                               std::span<const ChangeId> heads) {
  VersionVector out;
  for (const ChangeId& id : heads) {
    const auto found = std::ranges::find(changes, id, &TextChange::id);
    if (found == changes.end()) return fail(Errc::kNotFound, id.hex());
    out.merge(found->node.clock);
  }
  return out;
}

void apply_text_write(TextField& field, const TextWrite& write, const Dot& dot) {
  if (write.edits_text) {
    TextBuffer buffer(field.text);
    apply_edits(buffer, write.edits);
    field.text = buffer.str();
  }
  if (write.confirms) field.is_merged = false;
  if (write.edits_text) field.heads = {dot};
}

TextStory tell_text(std::string_view name, std::string_view registry,
                    std::span<const TextChange> changes) {
  const RecordTexts texts(registry, changes);
  return texts.now().tell(name);
}

Result<TextStory> tell_text_at(std::string_view name, std::string_view registry,
                               std::span<const TextChange> changes, const ShownVersion& version) {
  const RecordTexts texts(registry, changes);
  CUNJU_TRY(const TextsAt at, texts.at(version));
  return at.tell(name);
}

void derive_texts(std::span<TextField> texts, std::string_view registry,
                  std::span<const TextChange> changes) {
  if (std::ranges::none_of(texts, &TextField::is_stale)) return;
  const RecordTexts record(registry, changes);
  const TextsAt now = record.now();
  for (TextField& text : texts) {
    if (text.is_stale) text = derive(std::move(text.name), now);
  }
}

DerivedTexts derive_all_texts(std::string_view registry, std::span<const TextChange> changes) {
  const RecordTexts record(registry, changes);
  const TextsAt now = record.now();
  DerivedTexts out;
  for (const auto& given : record.reading_->by_name) {
    const bool is_there = std::ranges::any_of(given.second, [&](const Told* told) {
      return told->counts && !told->change->is_left_out && write_of(*told, given.first).edits_text;
    });
    if (is_there) out.texts.push_back(derive(std::string(given.first), now));
  }
  out.loads = record.reading_->loads;
  return out;
}

TextOutlook foresee_text_edit(std::string_view registry, std::span<const TextChange> changes,
                              const VersionVector& ancestors, const TextPassed& passed) {
  const RecordTexts record(registry, changes);
  const PassedDots dots = record.reading_->places.read(passed, ancestors);
  FreezeRegister freezes;
  for (const Told* told : record.reading_->acts)
    freezes.add(act_of(*told, told->change->is_left_out));
  freezes.finish();
  return {
      .passed_load = record.reading_->passed_costs.of(dots),
      .is_vain = freezes.is_vain({.author = {}, .dot = {}, .clock = &ancestors, .passed = &dots})};
}

}  // namespace cunju
