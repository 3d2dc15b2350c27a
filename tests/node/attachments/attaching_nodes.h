// SPDX-License-Identifier: Apache-2.0
//
// Two nodes that attach files to records and exchange them.
#pragma once

#include <fstream>

#include "node/attachments/attach_file.h"
#include "node/registry/record_book.h"
#include "tests/node/peers/peer_node.h"

namespace cunju::test {

/// Two nodes of one village; the second came by an invitation for this role.
struct AttachingNodes {
  explicit AttachingNodes(const std::string& role = "clerk") : a(1, "老王"), b(2, "小李") {
    space = a.found("槐树村");
    const peers::Invitation invitation = a.invite(space, role);
    b.join(invitation);
    pair_by_words(b, a, invitation);
    sync();
  }
  void sync() {
    b.manager->set_leave_when_caught_up(true);
    auto line = call(b, a, "a");
    line->pump();
  }
  registry::RecordBook book(PeerNode& node) {
    catalog = require(registry::Catalog::load(*node.replica, space));
    return {*node.replica, *catalog, space};
  }
  registry::Act act(PeerNode& node) {
    return {.author = node.keys.author, .claimed_ms = ++clock, .today = {}};
  }
  RecordId add_minutes() {
    const std::vector<registry::Edit> edits{{.field = "title", .text = "议事"}};
    return require(book(a).add(act(a), "minutes", edits)).record;
  }
  /// The new attachment, by its node's own author.
  attachment::Reference attach(PeerNode& node, const RecordId& record, const std::string& field,
                               const Bytes& content) {
    const auto path = node.folder / "file.bin";
    std::ofstream(path, std::ios::binary) << as_text(content);
    const auto attached =
        require(attachments::attach_file(*node.blobs, path, {.name = "scan.bin"}, node.random));
    require(book(node).attach(act(node), "minutes", record, field, attached.value));
    return require(attachment::parse_reference(attached.value));
  }
  Bytes read(PeerNode& node, const attachment::Reference& reference) {
    const auto path = node.folder / "out.bin";
    std::filesystem::remove(path);
    require(attachments::open_to_file(*node.blobs, reference, path));
    return require(store::read_whole_file(path, 1 << 28));
  }

  PeerNode a, b;
  SpaceId space;
  std::optional<registry::Catalog> catalog;
  std::uint64_t clock = 1000;
};

}  // namespace cunju::test
