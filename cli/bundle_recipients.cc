// SPDX-License-Identifier: Apache-2.0
#include "cli/bundle_recipients.h"

#include <algorithm>
#include <iterator>

#include "cli/bundle_words.h"
#include "cli/record_lookup.h"
#include "node/peers/bundle_book.h"

namespace cunju::cli {
namespace {

constexpr std::size_t kMinKeyDigits = 4;

/// Whether somebody who says `name` may mean this node.
bool is_named(node::Node& node, const peers::BundlePeer& peer, const std::string& name) {
  if (name == "all" || peer.name == name) return true;
  if (name.size() >= kMinKeyDigits && peer.node.hex().starts_with(name)) return true;
  for (const SpaceId& space : peer.spaces) {
    Result<std::shared_ptr<const Roster>> roster = node.replica().roster(space);
    const AddNode* entry = roster.has_value() ? roster.value()->find_wire(peer.wire) : nullptr;
    if (entry == nullptr) continue;
    const auto member = roster.value()->members.find(entry->member);
    if (member != roster.value()->members.end() && member->second.name == name) return true;
  }
  return false;
}

Label names_of(const std::vector<peers::BundlePeer>& peers) {
  Label out;
  for (const peers::BundlePeer& peer : peers) {
    out.zh += " " + peer_text(peer);
    out.en += " " + peer_text(peer);
  }
  return out;
}

/// Those of `all` for which a part is still to be written.
Result<std::vector<peers::BundlePeer>> waiting_peers(node::Node& node,
                                                     const std::vector<peers::BundlePeer>& all) {
  CUNJU_TRY(const std::vector<NodeKey> open, node.bundle_book().all_unfinished());
  std::vector<peers::BundlePeer> out;
  for (const peers::BundlePeer& peer : all)
    if (std::ranges::find(open, peer.node) != open.end()) out.push_back(peer);
  return out;
}

}  // namespace

Result<std::vector<peers::BundlePeer>> all_waiting(node::Node& node) {
  CUNJU_TRY(const std::vector<SpaceId> spaces, node.replica().spaces());
  CUNJU_TRY(const std::vector<peers::BundlePeer> all,
            peers::all_bundle_peers(node.replica(), node.keystore().node(), spaces));
  return waiting_peers(node, all);
}

Result<std::vector<peers::BundlePeer>> chosen_peers(Invocation& call, node::Node& node) {
  CUNJU_TRY(const std::vector<SpaceId> spaces, chosen_spaces(node, call));
  CUNJU_TRY(const std::vector<peers::BundlePeer> all,
            peers::all_bundle_peers(node.replica(), node.keystore().node(), spaces));
  const Label known = names_of(all);
  std::vector<peers::BundlePeer> out;
  for (const std::string& name : call.values("--to")) {
    std::vector<peers::BundlePeer> found;
    std::ranges::copy_if(all, std::back_inserter(found),
                         [&](const peers::BundlePeer& peer) { return is_named(node, peer, name); });
    if (found.empty())
      return refused(
          call, Errc::kNotFound,
          {"名册上没有 " + name + " 这台电脑。有：" + (known.zh.empty() ? " 无" : known.zh),
           "no node " + name +
               " in the rosters. There are:" + (known.en.empty() ? " none" : known.en)});
    if (found.size() > 1 && name != "all") {
      const Label which = names_of(found);
      return refused(call, Errc::kConflict,
                     {name + " 有几台电脑，请写编号开头：" + which.zh,
                      name + " may be several nodes; give the beginning of the key:" + which.en});
    }
    for (peers::BundlePeer& peer : found)
      if (std::ranges::find(out, peer.node, &peers::BundlePeer::node) == out.end())
        out.push_back(std::move(peer));
  }
  if (out.empty() && call.has("--continue")) {
    CUNJU_TRY(out, waiting_peers(node, all));
    if (out.empty())
      return refused(call, Errc::kNotFound,
                     {"没有写到一半的捆包", "there is no bundle of which a part is missing"});
  }
  if (out.empty())
    return refused(call, Errc::kInvalidArgument,
                   {"没有写明给谁（--to）。可以给：" + (known.zh.empty() ? " 无" : known.zh),
                    "for whom? (--to) There are:" + (known.en.empty() ? " none" : known.en)});
  return out;
}

Result<void> refuse_narrowed(Invocation& call, node::Node& node,
                             const std::vector<peers::BundlePeer>& recipients) {
  CUNJU_TRY(const std::vector<peers::BundlePeer> waiting, all_waiting(node));
  for (const peers::BundlePeer& peer : waiting) {
    const auto chosen = std::ranges::find(recipients, peer.node, &peers::BundlePeer::node);
    if (chosen == recipients.end()) continue;
    CUNJU_TRY(const std::optional<peers::UnfinishedBundle> unfinished,
              node.bundle_book().unfinished(peer.node));
    if (!unfinished) continue;
    const bool is_left_out = std::ranges::any_of(peer.spaces, [&](const SpaceId& space) {
      const bool is_in_it = unfinished->spaces.empty() || unfinished->spaces.contains(space);
      return is_in_it && !chosen->spaces.contains(space);
    });
    if (!is_left_out) continue;
    const std::string next = call.terminal.command_of_all_spaces("bundle write --continue DIR");
    return refused(call, Errc::kConflict,
                   {"给 " + peer_text(peer) +
                        " 的捆包还没写完，里面还有别的村的内容；只写这个村的，"
                        "别的村就会漏掉。要接着写完，运行：" +
                        next,
                    "a bundle for " + peer_text(peer) +
                        " is unfinished and has other spaces in it, which would be left out. To go "
                        "on with all of it, run: " +
                        next});
  }
  return ok();
}

}  // namespace cunju::cli
