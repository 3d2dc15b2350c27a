// SPDX-License-Identifier: Apache-2.0
#include "tests/support/shown.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

namespace cunju::test {
namespace {

/// The whole of a state that people read, but for marks that wait for them.
struct Page {
  std::vector<std::tuple<std::string, FieldKind, std::vector<Value>>> fields;
  std::vector<std::pair<std::string, std::string>> texts;
  bool is_deleted = false;

  friend bool operator==(const Page&, const Page&) = default;
};

Page page_of(const RecordState& state, bool with_texts) {
  Page out{.fields = {}, .texts = {}, .is_deleted = state.is_deleted()};
  for (const Field& field : state.fields()) {
    std::vector<Value> values;
    for (const Entry& entry : field.entries) values.push_back(entry.value);
    std::ranges::sort(values);
    out.fields.emplace_back(field.name, field.kind, std::move(values));
  }
  if (!with_texts) return out;
  for (const TextField& text : state.texts()) out.texts.emplace_back(text.name, text.text);
  return out;
}

std::string words_of(const Page& page) {
  std::string out = page.is_deleted ? "[deleted]" : "";
  for (const auto& [name, kind, values] : page.fields)
    out += "[" + name + ": " + std::to_string(values.size()) + " values]";
  for (const auto& [name, text] : page.texts) out += "[" + name + ": " + text + "]";
  return out;
}

/// Puts the words of a part into texts that were not final.
void type(std::vector<std::pair<std::string, std::string>>& texts,
          std::span<const Operation> operations) {
  for (const auto& [name, write] : read_text_writes(operations).by_name) {
    if (!write.edits_text) continue;
    auto at =
        std::ranges::lower_bound(texts, name, {}, [](const auto& text) { return text.first; });
    if (at == texts.end() || at->first != name) at = texts.insert(at, {name, ""});
    TextField field{.name = name, .text = at->second, .heads = {}, .late = {}};
    apply_text_write(field, write, {});
    at->second = field.text;
  }
}

}  // namespace

ShownBefore::ShownBefore(replica::Replica& replica, const SpaceId& space,
                         std::span<const replica::ChangeDraft> drafts)
    : space_(space), drafts_(drafts) {
  for (const replica::ChangeDraft& draft : drafts) {
    for (const replica::PartDraft& part : draft.parts) {
      const auto view = replica.view(space, part.record, part.scope);
      if (view.has_value() && view.value())
        before_[{part.record, part.scope, part.registry}] = *view.value();
    }
  }
}

std::string ShownBefore::find_difference(replica::Replica& replica,
                                         const replica::Appended& saved) const {
  for (const auto& [place, before] : before_) {
    const auto& [record, scope, registry] = place;
    const auto after = replica.view(space_, record, scope);
    if (after.has_error() || !after.value()) return "no view of " + record.hex();
    const RecordView& now = *after.value();
    RecordView expected = before;
    // A liar's claim on another registry has texts of its own.
    const RecordState* state = before.find(registry);
    Page words;
    if (state != nullptr) words.texts = page_of(*state, true).texts;
    bool is_final = state != nullptr && state->is_frozen(), is_late = false;
    for (std::size_t i = 0; i < drafts_.size() && i < saved.ids.size(); ++i) {
      for (const replica::PartDraft& part : drafts_[i].parts) {
        if (std::tie(part.record, part.scope, part.registry) != std::tie(record, scope, registry))
          continue;
        const ChangeId& id = saved.ids[i];
        is_late = is_late || std::ranges::find(now.left_out, id, &Head::id) != now.left_out.end();
        // It has seen all that is shown.
        const Dot dot{.author = AuthorKey{id.value}, .seq = Seq{i}};
        GraphNode node{.clock = expected.clock, .depth = expected.max_depth + 1};
        node.clock.raise(dot);
        if (!is_final) type(words.texts, part.operations);
        expected.apply({.id = id,
                        .dot = dot,
                        .node = node,
                        .registry = registry,
                        .operations = part.operations});
        const RecordState* then = expected.find(registry);
        is_final = is_final || (then != nullptr && then->is_frozen());
      }
    }
    // The author's own key may be forked: what it signs is left out, and it is told so elsewhere.
    const RecordState* shown = now.find(registry);
    const RecordState* wanted = expected.find(registry);
    if (is_late || shown == nullptr || wanted == nullptr) continue;
    Page expected_page = page_of(*wanted, false);
    if (!is_final) expected_page.texts = words.texts;
    const Page page = page_of(*shown, !is_final);
    if (page != expected_page)
      return "record " + record.hex() + " shows " + words_of(page) + " in place of " +
             words_of(expected_page);
  }
  return "";
}

}  // namespace cunju::test
