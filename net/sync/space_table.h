// SPDX-License-Identifier: Apache-2.0
//
// The spaces of one session: their tokens and fingerprints, which of them both sides share, and
// what the peer has of each. The peer's heads are claims: they decide what is sent, never what is
// accepted.
//   token       := first 16 bytes of keyed(handshake hash, "cunju token 1" || space)
//   heads       := first 16 bytes of keyed(handshake hash, "cunju heads 2" || space || digest)
//   fingerprint := keyed(handshake hash, "cunju spaces 2" || (space || digest)*), ascending
//   sum         := keyed(handshake hash, "cunju sum 4" || digest of all); with gaps, which the peer
//                  could close, keyed(handshake hash, "cunju gaps 4" || peer's wire key || ...)
//   meeting     := first 16 bytes of keyed(handshake hash, "cunju met 4" || digest of all, then)
// digest: HeadsSum::digest of the space's heads; digest of all: SharedSum::digest.
// Spaces are entered one by one as something is said of them, and all at once (list()) when a token
// or a comparison of heads needs them: a session in which nothing has changed costs the same for
// one space and for thousands.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"
#include "net/sync/head_sketch.h"
#include "net/sync/port.h"
#include "net/wire/messages.h"

namespace cunju::sync {

/// One space of ours, announced or not by the peer.
struct SharedSpace {
  SpaceId id;
  wire::SpaceToken token;
  Hash digest;                ///< Of our heads, for lists.
  Have have;                  ///< What the peer has, as far as it is known.
  bool is_shared = false;     ///< The peer named it as well.
  bool awaits_heads = false;  ///< The fingerprints differ and the peer's heads are still coming.
  bool may_lack = false;      ///< Something here may be missing there.
  /// What is missing there, and whether some of it is urgent (Port::lacks_urgent); none: it has to
  /// be measured.
  std::optional<Amount> left = {};
  bool is_urgent = false;
  bool is_noted = false;               ///< The port knows that the peer has all of it.
  std::vector<AuthorHead> last_heads;  ///< The peer's, of the author that it named last.

  /// There is, or may be, more to send.
  void note_lacking() {
    may_lack = true;
    left.reset();
  }
};

/// One author's log as the peer has it.
struct PeerLog {
  AuthorKey author;
  std::vector<AuthorHead> here;  ///< Those of its heads that are here as well.
  /// The others; what a sketch tells of a head is not its id.
  struct Elsewhere {
    Seq seq;
    std::optional<ChangeId> id;
  };
  std::vector<Elsewhere> elsewhere;
};

/// What the peer's heads lead to.
struct HeadsTaken {
  std::vector<wire::Samples> questions;  ///< Where logs part: to be sent.
  std::vector<std::string> log;
};

class SpaceTable {
 public:
  explicit SpaceTable(ByteView handshake_hash);

  /// Takes the sum of all heads as it is now, and the last meeting. Errors: the port's; kLimit.
  Result<void> load(Port& port, const WireKey& peer);
  /// What the hello says to all versions. Of a peer that knew sums when both last met it is the
  /// sum, which costs no look at each space.
  const Hash& fingerprint() const { return fingerprint_; }
  /// From wire::kMeetingVersion on: equal means that both have the same.
  const Hash& sum() const { return sum_; }
  /// Heads in all spaces at the start.
  std::uint64_t count() const { return count_; }
  const std::optional<wire::MeetingToken>& meeting() const { return meeting_; }
  /// How many logs were written to since.
  std::size_t news_count() const { return recent_.size(); }

  /// Enters all spaces that were shared at the start. Errors: the port's; kLimit.
  Result<void> list(Port& port);
  /// All spaces with what their heads are. Errors: the port's; kLimit.
  Result<wire::Spaces> summaries(Port& port);

  /// The hellos are equal: the peer has what we had at the start. Errors: the port's.
  Result<void> match_all(Port& port);
  /// The meetings are equal: the peer has what we had then, and what it tells. Gives what we tell.
  /// Errors: the port's.
  Result<wire::News> match_meeting(Port& port);
  /// Errors: as take_heads.
  Result<HeadsTaken> take_news(Port& port, const wire::News& news);
  /// The sketch of the heads as they are now, of all spaces. Errors: the port's.
  Result<HeadSketch> sketch(Port& port);
  /// What a sketch has told; what both have is not among its logs. Errors: as take_heads.
  Result<HeadsTaken> take_findings(Port& port, const HeadSketch& sketch, const Findings& findings);
  /// Spaces that the peer names and we don't are passed over: its roster may be ahead of ours.
  void match(const wire::Spaces& peer);
  /// Our heads of each space that awaits the peer's, cut into messages. Errors: the port's; kLimit.
  Result<std::vector<wire::Heads>> own_heads(Port& port) const;
  /// Takes claims of the peer. Heads that contradict our log mean a fork: where the two copies part
  /// is asked, and nothing of that author goes to the peer before the answer. Errors: kProtocol,
  /// kLimit, the port's.
  Result<HeadsTaken> take_heads(Port& port, const wire::Heads& heads);
  bool awaits_heads() const;
  /// What the peer has of an author's log is all up to the first sample that is here. Gives the
  /// answer to a question. Errors: kProtocol, the port's.
  Result<std::optional<wire::Samples>> take_samples(Port& port, const wire::Samples& samples);
  /// Questions of ours are unanswered: there may be more to send than it seems.
  bool awaits_samples() const { return questions_ > 0; }
  /// Tells the port that the peer has everything, of spaces in which something has happened since;
  /// the first time, if `meets`, that both have met. Errors: the port's.
  Result<void> note_caught_up(Port& port, bool meets);
  Result<wire::Plan> plan(Port& port);

  /// Those that are entered, ascending by token.
  std::span<const SharedSpace> all() const { return spaces_; }
  /// Null when it is not entered.
  const SharedSpace* find(const SpaceId& space) const;
  /// Errors: kProtocol when the token names no space that both share; the port's.
  Result<SharedSpace*> require(Port& port, const wire::SpaceToken& token);
  /// Of those that are entered.
  Result<SharedSpace*> require(const wire::SpaceToken& token);
  /// The entry of a space; null when there is none and both do not share it, or nothing has been
  /// compared yet. Errors: the port's.
  Result<SharedSpace*> enter(Port& port, const SpaceId& space);
  /// This node shared it with the peer when the session began. Errors: the port's.
  Result<bool> was_shared_at_start(Port& port, const SpaceId& space) const;
  /// The peer has sent these runs, so it has them. Errors: kLimit, the port's.
  Result<void> note_received(Port& port, SharedSpace& space, std::span<const Run> runs);
  /// Something of this space, or of any, has been committed here. Errors: the port's.
  Result<void> note_committed(Port& port, const SpaceId& space);
  Result<void> note_committed(Port& port);

  /// The space from which something has to be sent next; null when there is none. First those of
  /// which something urgent is missing there, then those of which the least is, so that a village
  /// with much does not hold up fifty with little. Errors: the port's.
  Result<SharedSpace*> next_to_send(Port& port);
  /// So much of it was sent.
  static void note_sent(SharedSpace& space, const Amount& amount);

 private:
  Hash keyed(std::string_view label, ByteView content) const;
  wire::HeadsFingerprint heads_fingerprint(const SharedSpace& space) const;
  wire::SpaceToken token_of(const SpaceId& space) const;
  void match_entered(std::uint64_t position);
  Result<void> measure(Port& port, SharedSpace& space);
  Result<wire::SpaceNews> news_of(Port& port, const SharedSpace& space,
                                  std::span<const RecentLog> logs) const;
  Result<void> take_space_news(Port& port, SharedSpace& space, const wire::SpaceNews& news,
                               HeadsTaken& out);
  /// Which of the heads of the author's log, as the peer has it, are here.
  Result<void> sort_items(Port& port, const SharedSpace& space,
                          std::span<const wire::HeadItem> items, PeerLog& out) const;
  Result<void> take_heads_of_one(Port& port, SharedSpace& space, HeadsTaken& out);
  Result<void> take_peer_log(Port& port, SharedSpace& space, const PeerLog& log, HeadsTaken& out);
  Result<void> take_log_difference(Port& port, const LogDifference& log, HeadsTaken& out);
  Result<void> ask_for_lost_logs(Port& port, const Findings& findings, HeadsTaken& out);
  Result<void> ask(Port& port, SharedSpace& space, const AuthorKey& author, HeadsTaken& out);
  /// The entry of an author, made if there is none. Errors: kLimit.
  Result<LogHave*> have_of(SharedSpace& space, const AuthorKey& author);

  Bytes handshake_hash_;
  WireKey peer_;
  HeadTags tags_;
  std::vector<SharedSpace> spaces_;  ///< Ascending by token.
  bool is_listed_ = false;           ///< All are entered.
  bool is_matched_ = false;  ///< Both share all; what the peer had before `position_` we had too.
  std::uint64_t position_ = 0;  ///< Port::position at the start, or at the meeting.
  std::uint64_t seen_ = 0;      ///< What was committed before it has been looked at.
  std::uint64_t count_ = 0;
  Hash fingerprint_, sum_;
  std::optional<wire::MeetingToken> meeting_;
  std::uint64_t met_position_ = 0;
  std::vector<RecentLog> recent_;  ///< Written to since the meeting.
  bool has_met_ = false;           ///< The port knows it.
  std::size_t remembered_heads_ = 0;
  std::size_t questions_ = 0;       ///< Asked and not answered.
  std::size_t peer_questions_ = 0;  ///< Asked by the peer so far.
};

}  // namespace cunju::sync
