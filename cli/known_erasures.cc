// SPDX-License-Identifier: Apache-2.0
#include "cli/known_erasures.h"

#include <algorithm>
#include <span>
#include <utility>

#include "cli/record_lookup.h"
#include "node/council/roster_acts.h"

namespace cunju::cli {
namespace {

bool is_in_force(const replica::ErasureEntry& act) {
  return act.fate != Fate::kNone && !act.is_lifted;
}

using ErasurePlaces = std::vector<std::pair<SpaceId, RecordId>>;

/// In all chosen spaces.
Result<ErasurePlaces> erasures_that_begin(const Invocation& call, node::Node& node,
                                          const std::string& prefix) {
  CUNJU_TRY(const std::vector<SpaceId> spaces, chosen_spaces(node, call));
  ErasurePlaces out;
  for (const SpaceId& space : spaces) {
    // Of a space without a roster there are no acts either.
    if (node.replica().roster(space).has_error()) continue;
    CUNJU_TRY(const replica::ErasureReport report, node.replica().erasures(space));
    std::set<RecordId> fitting;
    for (const replica::ErasureEntry& act : report.acts)
      if (act.erasure.hex().starts_with(prefix)) fitting.insert(act.erasure);
    for (const RecordId& erasure : fitting) out.emplace_back(space, erasure);
  }
  return out;
}

/// Each is named with its space, so that whoever typed it sees what to add.
Error refuse_several(const Invocation& call, node::Node& node, const std::string& prefix,
                     const ErasurePlaces& found) {
  constexpr std::size_t kMostNamed = 20;
  Label names;
  for (const auto& [space, erasure] : std::span(found).first(std::min(found.size(), kMostNamed))) {
    const std::string id = erasure.hex(), name = space_name(node, space);
    names.zh += (names.zh.empty() ? "" : "；") + id + "（" + name + "）";
    names.en += (names.en.empty() ? "" : "; ") + id + " (" + name + ")";
  }
  if (found.size() > kMostNamed) {
    names.zh += "；等等";
    names.en += "; and others";
  }
  return refused(call, Errc::kConflict,
                 {"有几项删除都以 " + prefix + " 开头，请多写几位，或加 --space：" + names.zh,
                  "several erasures begin with " + prefix +
                      ", write more of it, or give --space: " + names.en});
}

/// A computer that keeps the roster alone has no erasures: they are there, and can be approved of
/// elsewhere.
Result<void> explain_witness(const Invocation& call, node::Node& node, const SpaceId& space) {
  CUNJU_TRY(const replica::PartsStanding standing, node.replica().parts_standing(space));
  if (standing.scope != Replication::kWitness) return ok();
  const std::string full = call.terminal.command("node scope NODE full --yes");
  call.terminal.explain(
      {"这台电脑只保存名册和见证，看不到删除，也不能在上面批准；请换一台保存内容的电脑，或由能改名"
       "册的人把它设为保存全部（" +
           full + "），交换一次再办理",
       "this computer keeps the roster and what it witnessed alone, so it has no erasures and none "
       "is "
       "approved here; use a computer that keeps records, or let whoever may change the roster "
       "have it "
       "keep everything (" +
           full + "), exchange, and then do it"});
  return ok();
}

/// Takes out what an act of the space erases, or is asked to.
void leave_out_erased(std::set<ErasureTarget>& targets, const KnownErasures& known) {
  for (const auto& [erasure, acts] : known.all)
    for (const replica::ErasureEntry& act : acts)
      if (erases(act) && is_in_force(act))
        for (const ErasureTarget& target : act.said.targets) targets.erase(target);
}

}  // namespace

council::ErasureContents KnownErasures::contents_of(const std::set<ErasureTarget>& targets) const {
  return council::contents_of(contents, targets, *judge);
}

Result<KnownErasures> read_erasures(node::Node& node, const SpaceId& space) {
  KnownErasures out{.space = space};
  CUNJU_TRY(out.roster, node.replica().roster(space));
  CUNJU_TRY(Book book, open_book(node, space));
  out.catalog = std::move(book.catalog);
  CUNJU_TRY(registry::RetentionRules rules,
            registry::RetentionRules::load(node.replica(), space, *out.catalog));
  out.rules = std::make_unique<registry::RetentionRules>(std::move(rules));
  CUNJU_TRY(council::RecordJudge judge,
            council::RecordJudge::load(node.replica(), space, *out.rules, today()));
  out.judge = std::move(judge);
  CUNJU_TRY(replica::ErasureReport report, node.replica().erasures(space));
  out.gaps = report.gaps;
  out.doomed = report.doomed;
  CUNJU_TRY(const std::vector<replica::LatePart> late, node.replica().late_parts(space));
  for (const replica::LatePart& part : late)
    if (part.registry == kErasuresRegistry) out.late.insert(part.change);
  std::set<ErasureTarget> targets, hidden;
  for (replica::ErasureEntry& act : report.acts) {
    if (is_in_force(act)) hidden.insert(act.said.targets.begin(), act.said.targets.end());
    targets.insert(act.said.targets.begin(), act.said.targets.end());
    const RecordId erasure = act.erasure;
    out.all[erasure].push_back(std::move(act));
  }
  CUNJU_TRY(out.contents,
            council::read_targets(node.replica(), space, node.unlocked().author, targets, hidden));
  return out;
}

Result<FoundErasure> find_erasure(const Invocation& call, node::Node& node,
                                  const std::string& prefix) {
  const std::string fewest = std::to_string(council::kFewestDigits);
  if (prefix.size() < council::kFewestDigits)
    return refused(call, Errc::kInvalidArgument,
                   {"编号至少写开头 " + fewest + " 位：" + prefix,
                    "the first " + fewest + " digits of an id, or more: " + prefix});
  CUNJU_TRY(const ErasurePlaces found, erasures_that_begin(call, node, prefix));
  if (found.empty()) {
    Error none =
        refused(call, Errc::kNotFound, {"没有这一项删除：" + prefix, "no such erasure: " + prefix});
    CUNJU_TRY(const std::vector<SpaceId> spaces, chosen_spaces(node, call));
    for (const SpaceId& space : spaces) {
      CUNJU_TRYV(explain_witness(call, node, space));
    }
    return none;
  }
  if (found.size() > 1) return refuse_several(call, node, prefix, found);
  const auto& [space, erasure] = found.front();
  CUNJU_TRY(KnownErasures known, read_erasures(node, space));
  return FoundErasure{std::move(known), erasure};
}

bool restricts(const replica::ErasureEntry& act) {
  return act.said.effect == ErasureEffect::kRestrict;
}

bool erases(const replica::ErasureEntry& act) { return act.said.effect == ErasureEffect::kErase; }

bool is_lift(const ErasureActs& acts) { return acts.front().said.effect == ErasureEffect::kLift; }

bool takes_back(const replica::ErasureEntry& act, const ErasureActs& acts) {
  return act.said.effect == ErasureEffect::kLift && !is_lift(acts);
}

Fate fate_of(const ErasureActs& acts) {
  std::optional<Fate> out;
  for (const replica::ErasureEntry& act : acts) {
    if (takes_back(act, acts) || (erases(act) && act.is_lifted)) continue;
    out = std::min(out.value_or(Fate::kDestroyed), act.fate);
  }
  return out.value_or(Fate::kNone);
}

bool is_withdrawn(const ErasureActs& acts) {
  bool out = false;
  for (const replica::ErasureEntry& act : acts) {
    if (takes_back(act, acts)) continue;
    if (!act.is_lifted) return false;
    out = out || erases(act);
  }
  return out;
}

std::vector<const replica::ErasureEntry*> waiting_to_erase(const ErasureActs& acts) {
  std::vector<const replica::ErasureEntry*> out;
  for (const replica::ErasureEntry& act : acts)
    if (erases(act) && is_in_force(act) && act.fate < Fate::kConfirmed) out.push_back(&act);
  return out;
}

std::set<ErasureTarget> approved_in(const KnownErasures& known) {
  std::set<ErasureTarget> out;
  for (const auto& [erasure, acts] : known.all)
    for (const replica::ErasureEntry& act : acts)
      if (erases(act) && is_in_force(act) && act.fate >= Fate::kConfirmed)
        out.insert(act.said.targets.begin(), act.said.targets.end());
  return out;
}

StillHidden hidden_without(const KnownErasures& known, const std::set<ErasureTarget>& parts,
                           const std::vector<ChangeId>& acts) {
  StillHidden out;
  for (const auto& [erasure, others] : known.all) {
    for (const replica::ErasureEntry& act : others) {
      if (act.said.effect == ErasureEffect::kLift || !is_in_force(act) ||
          std::ranges::find(acts, act.act) != acts.end())
        continue;
      for (const ErasureTarget& target : act.said.targets) {
        if (!parts.contains(target)) continue;
        out.parts.insert(target);
        out.by.insert(erasure);
      }
    }
  }
  return out;
}

std::set<ErasureTarget> kept_by(const ErasureActs& acts, const KnownErasures& known) {
  std::set<ErasureTarget> out;
  for (const replica::ErasureEntry& act : acts)
    if (restricts(act) && is_in_force(act))
      out.insert(act.said.targets.begin(), act.said.targets.end());
  leave_out_erased(out, known);
  return out;
}

std::set<ErasureTarget> lifted_by(const ErasureActs& lift, const KnownErasures& known) {
  std::set<ErasureTarget> out;
  for (const replica::ErasureEntry& one : lift)
    for (const auto& [erasure, acts] : known.all)
      for (const replica::ErasureEntry& act : acts)
        if (restricts(act) && std::ranges::find(one.said.lifted, act.act) != one.said.lifted.end())
          out.insert(act.said.targets.begin(), act.said.targets.end());
  leave_out_erased(out, known);
  return out;
}

}  // namespace cunju::cli
