// SPDX-License-Identifier: Apache-2.0
#include "cli/may_contain.h"

#include <algorithm>
#include <boost/json/object.hpp>

#include "cli/disclosure_list.h"
#include "node/peers/bundle_book.h"

namespace cunju::cli {
namespace {

using boost::json::array;
using boost::json::object;

/// Exports and letters that a person is shown; a program gets all.
constexpr std::size_t kShownOutgoing = 20;

}  // namespace

Result<array> show_may_contain(Invocation& call, node::Node& node, const SpaceId& space,
                               std::uint64_t until_ms, const std::set<std::string>& registries) {
  array out;
  CUNJU_TRY(std::vector<peers::Outgoing> all, node.bundle_book().outgoing());
  CUNJU_TRY(std::vector<BookedCopy> booked, read_copies(node, space));
  std::ranges::reverse(all);
  for (const peers::Outgoing& each : all) {
    auto of_space = each.registries.find(space);
    if (each.at_ms > until_ms || of_space == each.registries.end()) continue;
    const bool is_concerned =
        registries.empty() || std::ranges::any_of(of_space->second, [&](const std::string& one) {
          return registries.contains(one);
        });
    if (!is_concerned) continue;
    const bool is_export = each.kind == peers::OutgoingKind::kExport;
    const auto disclosure = each.disclosures.find(space);
    std::string for_whom;
    if (disclosure != each.disclosures.end()) {
      const auto copy = std::ranges::find(booked, disclosure->second, &BookedCopy::id);
      // What came back, or was destroyed there, holds nothing any more.
      if (copy != booked.end() && !copy->is_out) continue;
      if (copy != booked.end()) for_whom = copy->recipient(call.terminal.language);
    }
    if (out.empty())
      call.terminal.say({"本机以前写出、可能还含有这些内容的（请收回或销毁）：",
                         "Written by this node before, and may still contain it (get them back, or "
                         "destroy them):"});
    if (out.size() < kShownOutgoing)
      call.terminal.say(
          {"  " + local_time(each.at_ms) + (is_export ? "  导出到 " : "  U 盘信件，给 ") + each.to +
               (for_whom.empty() ? "" : "，接收方：" + for_whom),
           "  " + local_time(each.at_ms) + (is_export ? "  export to " : "  letter to ") + each.to +
               (for_whom.empty() ? "" : ", for " + for_whom)});
    array names;
    for (const std::string& registry : of_space->second) names.emplace_back(registry);
    out.push_back(object{{"at_ms", each.at_ms},
                         {"kind", is_export ? "export" : "letter"},
                         {"to", each.to},
                         {"registries", std::move(names)}});
    if (disclosure != each.disclosures.end())
      out.back().as_object()["disclosure"] = disclosure->second.hex();
  }
  std::set<RecordId> known;
  for (const peers::Outgoing& each : all)
    if (const auto of_space = each.disclosures.find(space); of_space != each.disclosures.end())
      known.insert(of_space->second);
  std::erase_if(booked, [&](const BookedCopy& copy) {
    return known.contains(copy.id) || !copy.is_out || copy.claimed_ms > until_ms ||
           !copy.concerns(registries);
  });
  show_copies(call, booked, out);
  if (out.size() > kShownOutgoing) {
    const std::string more = std::to_string(out.size() - kShownOutgoing);
    call.terminal.say({"  另有 " + more + " 份更早的", "  and " + more + " earlier ones"});
  }
  return out;
}

}  // namespace cunju::cli
