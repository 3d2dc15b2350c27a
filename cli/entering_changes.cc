// SPDX-License-Identifier: Apache-2.0
#include "cli/entering_changes.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "cli/late_erasures.h"
#include "cli/record_lookup.h"

namespace cunju::cli {
namespace {

Result<std::string> show_erasures(Invocation& call, node::Node& node, const LateErasures& erasures,
                                  boost::json::object& out) {
  boost::json::array list;
  std::string taken_back;
  for (const auto& [erasure, named] : erasures.named) {
    CUNJU_TRYV(show_admission(call, node, *erasures.known, erasure, named));
    list.push_back(
        boost::json::object{{"erasure", erasure.hex()},
                            {"admitting", admission_of(*erasures.known, erasure, named).id}});
    if (was_taken_back(*erasures.known, erasure, named))
      taken_back += " " + short_id(erasure.hex());
  }
  out["erasures"] = std::move(list);
  return taken_back;
}

void report_definitions(const LateDefinitions& late, boost::json::object& out) {
  std::set<std::string> all;
  boost::json::array definitions;
  for (const auto& [registry, what] : late.losses) {
    boost::json::array names;
    for (const std::string& each : what) names.emplace_back(each);
    definitions.push_back(
        boost::json::object{{"registry", registry}, {"gives_up", std::move(names)}});
    all.insert(what.begin(), what.end());
  }
  boost::json::array gives_up;
  for (const std::string& each : all) gives_up.emplace_back(each);
  out["gives_up"] = std::move(gives_up);
  out["definitions"] = std::move(definitions);
}

}  // namespace

Result<LateErasures> read_late_erasures(node::Node& node, const SpaceId& space,
                                        const std::vector<replica::LatePart>& late,
                                        const std::set<ChangeId>& changes) {
  LateErasures out;
  if (std::ranges::none_of(late, [&](const replica::LatePart& part) {
        return part.registry == kErasuresRegistry && changes.contains(part.change);
      }))
    return out;
  CUNJU_TRY(out.known, read_erasures(node, space));
  out.named = erasures_among(*out.known, changes);
  return out;
}

namespace {

/// Of all forked logs that an act cuts.
EnteringChanges entering_by(std::span<const council::ForkOutlook> forks) {
  EnteringChanges out;
  for (const council::ForkOutlook& fork : forks) {
    out.enters.insert(fork.enters.begin(), fork.enters.end());
    out.leaves.insert(fork.leaves.begin(), fork.leaves.end());
  }
  return out;
}

}  // namespace

Result<EnteringOutlook> show_entering(Invocation& call, node::Node& node, const SpaceId& space,
                                      const EnteringChanges& changes, boost::json::object& out) {
  EnteringOutlook outlook;
  CUNJU_TRY(const std::vector<replica::LatePart> late, node.replica().late_parts(space));
  CUNJU_TRY(const LateErasures erasures, read_late_erasures(node, space, late, changes.enters));
  CUNJU_TRY(outlook.taken_back, show_erasures(call, node, erasures, out));
  CUNJU_TRY(outlook.definitions,
            read_late_definitions(node, space, changes.enters, changes.leaves));
  report_definitions(outlook.definitions, out);
  return outlook;
}

Result<void> require_taken_back(const Invocation& call, const EnteringOutlook& outlook) {
  const std::string& ids = outlook.taken_back;
  if (ids.empty() || call.has(kTakenBackOption.name)) return ok();
  return refused(
      call, Errc::kConflict,
      {"删除" + ids +
           " 后来有人撤回了，这样办会让撤回不算数，没有办理；确要销毁的，加 --taken-back",
       "somebody took erasure" + ids +
           " back meanwhile, and what comes into force would count against that, so "
           "nothing was done; if it is to go all the same, add --taken-back"});
}

Result<EnteringOutlook> show_branches_entering(Invocation& call, node::Node& node,
                                               const SpaceId& space,
                                               std::span<const council::ForkOutlook> forks,
                                               boost::json::object& out) {
  const EnteringChanges changes = entering_by(forks);
  if (changes.enters.empty()) return EnteringOutlook{};
  return show_entering(call, node, space, changes, out);
}

Result<void> require_meant_branch(Invocation& call, const EnteringOutlook& outlook) {
  return require_meant_admission(call, outlook.definitions,
                                 {"不是这个意思的先不办，或以另一支为准（--branch）",
                                  "or leave it as it is, or have another branch stand (--branch)"});
}

}  // namespace cunju::cli
