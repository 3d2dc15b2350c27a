// SPDX-License-Identifier: Apache-2.0
#include "cli/meeting.h"

#include <algorithm>
#include <charconv>

#include "node/council/minutes.h"

namespace cunju::cli {

const RecordState& Meeting::state() const { return *view.find(council::kMinutesRegistry); }

registry::VersionedRecord Meeting::told_from() const {
  return {.registry = council::kMinutesRegistry, .changes = changes, .now = view};
}

const registry::Definition* Meeting::definition() const {
  return found.book.catalog->find(council::kMinutesRegistry);
}

Result<Meeting> open_meeting(node::Node& node, const Invocation& call, std::string_view id) {
  CUNJU_TRY(FoundRecord found, find_record(node, call, council::kMinutesRegistry, id));
  Meeting out{.found = std::move(found), .view = {}, .changes = {}, .items = {}};
  const SpaceId& space = out.found.book.space;
  CUNJU_TRY(std::optional<RecordView> view, node.replica().view(space, out.found.row.id));
  if (!view || view->find(council::kMinutesRegistry) == nullptr)
    return fail(Errc::kNotFound, std::string(id));
  out.view = std::move(*view);
  out.items = council::item_names(out.state());
  return out;
}

/// After the view: a version that is shown must not name what was not read.
Result<void> read_history(node::Node& node, Meeting& meeting) {
  CUNJU_TRY(meeting.changes,
            node.replica().text_changes(meeting.found.book.space, meeting.found.row.id));
  return ok();
}

Result<std::vector<std::string>> chosen_items(const Invocation& call,
                                              std::span<const std::string> items, bool all) {
  const std::optional<std::string> text = call.value("--item");
  if (!text) {
    if (all || items.size() == 1) return std::vector<std::string>(items.begin(), items.end());
    const std::string last = std::to_string(items.size());
    return refused(call, Errc::kInvalidArgument,
                   {"请用 --item 写明第几个议题（1 到 " + last + "），或 --item new 新增",
                    "say which item with --item (1 to " + last + "), or --item new"});
  }
  std::size_t number = 0;
  auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (code != std::errc() || end != text->data() + text->size() || number == 0) {
    return refused(call, Errc::kInvalidArgument,
                   {"--item 后面写第几个议题，不能是：" + *text,
                    "--item takes an item's number, not " + *text});
  }
  if (number > items.size()) {
    return refused(call, Errc::kNotFound,
                   {"第 " + *text + " 个议题；一共 " + std::to_string(items.size()) + " 个",
                    "item " + *text + "; there are " + std::to_string(items.size())});
  }
  return std::vector<std::string>{items[number - 1]};
}

std::string item_heading(std::span<const std::string> items, const std::string& item,
                         Language language) {
  const auto at = std::ranges::find(items, item) - items.begin();
  const std::string number = std::to_string(at + 1);
  return Label{"议题 " + number, "Item " + number}.in(language);
}

}  // namespace cunju::cli
