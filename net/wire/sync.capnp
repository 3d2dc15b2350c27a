# SPDX-License-Identifier: Apache-2.0
# What two nodes say inside a secure channel (docs/protocol.md). Packed, one segment. Members are only
# added. Tokens are 16 bytes, keys, ids and fingerprints 32 unless a comment says otherwise.
@0xbed4d0f6e6d2a0bc;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cunju::schema");

struct SessionMessage {
  union {
    unknown @0 :Void;
    hello @1 :Hello;
    spaces @2 :Spaces;
    heads @3 :Heads;
    plan @4 :Plan;
    runs @5 :Runs;
    ack @6 :Ack;
    caughtUp @7 :Void;
    ping @8 :UInt64;
    pong @9 :UInt64;
    bye @10 :Bye;
    samples @11 :Samples;
    symbols @12 :Symbols;
    moreSymbols @13 :UInt32;
    difference @14 :Difference;
    askChunks @15 :AskChunks;
    chunk @16 :Chunk;
    fetchDone @17 :Void;
    askParts @18 :AskParts;
    parts @19 :Parts;
    askHeld @20 :AskHeld;
    held @21 :Data;                 # bits, the least of a byte first: one for each id that was asked for
    partsDone @22 :Bool;            # the sender still has to ask what the receiver holds
    news @23 :News;
    askPieces @24 :AskPieces;
    piece @25 :Piece;
  }
}

struct Hello {
  version @0 :UInt16;
  features @1 :UInt64;
  fingerprint @2 :Data;
  heads @3 :UInt64;
  oldest @4 :UInt16;              # version that the sender still speaks
  claimedMs @5 :UInt64;           # what the sender's clock says; 0: it does not say
  dictionary @6 :UInt64;          # names what columns of runs may be compressed with; 0: nothing
  sum @7 :Data;                   # 32 bytes; none: it is in `fingerprint`
  meeting @8 :Data;               # 16 bytes; none: there was none
  news @9 :UInt32;                # logs that were written to since
}
struct News {
  spaces @0 :Data;                # ids of 32 bytes, ascending
  counts @1 :Data;                # u32 each: the items of each space
  items @2 :Data;                 # net/wire/sketch_codec.h
}
struct Symbols {
  items @0 :UInt32;
  symbols @1 :Data;               # net/wire/sketch_codec.h, as what follows
}
struct Difference {
  changed @0 :Data;               # items
  added @1 :Data;                 # items
  lacking @2 :Data;               # names
}
struct Spaces {
  spaces @0 :List(SpaceSummary);  # ascending by token
}
struct SpaceSummary {
  token @0 :Data;
  heads @1 :Data;                 # fingerprint of the heads, 16 bytes
}
struct Heads {
  token @0 :Data;
  entries @1 :List(AuthorHead);   # ascending by author, seq, id, through all messages of one space
  isLast @2 :Bool;
}
struct AuthorHead {
  author @0 :Data;
  seq @1 :UInt64;
  id @2 :Data;
}
struct Samples {
  token @0 :Data;
  author @1 :Data;
  entries @2 :List(Sample);       # by falling seq
  isAnswer @3 :Bool;
}
struct Sample {
  seq @0 :UInt64;
  id @1 :Data;
}
struct Plan {
  spaces @0 :List(SpacePlan);     # ascending by token; spaces with nothing to send are left out
  tokens @1 :Data;                # from version 4 on instead: 16 bytes each, ascending
  amounts @2 :Data;               # varints: changes, bytes of each
}
struct SpacePlan {
  token @0 :Data;
  changes @1 :UInt64;
  bytes @2 :UInt64;
}
struct Runs {
  batch @0 :UInt64;
  token @1 :Data;
  runs @2 :Data;                  # net/wire/run_codec.h
}
struct Ack {
  batch @0 :UInt64;
  admitted @1 :UInt64;
  known @2 :UInt64;
  held @3 :UInt64;
  refused @4 :UInt64;
}
struct AskChunks {
  token @0 :Data;
  address @1 :Data;
  bytes @2 :UInt64;               # of the whole attachment as stored
  first @3 :UInt32;
  count @4 :UInt32;
}
struct Chunk {
  chunk @0 :Data;                 # empty: there is none
  path @1 :Data;                  # hashes of 32 bytes, from below
}
struct AskPieces {
  token @0 :Data;
  address @1 :Data;
  bytes @2 :UInt64;               # of the whole attachment as stored
  first @3 :UInt32;               # counted from the attachment's beginning
  count @4 :UInt32;
}
struct Piece {
  bytes @0 :Data;                 # empty: there is none
  path @1 :Data;                  # with the last piece of a chunk: its hashes of 32 bytes, from below
}
struct AskParts {
  token @0 :Data;
  author @1 :Data;
  first @2 :UInt64;
  bits @3 :Data;                  # net/wire/parts.h
  isOpen @4 :Bool;                # of the open scope; else of all others
  bytes @5 :UInt32;
}
struct Parts {
  next @0 :UInt64;
  parts @1 :Data;                 # net/wire/parts_codec.h
}
struct AskHeld {
  token @0 :Data;
  ids @1 :Data;                   # 32 bytes each
}
struct Bye {
  code @0 :UInt16;
  text @1 :Text;
}

# --- pairing: an offer, a request, a reply, in a channel of its own -------------------------------
struct PairMessage {
  union {
    unknown @0 :Void;
    request @1 :PairRequest;
    reply @2 :PairReply;
    offer @3 :PairOffer;
  }
}
struct PairOffer {
  commitment @0 :Data;            # 32 bytes
}
struct PairRequest {
  node @0 :Data;
  wire @1 :Data;
  author @2 :Data;
  name @3 :Text;
  signature @4 :Data;             # 64 bytes
  entry @5 :Data;                 # 64 bytes: the node's half of its roster entry
  proof @6 :Data;                 # 64 bytes: the author's own word that the device key is its own
  deviceEntry @7 :Data;           # 64 bytes: the device's half of its roster entry
  nonce @8 :Data;                 # 32 bytes
  verdict @9 :UInt8;
  earlier @10 :Data;              # 32 bytes
}
struct PairReply {
  status @0 :UInt16;
  space @1 :Data;
  node @2 :Data;
  wire @3 :Data;
  signature @4 :Data;             # 64 bytes
  nonce @5 :Data;                 # 32 bytes
}
