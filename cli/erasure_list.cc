// SPDX-License-Identifier: Apache-2.0
#include "cli/erasure_list.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "cli/erasure_approvers.h"
#include "cli/erasure_items.h"
#include "cli/late_erasures.h"
#include "cli/may_contain.h"
#include "node/peers/peer_book.h"

namespace cunju::cli {
namespace {

using boost::json::array;
using boost::json::object;

/// What all of an erasure, or of a lift, is.
enum class Kind : std::uint8_t { kErasure, kRestriction, kLift };

struct Standing {
  Kind kind = Kind::kErasure;
  Fate fate = Fate::kNone;
  bool is_withdrawn = false;
  bool is_lifted = false;      ///< All that it did was to restrict, and it does not any more.
  bool is_empty_lift = false;  ///< What it lifts is erased, or is to be.
};

/// Each target once: what is to be erased, or was, is restricted no more.
struct Extent {
  std::set<ErasureTarget> to_erase, kept, lifted, taken_back;
  std::uint64_t here = 0, erased = 0;
};

Extent extent_of(const ErasureActs& acts, const KnownErasures& known) {
  Extent out;
  for (const replica::ErasureEntry& act : acts) {
    const auto& targets = act.said.targets;
    if (erases(act)) {
      auto& named = act.is_lifted ? out.taken_back : out.to_erase;
      named.insert(targets.begin(), targets.end());
      if (!act.is_lifted) out.here += act.here;
      if (!act.is_lifted) out.erased += act.erased;
    } else if (restricts(act) && act.is_lifted) {
      out.lifted.insert(targets.begin(), targets.end());
    }
  }
  out.kept = kept_by(acts, known);
  if (is_lift(acts)) out.lifted = lifted_by(acts, known);
  for (const ErasureTarget& target : out.to_erase) out.lifted.erase(target);
  return out;
}

Standing standing_of(const ErasureActs& acts, const Extent& extent) {
  Standing out{.fate = fate_of(acts), .is_withdrawn = is_withdrawn(acts)};
  if (is_lift(acts)) {
    out.kind = Kind::kLift;
    out.is_empty_lift = extent.lifted.empty();
  } else if (extent.to_erase.empty()) {
    out.kind = Kind::kRestriction;
    out.is_lifted = extent.kept.empty() && !extent.lifted.empty();
  }
  return out;
}

std::string_view state_id(const Standing& standing) {
  if (standing.is_withdrawn) return "withdrawn";
  if (standing.is_lifted) return "lifted";
  switch (standing.fate) {
    case Fate::kNone:
      return "late";
    case Fate::kHidden:
      return "waiting";
    case Fate::kConfirmed:
      return standing.kind == Kind::kLift ? "waiting" : "hidden";
    case Fate::kDestroyed:
      break;
  }
  return standing.kind == Kind::kLift          ? "lifted"
         : standing.kind == Kind::kRestriction ? "restricted"
                                               : "erased";
}

Label lift_label(const Standing& standing) {
  switch (standing.fate) {
    case Fate::kNone:
      return {"解除封存：不生效（提出人的权限已收回，在迟到箱）",
              "end of a restriction: without effect (its author's right was taken)"};
    case Fate::kHidden:
      return {"解除封存：等待批准，封存仍有效",
              "end of a restriction: waiting for approval, the restriction stands"};
    case Fate::kConfirmed:
      return {"解除封存：提出人或批准人的权限已收回，封存仍有效",
              "end of a restriction: whoever asked, or somebody among the approvers, has no right "
              "any more, so the restriction stands"};
    case Fate::kDestroyed:
      break;
  }
  if (standing.is_empty_lift)
    return {"解除封存：已批准，但所封存的内容已经销毁或正要销毁，没有什么恢复显示",
            "end of a restriction: approved, but what it restricted is erased, or is asked to be, "
            "so nothing is shown again"};
  return {"解除封存：已批准，内容恢复显示",
          "end of a restriction: approved, the content is shown again"};
}

/// Nothing but a restriction: no part of it goes.
Label restriction_label(Fate fate) {
  switch (fate) {
    case Fate::kNone:
      break;
    case Fate::kHidden:
      return {"只封存、不销毁：已隐藏，等待批准",
              "a restriction, nothing goes: hidden, waiting for approval"};
    case Fate::kConfirmed:
    case Fate::kDestroyed:
      return {"只封存、不销毁：已批准", "a restriction, nothing goes: approved"};
  }
  return {"不生效（提出人的权限已收回，在迟到箱）",
          "without effect (its author's right was taken; it is in the late tray)"};
}

Label state_label(const Standing& standing) {
  if (standing.is_withdrawn)
    return {"已撤回或不予批准：没有删除，内容恢复显示",
            "taken back or refused: nothing was erased, and it is shown again"};
  if (standing.is_lifted) return {"封存已解除", "it restricts nothing any more"};
  if (standing.kind == Kind::kLift) return lift_label(standing);
  if (standing.kind == Kind::kRestriction) return restriction_label(standing.fate);
  switch (standing.fate) {
    case Fate::kNone:
      return {"不生效（提出人的权限已收回，在迟到箱）",
              "without effect (its author's right was taken; it is in the late tray)"};
    case Fate::kHidden:
      return {"已隐藏，等待批准", "hidden, waiting for approval"};
    case Fate::kConfirmed:
      return {
          "已批准；但提出人或批准人的权限已收回，本机只隐藏、不销毁",
          "approved; but whoever asked, or somebody among the approvers, has no right any more, "
          "so this node hides it and destroys nothing"};
    case Fate::kDestroyed:
      return {"已批准，本机已销毁", "approved, and destroyed on this node"};
  }
  return {};
}

/// When this node met that one, or, where that is later, the newest claimed time of what its
/// owner's devices have signed; 0: neither.
Result<std::uint64_t> last_seen_of(node::Node& node, const SpaceId& space, const Roster& roster,
                                   const AddNode& entry) {
  CUNJU_TRY(const peers::PeerHints met, node.peer_book().find(entry.wire));
  std::uint64_t out = met.met_ms;
  for (const auto& [device, owner] : roster.devices) {
    if (owner != entry.member) continue;
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
    if (!erases(act) || act.is_lifted) continue;
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
      CUNJU_TRY(const std::uint64_t seen, last_seen_of(node, space, roster, entry));
      const std::string when = seen == 0 ? "—" : local_time(seen);
      terminal.say({"  未确认 " + name + "  最近一次交换，或见到其主人的签名：" + when,
                    "  not yet: " + name + "  last met, or last signature of its owner: " + when});
      line["confirmed_ms"] = nullptr;
      line["last_seen_ms"] = nullptr;
      if (seen > 0) line["last_seen_ms"] = seen;
    }
    out.push_back(std::move(line));
  }
  return out;
}

/// What an act does, by itself.
std::string_view effect_id(const replica::ErasureEntry& act, const ErasureActs& acts) {
  if (takes_back(act, acts)) return "withdraw";
  if (erases(act)) return "erase";
  return restricts(act) ? "restrict" : "lift";
}

Label effect_label(std::string_view id) {
  if (id == "withdraw") return {"撤回或不予批准", "taken back or refused"};
  if (id == "erase") return {"销毁", "erase"};
  return id == "restrict" ? Label{"封存", "restrict"} : Label{"解除封存", "lift"};
}

/// Why each act was filed, and by whom: a later one has grounds of its own.
array say_grounds(Terminal& terminal, const Roster& roster, const ErasureActs& acts) {
  array out;
  std::set<std::string> said;
  for (const replica::ErasureEntry& act : acts) {
    const std::string_view effect = effect_id(act, acts);
    const Label does = effect_label(effect);
    const std::string author = author_name(roster, act.author);
    const std::string when = local_time(act.claimed_ms);
    const std::string reason = visible(act.said.reason, false);
    const std::string basis = visible(act.said.basis, false);
    const std::string asked_by = visible(act.said.asked_by, false);
    if (said.insert(std::string(effect) + "\n" + author + "\n" + reason + "\n" + basis + "\n" +
                    asked_by)
            .second)
      terminal.say({"  " + does.zh + "  提出：" + author + "  自称 " + when + "  理由：" + reason +
                        "  依据：" + basis + "  要求方：" + asked_by,
                    "  " + std::string(does.in(Language::kEnglish)) + "  by " + author +
                        "  claims " + when + "  reason: " + reason + "  basis: " + basis +
                        "  asked by: " + asked_by});
    out.push_back(object{{"act", act.act.hex()},
                         {"effect", effect},
                         {"author", act.author.hex()},
                         {"claimed_ms", act.claimed_ms},
                         {"reason", act.said.reason},
                         {"basis", act.said.basis},
                         {"asked_by", act.said.asked_by},
                         {"parts", act.said.targets.size()},
                         {"lifted", act.is_lifted}});
  }
  return out;
}

void say_extent(Terminal& terminal, const Extent& extent, bool lifts) {
  const auto say = [&](const std::set<ErasureTarget>& targets, const Label& words) {
    if (targets.empty()) return;
    const std::string count = std::to_string(targets.size());
    terminal.say({"  " + count + " 处" + words.zh, "  " + count + " parts " + words.en});
  };
  say(extent.to_erase, {"要销毁，或已销毁", "go, or are gone"});
  say(extent.kept, {"只封存、不销毁：内容还在，任何人都看不到",
                    "are restricted and not destroyed: stored, and shown to nobody"});
  if (lifts) {
    say(extent.lifted, {"恢复显示（批准以后）", "are shown again, once it is approved"});
  } else {
    say(extent.lifted, {"曾封存，已解除", "were restricted, and are not any more"});
  }
  say(extent.taken_back, {"曾要销毁，已撤回", "were to go, and it was taken back"});
}

/// The records behind it, as far as they can be read here.
void show_items(Invocation& call, const KnownErasures& known, const Extent& extent, bool lifts,
                object& out) {
  array items;
  std::size_t unseen = 0;
  const auto show = [&](const std::set<ErasureTarget>& targets, ItemFate fate) {
    const council::ErasureContents contents = known.contents_of(targets);
    say_items(call, *known.catalog, contents, fate, items);
    unseen += unseen_of(contents);
  };
  show(extent.to_erase, ItemFate::kErased);
  show(extent.kept, ItemFate::kRestricted);
  if (lifts) show(extent.lifted, ItemFate::kShownAgain);
  out["unreadable"] = unseen;
  out["records"] = std::move(items);
  if (extent.erased > 0) return;
  // What is approved is read by nobody, though it may be on this computer yet.
  std::set<ErasureTarget> approved = approved_in(known);
  std::erase_if(approved,
                [&](const ErasureTarget& each) { return !extent.to_erase.contains(each); });
  const std::size_t closed = std::min(unseen, unseen_of(known.contents_of(approved)));
  if (closed > 0) {
    const std::string count = std::to_string(closed);
    call.terminal.say({"  其中 " + count + " 处已批准，不再给任何人看，这台电脑上还没有销毁",
                       "  " + count +
                           " of the parts are approved and shown to nobody any more; they are not "
                           "destroyed on this computer yet"});
  }
  say_unseen(call, unseen - closed);
}

/// The registers that it is about; none where a part says of no register that it is its own, since
/// it may be any.
std::set<std::string> registries_of(const KnownErasures& known, const Extent& extent) {
  std::set<std::string> out;
  for (const auto* targets : {&extent.to_erase, &extent.kept}) {
    const council::ErasureContents contents = known.contents_of(*targets);
    if (contents.unseen > 0) return {};
    for (const council::ErasedRecord& record : contents.records) out.insert(record.registry);
  }
  return out;
}

}  // namespace

Result<void> show_erasure(Invocation& call, node::Node& node, const KnownErasures& known,
                          const RecordId& erasure) {
  Terminal& terminal = call.terminal;
  const ErasureActs& acts = known.all.at(erasure);
  const Roster& roster = *known.roster;
  const replica::ErasureEntry& first = acts.front();
  const Extent extent = extent_of(acts, known);
  const Standing standing = standing_of(acts, extent);
  const bool lifts = standing.kind == Kind::kLift;
  const std::vector<MemberId> members = approvers_of(acts);
  const std::size_t needed = members_needed(roster);
  const Label label = state_label(standing);
  terminal.say({short_id(erasure.hex()) + "  " + label.zh,
                short_id(erasure.hex()) + "  " + std::string(label.in(Language::kEnglish))});
  say_extent(terminal, extent, lifts);
  object out{{"space", known.space.hex()},
             {"erasure", erasure.hex()},
             {"state", state_id(standing)},
             {"author", first.author.hex()},
             {"claimed_ms", first.claimed_ms},
             {"reason", first.said.reason},
             {"basis", first.said.basis},
             {"asked_by", first.said.asked_by},
             {"parts", extent.to_erase.size()},
             {"restricted", extent.kept.size()},
             {"lifted", extent.lifted.size()},
             {"withdrawn", extent.taken_back.size()},
             {"present", extent.here},
             {"erased", extent.erased},
             {"needed", needed}};
  if (!standing.is_withdrawn) show_items(call, known, extent, lifts, out);
  out["acts"] = say_grounds(terminal, roster, acts);
  say_late_voices(call, known, erasure, out);
  if (!standing.is_withdrawn) show_approvers(call, node, roster, members, needed, out);
  array approved;
  for (const MemberId& member : members) approved.emplace_back(member.hex());
  out["approvers"] = std::move(approved);
  if (lifts) {
    array named;
    for (const ChangeId& act : first.said.lifted) named.emplace_back(act.hex());
    out["lifts"] = std::move(named);
  } else if (!standing.is_withdrawn) {
    if (standing.fate >= Fate::kConfirmed && !extent.to_erase.empty()) {
      CUNJU_TRY(out["nodes"], show_nodes(call, node, known.space, roster, acts));
    }
    CUNJU_TRY(out["may_contain"], show_may_contain(call, node, known.space, first.claimed_ms,
                                                   registries_of(known, extent)));
  }
  terminal.object(out);
  return ok();
}

}  // namespace cunju::cli
