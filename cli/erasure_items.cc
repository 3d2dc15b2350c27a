// SPDX-License-Identifier: Apache-2.0
#include "cli/erasure_items.h"

#include <boost/json/object.hpp>

#include "cli/record_lookup.h"

namespace cunju::cli {
namespace {

Label becomes(ItemFate fate) {
  switch (fate) {
    case ItemFate::kErased:
      return {"销毁", "to go"};
    case ItemFate::kRestricted:
      return {"封存", "kept, restricted"};
    case ItemFate::kShownAgain:
      return {"恢复显示", "shown again"};
    case ItemFate::kStaysHidden:
      return {"仍然隐藏", "stays hidden"};
  }
  return {};
}

}  // namespace

std::string_view item_fate_id(ItemFate fate) {
  switch (fate) {
    case ItemFate::kErased:
      return "erase";
    case ItemFate::kRestricted:
      return "restrict";
    case ItemFate::kShownAgain:
      return "show";
    case ItemFate::kStaysHidden:
      return "hidden";
  }
  return {};
}

void say_replaced_rule(const Invocation& call, const registry::RetentionVerdict& verdict) {
  if (verdict.before.empty()) return;
  call.terminal.warn({"  从前的定义要求保管这一条，现在的定义改短了：" + verdict.before.zh +
                          "。请先核对是不是有意改的。",
                      "  A definition that was replaced would keep this one: " + verdict.before.en +
                          ". Check first that it was shortened on purpose."});
}

boost::json::value replaced_rule_json(const registry::RetentionVerdict& verdict) {
  if (verdict.before.empty()) return nullptr;
  return boost::json::value(verdict.before.in(Language::kEnglish));
}

void say_items(const Invocation& call, const registry::Catalog& catalog,
               const council::ErasureContents& contents, ItemFate fate, boost::json::array& out) {
  for (const council::ErasedRecord& record : contents.records) {
    const registry::Definition* definition = catalog.find(record.registry);
    const std::string name = definition == nullptr
                                 ? record.registry
                                 : std::string(call.terminal.in_language(definition->label));
    const std::string title = record.title.empty() ? "" : " " + visible(record.title, false);
    const std::string count = std::to_string(record.parts);
    const Label what = becomes(fate);
    // What went has no content any more by which it could be judged.
    const bool is_judged = record.readable > 0;
    const registry::RetentionVerdict& verdict = record.retention;
    call.terminal.say({"  " + what.zh + "：“" + name + "”" + title + " " + record.record.hex() +
                           "，" + count + " 处。" + (is_judged ? verdict.why.zh : ""),
                       "  " + std::string(what.in(Language::kEnglish)) + ": " + name + title + " " +
                           record.record.hex() + ", " + count + " parts; " +
                           (is_judged ? verdict.why.en : "")});
    const bool is_named = fate == ItemFate::kErased || fate == ItemFate::kRestricted;
    if (is_named && record.staying > 0) {
      const std::string staying = std::to_string(record.staying);
      call.terminal.say({"  这一条另有 " + staying + " 处不在其中，不受影响，留着。",
                         "  " + staying + " more parts of this record are not named, and stay."});
    }
    const bool is_against = fate == ItemFate::kErased && is_judged && verdict.is_kept;
    if (is_against)
      call.terminal.warn(
          {"  这一条还在保管期限内，销毁它是越过期限（--against-retention）：请先核对依据。",
           "  A rule still keeps this one, and to destroy it goes against that "
           "(--against-retention): check the ground first."});
    if (fate == ItemFate::kErased && is_judged) say_replaced_rule(call, verdict);
    boost::json::object item{{"registry", record.registry},
                             {"record", record.record.hex()},
                             {"title", record.title},
                             {"outcome", item_fate_id(fate)},
                             {"parts", record.parts},
                             {"staying", record.staying},
                             {"kept", nullptr},
                             {"why", nullptr},
                             {"until", nullptr},
                             {"replaced_rule", nullptr},
                             {"against_retention", is_against}};
    if (is_judged) {
      item["kept"] = verdict.is_kept;
      item["why"] = verdict.why.in(Language::kEnglish);
      item["replaced_rule"] = replaced_rule_json(verdict);
      if (verdict.until) item["until"] = registry::format_date(*verdict.until);
    }
    out.push_back(std::move(item));
  }
}

std::size_t unseen_of(const council::ErasureContents& contents) {
  std::size_t out = contents.unseen;
  for (const council::ErasedRecord& record : contents.records)
    out += record.parts - record.readable;
  return out;
}

void say_unseen(const Invocation& call, std::size_t unseen) {
  if (unseen == 0) return;
  const std::string count = std::to_string(unseen);
  call.terminal.warn(
      {"  其中 " + count +
           " 处内容在这台电脑上看不到（保密，或不在这里），期限无法核对：请看得到的人核对后再批准"
           "。",
       "  " + count +
           " of the parts can't be read here (confidential, or not on this computer), and no rule "
           "can be checked for them: let somebody who reads them do so before you approve."});
}

}  // namespace cunju::cli
