// SPDX-License-Identifier: Apache-2.0
//
// The messages of a sync session as values, to and from packed Cap'n Proto (sync.capnp). Only
// layout and limits are checked here; order and meaning are net/sync's. docs/protocol.md says when
// each is sent.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "crdt/attachment/chunk_tree.h"
#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "net/wire/parts.h"
#include "net/wire/run.h"
#include "net/wire/sketch_codec.h"
#include "net/wire/version.h"

namespace cunju::wire {

/// Stands for a space on the wire: means something only to who knows the space's id, and only in
/// this session.
using SpaceToken = FixedBytes<struct SpaceTokenTag, 16>;
/// Of what both had, keyed with the session's handshake hash.
using MeetingToken = FixedBytes<struct MeetingTokenTag, 16>;
/// Of the heads of one space, keyed with the session's handshake hash.
using HeadsFingerprint = FixedBytes<struct HeadsFingerprintTag, 16>;

/// Names what both ends may compress columns of runs with; 0: nothing.
using DictionaryId = std::uint64_t;

struct Hello {
  std::uint16_t version = kProtocolVersion;
  std::uint64_t features = 0;  ///< Of kFeatures and newer ones.
  /// Over all spaces and the digests of their heads; equal means nothing to do.
  Hash fingerprint;
  std::uint64_t heads = 0;   ///< How many heads these spaces have.
  std::uint16_t oldest = 0;  ///< The oldest version that the sender still speaks; 0: the first.
  /// What the sender's clock says, in milliseconds since 1970; 0: it does not say. Shown to people
  /// whose clocks differ; decides nothing.
  std::uint64_t claimed_ms = 0;
  DictionaryId dictionary = 0;
  /// From kMeetingVersion on: over the sum of all heads, which takes the fingerprint's place. None:
  /// it stands there, because the peer was of that version when both last met.
  std::optional<Hash> sum = {};
  /// Over what both had when they last met.
  std::optional<MeetingToken> meeting = {};
  /// How many logs have been written to since.
  std::uint32_t news = 0;
  friend bool operator==(const Hello&, const Hello&) = default;
};

/// The next symbols of the sketch of the sender's heads; at most kMaxSketchSymbols.
struct Symbols {
  std::uint32_t items = 0;  ///< In the whole sketch.
  std::vector<Symbol> symbols;
  friend bool operator==(const Symbols&, const Symbols&) = default;
};

/// The heads of the logs of one space that were written to since the last meeting.
struct SpaceNews {
  SpaceId space;  ///< Who has met knows which are shared.
  std::vector<HeadItem> heads;
  friend bool operator==(const SpaceNews&, const SpaceNews&) = default;
};

/// All such spaces, ascending; at most kMaxNewsLogs, with kMaxNewsItems in them.
struct News {
  std::vector<SpaceNews> spaces;
  friend bool operator==(const News&, const News&) = default;
};

/// So many more are wanted.
struct MoreSymbols {
  std::uint32_t count = 0;
  friend bool operator==(const MoreSymbols&, const MoreSymbols&) = default;
};

/// What came out of the symbols; each list has at most kMaxSketchSymbols entries.
struct Difference {
  /// Heads of the sender, each the only one here of an author that has one other there.
  std::vector<HeadItem> changed;
  /// Its other heads that the receiver lacks.
  std::vector<HeadItem> added;
  /// Heads of the receiver that the sender lacks, without those of authors in `changed`.
  std::vector<HeadName> lacking;
  friend bool operator==(const Difference&, const Difference&) = default;
};

struct SpaceSummary {
  SpaceToken token;
  HeadsFingerprint heads;
  friend bool operator==(const SpaceSummary&, const SpaceSummary&) = default;
};

/// When the hello fingerprints differ and sketches don't help. Ascending by token, at most
/// kMaxSpacesPerPeer.
struct Spaces {
  std::vector<SpaceSummary> spaces;
  friend bool operator==(const Spaces&, const Spaces&) = default;
};

/// For each space that both named with different fingerprints; at most kMaxHeadsPerMessage.
struct Heads {
  SpaceToken token;
  std::vector<AuthorHead> entries;
  bool is_last = true;
  friend bool operator==(const Heads&, const Heads&) = default;
};

/// Where one author's log of the sender goes, so that two copies of it which part find the place.
/// Asked by who sees heads that contradict its own log, and answered at once by the other's. By
/// falling seq, at most kMaxSamples.
struct Samples {
  SpaceToken token;
  AuthorKey author;
  std::vector<Sample> entries;
  bool is_answer = false;
  friend bool operator==(const Samples&, const Samples&) = default;
};

struct SpacePlan {
  SpaceToken token;
  std::uint64_t changes = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const SpacePlan&, const SpacePlan&) = default;
};

/// What the sender is about to send. Ascending by token, at most kMaxSpacesPerPeer.
struct Plan {
  std::vector<SpacePlan> spaces;
  bool is_in_columns = false;  ///< How it travels: only from kMeetingVersion on.
  friend bool operator==(const Plan&, const Plan&) = default;
};

/// One batch, which the receiver takes in one durable transaction.
struct Runs {
  std::uint64_t batch = 0;  ///< Counts from 0 in each direction.
  SpaceToken token;
  Bytes runs;  ///< From kColumnsVersion on of run::RunEncoder, before it encode_runs.
  friend bool operator==(const Runs&, const Runs&) = default;
};

/// The batch is durable at the sender of the ack.
struct Ack {
  std::uint64_t batch = 0;
  std::uint64_t admitted = 0;
  std::uint64_t known = 0;
  std::uint64_t held = 0;
  std::uint64_t refused = 0;
  friend bool operator==(const Ack&, const Ack&) = default;
};

/// Everything the plan announced has been sent and acknowledged.
struct CaughtUp {
  friend bool operator==(const CaughtUp&, const CaughtUp&) = default;
};

/// Chunks of one attachment, for which answers come in their order. `count`: 1 to
/// limits::kMaxAskedChunks.
struct AskChunks {
  SpaceToken token;
  attachment::BlobId blob;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  friend bool operator==(const AskChunks&, const AskChunks&) = default;
};

/// The answer to the oldest unanswered chunk. Without a chunk it answers all that is left of that
/// AskChunks: there is no such attachment, or none for the asking side.
struct Chunk {
  Bytes chunk;             ///< At most limits::kAttachmentChunkBytes.
  std::vector<Hash> path;  ///< At most limits::kMaxAttachmentTreeDepth.
  friend bool operator==(const Chunk&, const Chunk&) = default;
};

/// Pieces of one attachment, for which answers come in their order. They may begin and end within
/// a chunk. `count`: 1 to limits::kMaxAskedPieces.
struct AskPieces {
  SpaceToken token;
  attachment::BlobId blob;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  friend bool operator==(const AskPieces&, const AskPieces&) = default;
};

/// The answer to the oldest unanswered piece. Without bytes it answers all that is left of that
/// AskPieces, as an empty Chunk does.
struct Piece {
  Bytes bytes;             ///< At most limits::kAttachmentPieceBytes.
  std::vector<Hash> path;  ///< With the last piece of a chunk: its path, as a Chunk's.
  friend bool operator==(const Piece&, const Piece&) = default;
};

/// The sender has what it wanted of the receiver, as far as the receiver has it. It may ask again
/// later, but nobody has to stay for that.
struct FetchDone {
  friend bool operator==(const FetchDone&, const FetchDone&) = default;
};

/// For parts that the sender may have and lacks, of changes that both have. One at a time.
struct AskParts {
  SpaceToken token;
  LogSpan span;
  bool is_open = false;     ///< Parts of the open scope; else those of all others.
  std::uint32_t bytes = 0;  ///< About so many at once; 1 to limits::kMaxAskedPartsBytes.
  friend bool operator==(const AskParts&, const AskParts&) = default;
};

/// The answer: what the sender has of the changes below `next`, and the asking side may have.
struct Parts {
  std::uint64_t next = 0;
  Bytes parts;  ///< encode_parts
  friend bool operator==(const Parts&, const Parts&) = default;
};

/// Which of these changes, at most limits::kMaxAskedHeld, the receiver holds whole and will keep:
/// the sender is to hold parts of them no longer. One at a time.
struct AskHeld {
  SpaceToken token;
  std::vector<ChangeId> ids;
  friend bool operator==(const AskHeld&, const AskHeld&) = default;
};

/// The answer: a bit for each id, the least of a byte first.
struct Held {
  Bytes bits;
  friend bool operator==(const Held&, const Held&) = default;
};

/// The sender has asked for what it lacks; once more if it still had to ask what the receiver
/// holds. It may ask again later, but nobody has to stay for that.
struct PartsDone {
  bool has_more = false;
  friend bool operator==(const PartsDone&, const PartsDone&) = default;
};
struct Ping {
  std::uint64_t number = 0;
  friend bool operator==(const Ping&, const Ping&) = default;
};
struct Pong {
  std::uint64_t number = 0;
  friend bool operator==(const Pong&, const Pong&) = default;
};

/// Numbers of the wire: never reused. A number of a newer version reads as kProtocol.
enum class ByeCode : std::uint16_t {
  kDone = 0,
  kProtocol = 1,
  kMalformed = 2,
  kLimit = 3,
  kBadSignature = 4,
  kTampered = 5,
  kUnsupported = 6,
  kDiskFull = 7,
  kIo = 8,
};
ByeCode bye_code(Errc error);
/// kDone has no error; asking for it is a programmer error.
Errc bye_error(ByeCode code);

/// The last message. Its text is for a log line only.
struct Bye {
  ByeCode code = ByeCode::kDone;
  std::string text;  ///< Cut to kMaxByeTextBytes; a received one is plain ASCII.
  friend bool operator==(const Bye&, const Bye&) = default;
};

using Message = std::variant<Hello, News, Symbols, MoreSymbols, Difference, Spaces, Heads, Samples,
                             Plan, Runs, Ack, CaughtUp, AskChunks, Chunk, FetchDone, AskParts,
                             Parts, AskHeld, Held, PartsDone, Ping, Pong, Bye, AskPieces, Piece>;

/// Errors: kLimit (a list over its limit, a message over kMaxMessageBytes).
Result<Bytes> encode_message(const Message& message);
/// Errors: kMalformed, kLimit, kProtocol (no kind at all), kUnsupported (a kind that this version
/// does not know; the context has its number).
Result<Message> decode_message(ByteView bytes);

}  // namespace cunju::wire
