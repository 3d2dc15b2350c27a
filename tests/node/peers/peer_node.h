// SPDX-License-Identifier: Apache-2.0
//
// A node as the session manager sees it: replica, invitation book, keys and attachments on
// temporary stores.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "node/attachments/attachment_depot.h"
#include "node/peers/session_manager.h"
#include "tests/support/memory_links.h"
#include "tests/support/replica_fixture.h"

namespace cunju::test {

struct PeerNode {
  explicit PeerNode(std::uint64_t seed, const std::string& name)
      : replica(seed),
        random(seed + 1000),
        keys{crypto::SigningKey::generate(random),
             crypto::DhKey::generate(random),
             {},
             crypto::SigningKey::generate(random),
             name} {
    random.fill(keys.storage.mutable_view());
    store = require(store::Environment::open(
        {.folder = folder / "keys", .tables = peers::InvitationBook::table_names()}));
    book = require(peers::InvitationBook::open(*store));
    blobs = require(attachments::BlobFolder::open(folder / "blobs"));
    wants = require(attachments::WantBook::open(replica.store(), keys.storage, random));
    restart();
  }
  /// A new manager, as after a new start of the program.
  void restart() {
    manager.reset();
    depot.reset();
    depot = std::make_unique<attachments::AttachmentDepot>(
        *replica, *blobs, *wants, keys.author.author(), [this] { return now; });
    manager = std::make_unique<peers::SessionManager>(
        peers::SessionContext{.replica = *replica,
                              .keys = keys,
                              .invitations = *book,
                              .random = random,
                              .now = [this] { return now; },
                              .claimed_ms = [] { return std::uint64_t{1'767'225'600'000}; },
                              .attachments = depot.get(),
                              .expected_at = [this](const std::string&) { return expected; }},
        [this](const peers::PeerEvent& event) { events.push_back(event); });
  }
  /// With this node as chair, clerk and first node.
  SpaceId found(const std::string& name) {
    const auto member = random.make<MemberId>();
    std::vector<RosterOperation> operations{
        FoundSpace{name, "530102001201"},
        AdmitMember{member, keys.clerk},
        GrantRole{member, "chair", {}, {}},
        GrantRole{member, "clerk", {}, {}},
        device_entry(keys.author, SpaceId{}, member),
        AddNode{.node = keys.node.node(),
                .wire = keys.wire.wire(),
                .name = name,
                .member = member,
                .signature = sign_node_entry(keys.node, SpaceId{}, keys.wire.wire(), member)}};
    return require(replica->found(keys.author, operations, 1'767'225'600'000));
  }
  peers::Invitation invite(const SpaceId& space, const std::string& role,
                           const std::string& member_name = "") {
    crypto::Secret<16> secret;
    random.fill(secret.mutable_view());
    peers::Invitation out = peers::Invitation::of(std::move(secret));
    out.space = space;
    out.space_name = "幸福村";
    out.role = role;
    out.member_name = member_name;
    out.inviter_wire = keys.wire.wire();
    out.one_time_key.emplace();
    random.fill(out.one_time_key->mutable_view());
    require(book->put(peers::InvitationBook::Side::kGiven, out, keys.storage, random));
    return out;
  }
  /// Takes an invitation by its text, as `cunju join` does.
  void join(const peers::Invitation& invitation) {
    peers::Invitation taken =
        require(peers::parse_invitation_text(peers::encode_invitation_text(invitation)));
    require(book->put(peers::InvitationBook::Side::kTaken, taken, keys.storage, random));
  }
  peers::PairingDesk desk() {
    return peers::PairingDesk({.replica = *replica,
                               .keys = keys,
                               .invitations = *book,
                               .random = random,
                               .claimed_ms = [] { return std::uint64_t{1'767'225'600'000}; }});
  }
  peers::PairState state(peers::InvitationBook::Side side, const peers::Invitation& invitation) {
    auto found = require(book->find(side, invitation.id, keys.storage));
    REQUIRE(found);
    return found->state;
  }
  /// What the person here reads on the screen.
  peers::PairingWords words(peers::InvitationBook::Side side, const peers::Invitation& invitation) {
    return peers::pairing_words(state(side, invitation).transcript);
  }
  std::size_t open(peers::InvitationBook::Side side) {
    return require(book->all(side, keys.storage)).size();
  }
  std::size_t count(peers::PeerEvent::Kind kind) const {
    std::size_t out = 0;
    for (const peers::PeerEvent& event : events) out += event.kind == kind ? 1u : 0u;
    return out;
  }
  bool has_member(const SpaceId& space, const AuthorKey& author) {
    return require(replica->roster(space))->find_author(author) != nullptr;
  }

  TestReplica replica;
  crypto::SeededRandom random;
  keys::UnlockedKeys keys;
  TempFolder folder;
  std::unique_ptr<store::Environment> store;
  std::unique_ptr<peers::InvitationBook> book;
  std::unique_ptr<attachments::BlobFolder> blobs;
  std::unique_ptr<attachments::WantBook> wants;
  std::unique_ptr<attachments::AttachmentDepot> depot;
  std::unique_ptr<peers::SessionManager> manager;
  std::vector<peers::PeerEvent> events;
  sync::Time now{0};
  std::optional<WireKey> expected;  ///< Who alone is to be met wherever this node calls.
};

/// `from` calls `to`.
inline std::unique_ptr<MemoryWire> call(PeerNode& from, PeerNode& to, const std::string& name) {
  return std::make_unique<MemoryWire>(MemoryWire::End{*from.manager, from.keys.wire, name},
                                      MemoryWire::End{*to.manager, to.keys.wire, name + " (in)"},
                                      from.random);
}

/// `guest` asks with an invitation that it took, both persons compare the words, `guest` asks
/// again.
inline void pair_by_words(PeerNode& guest, PeerNode& host, const peers::Invitation& invitation) {
  using Side = peers::InvitationBook::Side;
  call(guest, host, "asking")->pump();
  REQUIRE(guest.words(Side::kTaken, invitation) == host.words(Side::kGiven, invitation));
  require(host.desk().confirm_given(guest.words(Side::kTaken, invitation)));
  require(guest.desk().confirm_taken(host.words(Side::kGiven, invitation)));
  call(guest, host, "asking again")->pump();
}

}  // namespace cunju::test
