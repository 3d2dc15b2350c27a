// SPDX-License-Identifier: Apache-2.0
#include "cli/erasure_list.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "cli/disclosure_list.h"
#include "node/council/roster_acts.h"
#include "node/peers/bundle_book.h"

namespace cunju::cli {
namespace {

using boost::json::array;
using boost::json::object;

bool restricts(const replica::ErasureEntry& act) {
  return act.said.effect == ErasureEffect::kRestrict;
}

/// A lift has a record of its own.
bool lifts(const ErasureActs& acts) { return acts.front().said.effect == ErasureEffect::kLift; }

/// Exports and letters that a person is shown; a program gets all.
constexpr std::size_t kShownOutgoing = 20;

std::string_view fate_id(Fate fate, bool is_lift) {
  if (is_lift && fate == Fate::kDestroyed) return "lifted";
  if (is_lift && fate != Fate::kNone) return "waiting";
  switch (fate) {
    case Fate::kNone:
      return "late";
    case Fate::kHidden:
      return "waiting";
    case Fate::kConfirmed:
      return "hidden";
    case Fate::kDestroyed:
      return "erased";
  }
  return {};
}

Label lift_label(Fate fate) {
  switch (fate) {
    case Fate::kNone:
      return {"解除封存：不生效（提出人的权限已收回，在迟到箱）",
              "end of a restriction: without effect (its author's right was taken)"};
    case Fate::kHidden:
      return {"解除封存：等待批准，封存仍有效",
              "end of a restriction: waiting for approval, the restriction stands"};
    case Fate::kConfirmed:
      return {"解除封存：批准人中有已被撤下的，封存仍有效",
              "end of a restriction: somebody among the approvers had been removed, so the "
              "restriction stands"};
    case Fate::kDestroyed:
      return {"解除封存：已批准，内容恢复显示",
              "end of a restriction: approved, the content is shown again"};
  }
  return {};
}

Label fate_label(Fate fate, bool is_lift) {
  if (is_lift) return lift_label(fate);
  switch (fate) {
    case Fate::kNone:
      return {"不生效（提出人的权限已收回，在迟到箱）",
              "without effect (its author's right was taken; it is in the late tray)"};
    case Fate::kHidden:
      return {"已隐藏，等待批准", "hidden, waiting for approval"};
    case Fate::kConfirmed:
      return {"已批准；但批准人中有已被撤下的，本机只隐藏、不销毁",
              "approved; but somebody among the approvers had been removed, so this node hides it "
              "and destroys nothing"};
    case Fate::kDestroyed:
      return {"已批准，本机已销毁", "approved, and destroyed on this node"};
  }
  return {};
}

/// The newest claimed time of what the member's devices have signed; 0: nothing is here.
Result<std::uint64_t> last_sign_of(node::Node& node, const SpaceId& space, const Roster& roster,
                                   const MemberId& member) {
  std::uint64_t out = 0;
  for (const auto& [device, owner] : roster.devices) {
    if (owner != member) continue;
    CUNJU_TRY(const Cut end, node.replica().cut_of(space, device, std::nullopt));
    if (end.end == 0) continue;
    CUNJU_TRYV(node.replica().scan_log(space, device, Seq{end.end - 1}, [&](const Change& change) {
      out = std::max(out, change.header.claimed_ms);
      return true;
    }));
  }
  return out;
}

/// When the node had said of all acts that it destroyed them; none: of some it has not.
std::optional<std::uint64_t> confirmed_at(const ErasureActs& acts, const NodeKey& node) {
  std::uint64_t out = 0;
  for (const replica::ErasureEntry& act : acts) {
    if (restricts(act)) continue;
    auto receipt = std::ranges::find(act.receipts, node, &replica::HeardReceipt::node);
    if (receipt == act.receipts.end()) return std::nullopt;
    out = std::max(out, receipt->claimed_ms);
  }
  return out;
}

/// When the node had said that it has let go everything but the roster and statements, which no
/// erasure names. From then on it hears of no erasure, and gives no other receipt. None: it has
/// not.
std::optional<std::uint64_t> let_go_at(const std::map<NodeKey, replica::NodeScope>& scopes,
                                       const NodeKey& node) {
  const auto scope = scopes.find(node);
  if (scope == scopes.end() || scope->second.replication != Replication::kWitness ||
      !scope->second.is_confirmed)
    return std::nullopt;
  return scope->second.confirmed_ms;
}

Result<array> show_nodes(Invocation& call, node::Node& node, const SpaceId& space,
                         const Roster& roster, const ErasureActs& acts) {
  Terminal& terminal = call.terminal;
  array out;
  CUNJU_TRY(const auto scopes, node.replica().node_scopes(space));
  for (const auto& [key, entry] : roster.nodes) {
    const std::string name =
        short_id(key.hex()) + " " + entry.name + "（" + member_name(roster, entry.member) + "）";
    object line{{"node", key.hex()}, {"name", entry.name}};
    if (const std::optional<std::uint64_t> at = confirmed_at(acts, key)) {
      terminal.say({"  已确认 " + name + "  自称 " + local_time(*at),
                    "  confirmed: " + name + "  claims " + local_time(*at)});
      line["confirmed_ms"] = *at;
    } else if (const std::optional<std::uint64_t> gone = let_go_at(scopes, key)) {
      terminal.say(
          {"  不必等 " + name + "：已回执，除名册和见证外什么也不保存  自称 " + local_time(*gone),
           "  not waited for: " + name +
               " has given its receipt that it holds nothing but the roster and statements; "
               "claims " +
               local_time(*gone)});
      line["confirmed_ms"] = nullptr;
      line["let_go_ms"] = *gone;
    } else {
      CUNJU_TRY(const std::uint64_t seen, last_sign_of(node, space, roster, entry.member));
      const std::string when = seen == 0 ? "—" : local_time(seen);
      terminal.say({"  未确认 " + name + "  最近一次见到其主人的签名：" + when,
                    "  not yet: " + name + "  last signature of its owner: " + when});
      line["confirmed_ms"] = nullptr;
      line["last_seen_ms"] = seen;
    }
    out.push_back(std::move(line));
  }
  return out;
}

/// How many parts its acts name, and what is left of them here.
struct Extent {
  std::uint64_t parts = 0, here = 0, erased = 0, restricted = 0, lifted = 0;
  /// All that it did was to restrict, and it does not any more.
  bool is_lifted() const { return lifted > 0 && restricted == 0 && parts == 0; }
};

Extent extent_of(const ErasureActs& acts) {
  Extent out;
  for (const replica::ErasureEntry& act : acts) {
    if (restricts(act)) {
      (act.is_lifted ? out.lifted : out.restricted) += act.said.targets.size();
      continue;
    }
    out.parts += act.said.targets.size();
    out.here += act.here;
    out.erased += act.erased;
  }
  return out;
}

/// Who approves of all acts.
std::vector<MemberId> approvers_of(const ErasureActs& acts) {
  std::set<MemberId> out = acts.front().approvers;
  for (const replica::ErasureEntry& act : acts)
    std::erase_if(out, [&](const MemberId& one) { return !act.approvers.contains(one); });
  return {out.begin(), out.end()};
}

const Label kLiftedLabel{"封存已解除", "it restricts nothing any more"};

void say_extent(Terminal& terminal, const Roster& roster, const RecordId& erasure,
                const replica::ErasureEntry& first, const Extent& extent, const Label& label) {
  const std::string all = std::to_string(extent.parts);
  terminal.say(
      {short_id(erasure.hex()) + "  " + label.zh, short_id(erasure.hex()) + "  " + label.en});
  terminal.say({"  提出：" + author_name(roster, first.author) + "  自称 " +
                    local_time(first.claimed_ms) + "  共 " + all + " 处",
                "  by " + author_name(roster, first.author) + "  claims " +
                    local_time(first.claimed_ms) + "  " + all + " parts"});
  if (extent.restricted > 0) {
    const std::string kept = std::to_string(extent.restricted);
    terminal.say({"  另有 " + kept + " 处只封存、不销毁：内容还在，任何人都看不到",
                  "  " + kept +
                      " more parts are restricted and not destroyed: stored, and shown to nobody"});
  }
  if (extent.lifted > 0) {
    const std::string shown = std::to_string(extent.lifted);
    terminal.say({"  另有 " + shown + " 处曾封存，已解除",
                  "  " + shown + " more parts were restricted, and are not any more"});
  }
}

}  // namespace

std::map<RecordId, ErasureActs> group_acts(std::vector<replica::ErasureEntry> acts) {
  std::map<RecordId, ErasureActs> out;
  for (replica::ErasureEntry& act : acts) {
    const RecordId erasure = act.erasure;
    out[erasure].push_back(std::move(act));
  }
  return out;
}

Fate fate_of(const ErasureActs& acts) {
  Fate out = Fate::kDestroyed;
  for (const replica::ErasureEntry& act : acts) out = std::min(out, act.fate);
  return out;
}

Result<RecordId> require_erasure(const Invocation& call, const std::map<RecordId, ErasureActs>& all,
                                 const std::string& prefix) {
  const std::string fewest = std::to_string(council::kFewestDigits);
  if (prefix.size() < council::kFewestDigits)
    return refused(call, Errc::kInvalidArgument,
                   {"编号至少写开头 " + fewest + " 位：" + prefix,
                    "the first " + fewest + " digits of an id, or more: " + prefix});
  std::vector<RecordId> found;
  for (const auto& [erasure, acts] : all)
    if (erasure.hex().starts_with(prefix)) found.push_back(erasure);
  if (found.empty())
    return refused(call, Errc::kNotFound,
                   {"没有这一项删除：" + prefix, "no such erasure: " + prefix});
  if (found.size() > 1)
    return refused(call, Errc::kConflict,
                   {"有几项删除都以 " + prefix + " 开头，请多写几位",
                    "several erasures begin with " + prefix + ", write more of it"});
  return found.front();
}

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

Result<void> show_erasure(Invocation& call, node::Node& node, const SpaceId& space,
                          const Roster& roster, const RecordId& erasure, const ErasureActs& acts) {
  Terminal& terminal = call.terminal;
  const replica::ErasureEntry& first = acts.front();
  const Fate fate = fate_of(acts);
  const bool is_lift = lifts(acts);
  const Extent extent = extent_of(acts);
  const std::vector<MemberId> members = approvers_of(acts);
  const std::string count = std::to_string(members.size());
  const std::string needed = std::to_string(members_needed(roster));
  const Label names = names_of(roster, members);
  say_extent(terminal, roster, erasure, first, extent,
             extent.is_lifted() ? kLiftedLabel : fate_label(fate, is_lift));
  terminal.say({"  理由：" + first.said.reason + "  依据：" + first.said.basis + "  要求方：" +
                    first.said.asked_by,
                "  reason: " + first.said.reason + "  basis: " + first.said.basis +
                    "  asked by: " + first.said.asked_by});
  terminal.say({"  批准 " + count + " / " + needed + "：" + names.zh,
                "  approved by " + count + " of " + needed + ": " + names.en});
  object out{{"space", space.hex()},
             {"erasure", erasure.hex()},
             {"state", extent.is_lifted() ? "lifted" : fate_id(fate, is_lift)},
             {"author", first.author.hex()},
             {"claimed_ms", first.claimed_ms},
             {"reason", first.said.reason},
             {"basis", first.said.basis},
             {"asked_by", first.said.asked_by},
             {"parts", extent.parts},
             {"restricted", extent.restricted},
             {"lifted", extent.lifted},
             {"present", extent.here},
             {"erased", extent.erased},
             {"needed", members_needed(roster)}};
  array approved;
  for (const MemberId& member : members) approved.emplace_back(member.hex());
  out["approvers"] = std::move(approved);
  if (is_lift) {
    array named;
    for (const ChangeId& act : first.said.lifted) named.emplace_back(act.hex());
    out["lifts"] = std::move(named);
    terminal.object(out);
    return ok();
  }
  if (fate >= Fate::kConfirmed && extent.parts > 0) {
    CUNJU_TRY(out["nodes"], show_nodes(call, node, space, roster, acts));
  }
  CUNJU_TRY(out["may_contain"], show_may_contain(call, node, space, first.claimed_ms, {}));
  terminal.object(out);
  return ok();
}

}  // namespace cunju::cli
