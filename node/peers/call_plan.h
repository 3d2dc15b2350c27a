// SPDX-License-Identifier: Apache-2.0
//
// Which addresses a serving node calls, and when: again and again with growing pauses, and not
// while the node that it reached there is connected anyway, because it called here. Addresses are
// typed, remembered of peers that were met there, or heard of. Opens no sockets: the engine calls
// what is due and tells what became of it. Single thread.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "crdt/base/error.h"
#include "crdt/base/ids.h"
#include "net/sync/actions.h"
#include "node/peers/backoff.h"
#include "node/peers/remembered.h"

namespace cunju::peers {

/// How it stands with one peer, for a status line.
struct PeerStatus {
  enum class State : std::uint8_t {
    kCalling,  ///< Nobody has answered yet.
    kConnected,
    kWaiting,  ///< For the next call.
    kWords,    ///< For persons who compare an invitation's words; it calls every few seconds.
  };
  std::string address;
  std::string peer;  ///< Name of the peer's node, or its key in short; empty until it is known.
  State state = State::kCalling;
  std::chrono::milliseconds wait{0};  ///< kWaiting: until the next call.
  std::optional<Error> why;  ///< kWaiting: what became of the last one, unless it was in order.

  /// But for how long it still waits.
  bool is_same(const PeerStatus& other) const {
    const auto code = [](const PeerStatus& s) { return s.why ? s.why->code : Errc{}; };
    return address == other.address && peer == other.peer && state == other.state &&
           why.has_value() == other.why.has_value() && code(*this) == code(other);
  }
};

/// At most so long between calls while words wait: the two persons are at the telephone just now.
inline constexpr std::chrono::milliseconds kWordsPause{3'000};
/// Addresses that were heard of and are called; a network that names more is crowded or hostile.
inline constexpr std::size_t kMaxHeard = 64;

class CallPlan {
 public:
  using IsConnected = std::function<bool(const WireKey&)>;

  explicit CallPlan(crypto::RandomSource& random) : random_(random) {}

  /// The first call is due at once. An address that is there already stays one.
  void add(const std::string& address);
  /// The same of an address at which this peer announced itself on the local network: called until
  /// then, one address of a peer at a time, and forgotten afterwards. False: kMaxHeard are called
  /// already.
  bool add_heard(const std::string& address, const WireKey& peer, sync::Time until);
  /// The same of addresses at which peers were met before: these, and no others from now on but
  /// those that are connected still. One address of a peer at a time, and nobody else is to be met
  /// there. What is typed or heard of stays that.
  void set_remembered(const std::vector<RememberedAddress>& addresses);
  /// Who alone is to be met there; empty: whoever this node knows.
  std::optional<WireKey> expected_at(const std::string& address) const;
  void forget(const std::string& address);
  /// Addresses whose time has come; they count as being called from now on. Forgets those that were
  /// heard of too long ago, or are remembered no more.
  std::vector<std::string> take_due(sync::Time now, const IsConnected& is_connected);
  /// A session with this node began at `address`. Of addresses that nobody calls nothing is noted,
  /// here and below.
  void note_reached(const std::string& address, const WireKey& peer, const std::string& name);
  /// Who answers there is this node, session or not.
  void note_peer(const std::string& address, const WireKey& peer);
  /// Changes became durable at either end, or both have the same: the link works, however often it
  /// breaks, so the next pause is the first one again.
  void note_progress(const std::string& address);
  /// The call has come to words that persons compare: until one ends without, calls follow each
  /// other within kWordsPause.
  void note_words(const std::string& address);
  /// What a person has said is to be told, or the peer has let this node in: no pause, also after a
  /// call that is under way. Of all addresses, or of one.
  void hurry();
  void hurry(const std::string& address);
  void note_closed(const std::string& address, sync::Time now, const std::optional<Error>& why);

  /// Whether status() tells of it while it is connected; else it called here.
  bool has(const WireKey& peer) const;
  /// In the order of add(). Of several addresses of a peer that nobody typed the one that shows how
  /// it stands with it.
  std::vector<PeerStatus> status(sync::Time now, const IsConnected& is_connected) const;

 private:
  enum class Source : std::uint8_t { kTyped, kRemembered, kHeard };
  struct Call {
    std::string address;
    Backoff backoff;
    Source source = Source::kTyped;
    PeerStatus::State state = PeerStatus::State::kWaiting;
    sync::Time due{0};
    std::optional<WireKey> peer;
    std::string name;
    std::optional<Error> why;
    std::optional<sync::Time> until;  ///< Of one that was heard of.
    std::optional<WireKey> likely;    ///< Typed: who was met there before.
    bool is_wanted = true;            ///< Remembered, by what was said last.
    bool hears_words = false;         ///< The call that is under way.
    bool has_words = false;           ///< The call before.
    bool is_hurried = false;
  };
  Call* find(const std::string& address);
  static void hurry(Call& call);
  bool is_being_called(const WireKey& peer) const;
  std::size_t count(Source source) const;
  const Call& most_telling(const Call& call) const;

  crypto::RandomSource& random_;
  std::list<Call> calls_;
};

}  // namespace cunju::peers
