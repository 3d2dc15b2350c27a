# SPDX-License-Identifier: Apache-2.0
# What a store keeps about one change of a record graph (docs/formats/view.md). Packed, one segment.
# 32-byte ids are four little-endian words, so that lists of them need no pointers.
@0x8beb3a564fab16be;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cunju::schema");

struct Dot {
  author0 @0 :UInt64;
  author1 @1 :UInt64;
  author2 @2 :UInt64;
  author3 @3 :UInt64;
  seq @4 :UInt64;
}

struct GraphNode {
  depth @0 :UInt64;
  isVoid @1 :Bool;
  clock @2 :List(Dot);  # ascending by author, none twice
}
