// SPDX-License-Identifier: Apache-2.0
#include "node/node.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "crdt/base/check.h"
#include "node/attachments/blob_folder.h"
#include "node/attachments/want_book.h"
#include "node/council/scope_acts.h"
#include "node/peers/bundle_book.h"
#include "node/peers/peer_book.h"

namespace cunju::node {
namespace {

namespace fs = std::filesystem;

fs::path keystore_path(const fs::path& home) { return home / "keystore"; }

/// A key file needs no stretching, so nothing is measured for it.
crypto::Argon2Cost cost_for(const keys::Unlock& unlock) {
  return std::holds_alternative<keys::Passphrase>(unlock) ? keys::calibrated_cost()
                                                          : crypto::interactive_cost();
}

/// The chair and clerk of the first day: somebody has to be able to do everything.
constexpr std::string_view kFounderRoles[] = {"chair", "clerk"};

/// A founding change can't open epochs, because their names hold the space's.
Result<void> open_first_epochs(replica::Replica& replica, const SpaceId& space,
                               const crypto::SigningKey& author, std::uint64_t claimed_ms) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, replica.roster(space));
  std::vector<RosterOperation> operations;
  for (const std::string& name : council::scope_names(*roster)) {
    if (roster->entitled_devices(name).empty()) continue;
    CUNJU_TRY(OpenEpoch opening,
              council::plan_epoch(*roster, space, name, author.author(), crypto::system_random()));
    operations.push_back(std::move(opening));
  }
  if (operations.empty()) return ok();
  CUNJU_TRYV(replica.append_roster(space, author, operations, claimed_ms));
  return ok();
}

}  // namespace

Node::Node(fs::path home, keys::Keystore keystore)
    : home_(std::move(home)), keystore_(std::move(keystore)) {}

Node::~Node() = default;

std::uint64_t Node::now_ms() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

fs::path Node::wake_path() const { return home_ / "wake"; }

Result<std::unique_ptr<Node>> Node::create(const fs::path& home, std::string_view clerk,
                                           const keys::Unlock& unlock) {
  std::error_code code;
  fs::create_directories(home, code);
  if (code) return fail(Errc::kIo, home.string() + ": " + code.message());
  fs::permissions(home, fs::perms::owner_all, code);
  CUNJU_TRY(keys::Keystore keystore,
            keys::Keystore::create(keystore_path(home), clerk, unlock, crypto::system_random(),
                                   cost_for(unlock)));
  std::unique_ptr<Node> node(new Node(home, std::move(keystore)));
  CUNJU_TRYV(node->unlock(clerk, unlock));
  return node;
}

Result<std::unique_ptr<Node>> Node::open(const fs::path& home) {
  CUNJU_TRY(keys::Keystore keystore, keys::Keystore::load(keystore_path(home)));
  return std::unique_ptr<Node>(new Node(home, std::move(keystore)));
}

Result<void> Node::open_stores() {
  // Keys that are missing beside records were lost: new ones would open nothing of what is there.
  std::error_code ignored;
  const bool is_new = !fs::exists(home_ / "data" / "data.mdb", ignored);
  std::vector<std::string> tables = peers::InvitationBook::table_names();
  for (std::string& name : keys::ValueKeys::table_names()) tables.push_back(std::move(name));
  for (std::string& name : peers::BundleBook::table_names()) tables.push_back(std::move(name));
  for (std::string& name : peers::PeerBook::table_names()) tables.push_back(std::move(name));
  CUNJU_TRY(keys_, store::Environment::open({.folder = home_ / "keys", .tables = tables}));
  CUNJU_TRY(value_keys_,
            keys::ValueKeys::open(*keys_, unlocked().storage, crypto::system_random(), is_new));
  std::vector<std::string> data_tables = replica::Tables::names();
  for (std::string& name : attachments::WantBook::table_names())
    data_tables.push_back(std::move(name));
  CUNJU_TRY(data_, store::Environment::open({.folder = home_ / "data", .tables = data_tables}));
  sealer_.emplace(*value_keys_, crypto::system_random());
  CUNJU_TRY(replica_, replica::Replica::open(*data_, *sealer_, crypto::system_random()));
  CUNJU_TRY(invitations_, peers::InvitationBook::open(*keys_));
  CUNJU_TRY(bundle_book_,
            peers::BundleBook::open(*keys_, unlocked().storage, crypto::system_random()));
  CUNJU_TRY(want_book_,
            attachments::WantBook::open(*data_, unlocked().storage, crypto::system_random()));
  CUNJU_TRY(peer_book_, peers::PeerBook::open(*keys_, unlocked().storage, crypto::system_random()));
  note_own_authors();
  CUNJU_TRYV(replica_->add_own_device(unlocked().author));
  return replica_->set_attachment_destroyer(
      [folder = home_ / "blobs"](const attachments::Address& address) -> Result<void> {
        CUNJU_TRY(const auto blobs, attachments::BlobFolder::open(folder));
        return blobs->destroy(address);
      });
}

void Node::note_own_authors() {
  std::vector<AuthorKey> own;
  for (const keys::Clerk& clerk : keystore_.clerks()) own.push_back(clerk.author);
  // Of its statements: a node that was restored must not make others in their place.
  own.push_back(AuthorKey{keystore_.node().value});
  replica_->set_own_authors(std::move(own));
  replica_->set_own_node(keystore_.node());
}

Result<void> Node::unlock(std::string_view clerk, const keys::Unlock& unlock) {
  CUNJU_TRY(keys::UnlockedKeys keys, keystore_.unlock(clerk, unlock));
  return this->unlock(std::move(keys));
}

Result<void> Node::unlock(keys::UnlockedKeys keys) {
  if (keys.node.node() != keystore_.node() || keys.wire.wire() != keystore_.wire())
    return fail(Errc::kTampered, "the keys are of another home");
  // A key that was replaced meanwhile signs nothing any more, whoever still has it open.
  const std::vector<keys::Clerk> clerks = keystore_.clerks();
  if (std::ranges::none_of(clerks, [&](const keys::Clerk& clerk) {
        return clerk.name == keys.clerk && clerk.author == keys.author.author();
      }))
    return fail(Errc::kTampered, "no clerk of this home has this key");
  unlocked_ = std::move(keys);
  if (replica_) return replica_->add_own_device(unlocked().author);
  Result<void> opened = open_stores();
  if (opened.has_error()) unlocked_.reset();
  return opened;
}

replica::Replica& Node::replica() {
  CUNJU_CHECK(replica_ != nullptr, "the caller unlocks before it reads");
  return *replica_;
}

Result<void> Node::replace_key(const crypto::SigningKey& key, const keys::Unlock& unlock) {
  CUNJU_TRYV(
      keystore_.replace_author(unlocked(), unlock, key, crypto::system_random(), cost_for(unlock)));
  const std::string clerk = unlocked().clerk;
  note_own_authors();
  return this->unlock(clerk, unlock);
}

peers::BundleBook& Node::bundle_book() {
  CUNJU_CHECK(bundle_book_ != nullptr, "the caller unlocks before it reads");
  return *bundle_book_;
}

attachments::WantBook& Node::want_book() {
  CUNJU_CHECK(want_book_ != nullptr, "the caller unlocks before it reads");
  return *want_book_;
}

peers::PeerBook& Node::peer_book() {
  CUNJU_CHECK(peer_book_ != nullptr, "the caller unlocks before it reads");
  return *peer_book_;
}

const keys::UnlockedKeys& Node::unlocked() const {
  CUNJU_CHECK(unlocked_.has_value(), "the caller unlocks before it signs");
  return *unlocked_;
}

Result<SpaceId> Node::found_space(std::string_view name, std::string_view code,
                                  std::optional<SetQuorum> quorum) {
  const keys::UnlockedKeys& mine = unlocked();
  auto member = random().make<MemberId>();
  std::vector<RosterOperation> operations = {
      FoundSpace{.name = std::string(name), .code = std::string(code)},
      AdmitMember{.member = member, .name = mine.clerk},
      device_entry(mine.author, SpaceId{}, member),
      node_entry(SpaceId{}, name, Replication::kFull, member)};
  for (std::string_view role : kFounderRoles)
    operations.push_back(GrantRole{.member = member, .role = std::string(role)});
  if (quorum) operations.push_back(*std::move(quorum));
  CUNJU_TRY(const SpaceId space, replica_->found(mine.author, operations, now_ms()));
  CUNJU_TRYV(open_first_epochs(*replica_, space, mine.author, now_ms()));
  return space;
}

AddNode Node::node_entry(const SpaceId& space, std::string_view name, Replication replication,
                         const MemberId& member) const {
  const keys::UnlockedKeys& mine = unlocked();
  return {.node = mine.node.node(),
          .wire = mine.wire.wire(),
          .name = std::string(name),
          .replication = replication,
          .member = member,
          .signature = sign_node_entry(mine.node, space, mine.wire.wire(), member)};
}

Result<MemberId> Node::add_local_member(const SpaceId& space, std::string_view name,
                                        std::string_view role, const keys::Unlock& unlock) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, replica_->roster(space));
  if (!roster->may(unlocked().author.author(), kRosterRegistry, kWrite))
    return fail(Errc::kPermission, std::string(kRosterRegistry));
  CUNJU_TRY(
      crypto::SigningKey author,
      keystore_.add_clerk(unlocked(), name, unlock, crypto::system_random(), cost_for(unlock)));
  auto member = random().make<MemberId>();
  std::vector<RosterOperation> operations = {
      AdmitMember{.member = member, .name = std::string(name)},
      GrantRole{.member = member, .role = std::string(role)}, device_entry(author, space, member)};
  // The computer is theirs as well, or they could exchange nothing once the first one's is removed.
  if (const AddNode* first = roster->find_wire(unlocked().wire.wire()))
    operations.push_back(node_entry(space, first->name, first->replication, member));
  CUNJU_TRYV(
      council::add_epochs(*replica_, space, unlocked().author.author(), random(), operations));
  CUNJU_TRYV(replica_->append_roster(space, unlocked().author, operations, now_ms()));
  return member;
}

Result<peers::Invitation> Node::invite(const SpaceId& space, std::string_view role,
                                       std::string_view name) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, replica_->roster(space));
  if (!roster->may(unlocked().author.author(), kRosterRegistry, kWrite))
    return fail(Errc::kPermission, std::string(kRosterRegistry));
  bool is_role = std::ranges::any_of(builtin_roles(),
                                     [&](const BuiltinRole& known) { return known.id == role; });
  if (!is_role) return fail(Errc::kInvalidArgument, "role " + std::string(role));
  if (name.size() > limits::kMaxNameBytes) return fail(Errc::kInvalidArgument, "kMaxNameBytes");
  crypto::Secret<16> secret;
  random().fill(secret.mutable_view());
  peers::Invitation invitation = peers::Invitation::of(std::move(secret));
  invitation.space = space;
  invitation.space_name = roster->space_name;
  invitation.role = role;
  invitation.member_name = name;
  invitation.inviter_wire = unlocked().wire.wire();
  invitation.one_time_key.emplace();
  random().fill(invitation.one_time_key->mutable_view());
  invitation.made_ms = now_ms();
  CUNJU_TRYV(invitations_->put(peers::InvitationBook::Side::kGiven, invitation, unlocked().storage,
                               random()));
  return invitation;
}

Result<peers::Invitation> Node::join(std::string_view invitation_text) {
  CUNJU_TRY(peers::Invitation invitation, peers::parse_invitation_text(invitation_text));
  if (invitation.inviter_wire == unlocked().wire.wire())
    return fail(Errc::kInvalidArgument, "this node gave the invitation itself");
  CUNJU_TRYV(forget_finished_joins(invitation.space));
  CUNJU_TRY(
      std::optional<peers::Invitation> known,
      invitations_->find(peers::InvitationBook::Side::kTaken, invitation.id, unlocked().storage));
  // Taken before: how far it has come stays.
  if (known) return std::move(*known);
  invitation.made_ms = now_ms();
  CUNJU_TRYV(invitations_->put(peers::InvitationBook::Side::kTaken, invitation, unlocked().storage,
                               random()));
  return invitation;
}

/// A new invitation into a space takes the place of those that led nowhere.
Result<void> Node::forget_finished_joins(const SpaceId& space) {
  CUNJU_TRY(std::vector<peers::Invitation> taken, invitations(peers::InvitationBook::Side::kTaken));
  for (const peers::Invitation& invitation : taken) {
    if (invitation.space != space || !peers::is_over(invitation.state.stage)) continue;
    CUNJU_TRYV(invitations_->erase(peers::InvitationBook::Side::kTaken, invitation.id));
  }
  return ok();
}

Result<std::vector<peers::Invitation>> Node::invitations(peers::InvitationBook::Side side) {
  return invitations_->all(side, unlocked().storage);
}

Result<std::vector<peers::Invitation>> Node::open_invitations() {
  CUNJU_TRY(std::vector<peers::Invitation> out, invitations(peers::InvitationBook::Side::kGiven));
  std::erase_if(out, [](const peers::Invitation& invitation) {
    return peers::is_over(invitation.state.stage) ||
           invitation.state.stage == peers::PairStage::kConfirmed;
  });
  return out;
}

peers::PairingDesk Node::pairing_desk() {
  return peers::PairingDesk({.replica = replica(),
                             .keys = unlocked(),
                             .invitations = *invitations_,
                             .random = random(),
                             .claimed_ms = now_ms});
}

void Node::wake_server() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string path = wake_path().string();
  // A path too long for a socket only means that a serving node notices at its next tick.
  if (path.size() >= sizeof(address.sun_path)) return;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  int socket_fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_fd < 0) return;
  const char byte = 1;
  (void)::sendto(socket_fd, &byte, 1, 0, reinterpret_cast<const sockaddr*>(&address),
                 sizeof(address));
  ::close(socket_fd);
}

}  // namespace cunju::node
