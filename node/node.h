// SPDX-License-Identifier: Apache-2.0
//
// The composition root: one node home (a folder), its keystore, its two environments, its replica,
// and, while serving or syncing, the only io_context. Everything a verb of the cli does goes
// through here. Single thread; several processes may open one home at the same time.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/sync/actions.h"
#include "node/agent/agent.h"
#include "node/keys/keystore.h"
#include "node/keys/value_keys.h"
#include "node/peers/call_plan.h"
#include "node/peers/invitation.h"
#include "node/peers/pairing_desk.h"
#include "node/peers/peer_event.h"
#include "node/replica/replica.h"
#include "node/store/environment.h"
#include "node/store/private_file.h"

namespace cunju::attachments {
class WantBook;
}
namespace cunju::peers {
class BundleBook;
class PeerBook;
}  // namespace cunju::peers

namespace cunju::node {

using peers::PeerEvent;
using peers::PeerListener;

/// Why a node stopped serving.
enum class ServeEnd : std::uint8_t { kStopped, kLocked };

struct ServeOptions {
  std::string listen;              ///< "127.0.0.1:7700"; empty: accept nobody.
  std::vector<std::string> peers;  ///< Addresses to stay connected to.
  bool is_metered = false;         ///< The network costs money: hold back what can wait.
  bool announces = true;           ///< Tells acquaintances on the local network where it listens.
  bool calls_remembered = true;    ///< Calls peers of the rosters where they were met before.
  std::function<void(const std::string& address)> on_listening;
  PeerListener listener;
  /// How it stands with every peer that is called or connected: whenever that changes.
  std::function<void(const std::vector<peers::PeerStatus>&)> on_status;
  /// Lends keys to commands, and locks when it is told to. Borrowed; null: nobody asks.
  agent::Agent* agent = nullptr;
  /// Lock when no command has asked for keys for so long; 0: never.
  std::chrono::seconds lock_after{0};
  /// What keeps commands from reaching this node, if anything does; it serves all the same.
  std::function<void(const Error&)> on_no_agent;
};

struct SyncOptions {
  bool is_metered = false;          ///< As in ServeOptions.
  std::optional<WireKey> expected;  ///< Who alone is exchanged with at that address.
};

/// Context of kTimeout when a signal has ended a sync.
inline constexpr std::string_view kStoppedBySignal = "stopped by a signal";

struct SyncOutcome {
  sync::Progress progress;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  bool paired = false;
  bool exchanged = false;  ///< False when all that could be done was to ask to be let in.
  std::vector<peers::PairingNews> pairings;  ///< That wait for persons, or are over.
};

class Node {
 public:
  /// Creates the home and its keystore with a first clerk; kExists when there is one already.
  static Result<std::unique_ptr<Node>> create(const std::filesystem::path& home,
                                              std::string_view clerk, const keys::Unlock& unlock);
  /// kNotFound when the folder is no home. Needs no secret, and can do nothing before unlock().
  static Result<std::unique_ptr<Node>> open(const std::filesystem::path& home);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Opens the clerk's keys for signing and for the wire, and the stores; an empty name means whom
  /// it opens. Errors: those of Keystore::unlock() and of the stores.
  Result<void> unlock(std::string_view clerk, const keys::Unlock& unlock);
  /// The same with keys that are open already; kTampered unless they are this home's, and the
  /// clerk's as the keystore has it now.
  Result<void> unlock(keys::UnlockedKeys keys);
  bool is_unlocked() const { return unlocked_.has_value(); }
  /// Only after unlock (CUNJU_CHECK).
  const keys::UnlockedKeys& unlocked() const;
  keys::Keystore& keystore() { return keystore_; }
  /// Only after unlock (CUNJU_CHECK): without keys nothing can be read.
  replica::Replica& replica();
  /// What this node knows of bundles that went to and came from others. As replica().
  peers::BundleBook& bundle_book();
  /// In which spaces attachments are wanted. As replica().
  attachments::WantBook& want_book();
  /// Where peers were met, and why not. As replica().
  peers::PeerBook& peer_book();
  crypto::RandomSource& random() { return crypto::system_random(); }
  const std::filesystem::path& home() const { return home_; }

  /// Founds a space with the unlocked clerk as its first member (chair and clerk) and this node.
  /// `quorum`: who can overrule the founder from the first day on; named later by the founder's
  /// key, whoever has that key could fork its log and name others.
  Result<SpaceId> found_space(std::string_view name, std::string_view code,
                              std::optional<SetQuorum> quorum = std::nullopt);
  /// Admits a clerk with a key in this home's keystore, and this node as theirs too.
  Result<MemberId> add_local_member(const SpaceId& space, std::string_view name,
                                    std::string_view role, const keys::Unlock& unlock);

  /// Gives the unlocked clerk this new key instead of the one that it has; the old one signs
  /// nothing here any more. `unlock`: what opens the clerk's keys, now and afterwards.
  Result<void> replace_key(const crypto::SigningKey& key, const keys::Unlock& unlock);

  /// A new invitation into `space`. Needs an unlocked officer. Errors: kPermission,
  /// kInvalidArgument (role, or a name that is too long), kLimit (too many are open).
  Result<peers::Invitation> invite(const SpaceId& space, std::string_view role,
                                   std::string_view name);
  /// Remembers an invitation's text; pairing begins at the first sync with the inviter, who also
  /// knows whether a node that has the space is still in it. Errors: kInvalidArgument (given by
  /// this node), those of the text.
  Result<peers::Invitation> join(std::string_view invitation_text);
  /// Of either side, oldest first, also those that are over. Needs an unlocked home, as what
  /// follows.
  Result<std::vector<peers::Invitation>> invitations(peers::InvitationBook::Side side);
  /// Those given by which somebody may still come in.
  Result<std::vector<peers::Invitation>> open_invitations();
  /// What persons decide about a pairing's words. Valid as long as this node is unlocked.
  peers::PairingDesk pairing_desk();

  /// Connects, pairs if an invitation of that node is pending, exchanges everything, leaves.
  Result<SyncOutcome> sync(const std::string& address, const PeerListener& listener,
                           const SyncOptions& options = {});
  /// Accepts and keeps connections until a signal (SIGINT, SIGTERM), or until it has to lock: the
  /// caller then ends this process, whose memory holds what it has read.
  Result<ServeEnd> serve(const ServeOptions& options);
  /// For a node that is locked: waits until a command hands it keys, and opens. False: stopped by a
  /// signal. Errors: those of AgentServer::listen() and unlock().
  Result<bool> wait_for_unlock(agent::Agent& agent);

  /// Wakes a node that serves this home, after a commit of this process. Never fails loudly.
  void wake_server();

  /// Milliseconds since 1970, this machine's claim.
  static std::uint64_t now_ms();

 private:
  Node(std::filesystem::path home, keys::Keystore keystore);
  Result<void> open_stores();
  /// This node's entry in a roster; `space`: zero in a founding change.
  AddNode node_entry(const SpaceId& space, std::string_view name, Replication replication,
                     const MemberId& member) const;
  void note_own_authors();
  Result<void> forget_finished_joins(const SpaceId& space);
  /// The socket on which a serving node of this home hears of commits.
  std::filesystem::path wake_path() const;

  std::filesystem::path home_;
  keys::Keystore keystore_;
  std::optional<keys::UnlockedKeys> unlocked_;
  std::unique_ptr<store::Environment> data_;
  std::unique_ptr<store::Environment> keys_;
  std::unique_ptr<keys::ValueKeys> value_keys_;
  std::optional<keys::KeyedSealer> sealer_;
  std::unique_ptr<replica::Replica> replica_;
  std::unique_ptr<peers::InvitationBook> invitations_;
  std::unique_ptr<peers::BundleBook> bundle_book_;
  std::unique_ptr<attachments::WantBook> want_book_;
  std::unique_ptr<peers::PeerBook> peer_book_;
  std::optional<store::FileDescriptor> agent_listener_;  ///< Left by wait_for_unlock for serve.
};

}  // namespace cunju::node
