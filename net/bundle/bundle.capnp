# SPDX-License-Identifier: Apache-2.0
# What a bundle says about itself, and a receipt (docs/formats/bundle.md). Packed, one segment. Members
# are only added. Keys and ids of spaces are 32 bytes, ids of letters and bundles 16.
@0xdb73fa6bf4c18475;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cunju::schema");
using Sync = import "/net/wire/sync.capnp";

struct BundleLetter {
  id @0 :Data;
  bundle @1 :Data;               # the same in all letters of one bundle
  part @2 :UInt32;               # its place among them, from 1
  isLast @3 :Bool;
  from @4 :Data;                 # Ed25519 key of the node that wrote it
  fromWire @5 :Data;
  claimedMs @6 :UInt64;
  chunks @7 :UInt32;
  spaces @8 :List(BundleSpace);  # ascending by space
  slots @9 :UInt32;              # of the annex
}
struct BundleSpace {
  space @0 :Data;
  changes @1 :UInt64;
  bytes @2 :UInt64;              # as stored
  attachments @3 :UInt32;        # of which there are chunks in the annex
  attachmentBytes @4 :UInt64;    # of these chunks
  parts @5 :UInt32;              # that the recipient said to lack
}
struct BundleReceipt {
  space @0 :Data;
  node @1 :Data;                 # Ed25519 key of the node that has it
  to @2 :Data;                   # of the node that it is for
  number @3 :UInt64;             # rises with every receipt of the node
  answers @4 :List(Data);        # letters of the other node that were read before
  logs @5 :List(BundleLog);      # ascending by author
  attachments @6 :List(LackedAttachment);  # ascending by address, bytes; null: it does not say
  parts @7 :List(LackedSpan);    # ascending by isOpen, author and first
}
struct LackedAttachment {
  address @0 :Data;
  bytes @1 :UInt64;              # as stored
  isWanted @2 :Bool;             # it would fetch it unasked, or somebody asked for it
  chunks @3 :List(ChunkSpan);    # ascending; none: all of it
}
struct ChunkSpan {
  first @0 :UInt32;
  count @1 :UInt32;
}
struct LackedSpan {
  author @0 :Data;
  first @1 :UInt64;
  bits @2 :Data;                 # bit i, the least of a byte first: number first + i
  isOpen @3 :Bool;               # of the open scope; else of all others
}
struct BundleLog {
  author @0 :Data;
  samples @1 :List(Sync.Sample); # by falling seq
}
