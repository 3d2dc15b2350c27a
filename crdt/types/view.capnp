# SPDX-License-Identifier: Apache-2.0
# Merged record state and record view (docs/formats/view.md). Packed, one segment. Written by the
# store only for itself: a newer version drops and rebuilds views. Each list has one allowed order.
@0xfe0119f24492c361;

using Cxx = import "/capnp/c++.capnp";
using Graph = import "/crdt/graph/graph.capnp";
$Cxx.namespace("cunju::schema");

struct Origin {
  id0 @0 :UInt64;
  id1 @1 :UInt64;
  id2 @2 :UInt64;
  id3 @3 :UInt64;
  author0 @4 :UInt64;
  author1 @5 :UInt64;
  author2 @6 :UInt64;
  author3 @7 :UInt64;
  seq @8 :UInt64;
  depth @9 :UInt64;
}

struct Entry {
  kind @0 :UInt16;          # FieldKind, not kLife
  valueType @1 :UInt8;      # 0 none, 1 integer, 2 text, 3 bytes
  previousType @2 :UInt8;   # 0 none, 2 text
  origin @3 :UInt32;        # index into origins
  integer @4 :Int64;
  field @5 :Data;           # empty: the field of the entry before
  value @6 :Data;
  previous @7 :Data;
}

struct Text {
  name @0 :Data;
  text @1 :Data;              # UTF-8
  heads @2 :List(Graph.Dot);  # ascending
  late @3 :List(Graph.Dot);   # ascending
  isMerged @4 :Bool;
}

struct TextLoad {
  author0 @0 :UInt64;
  author1 @1 :UInt64;
  author2 @2 :UInt64;
  author3 @3 :UInt64;
  seq @4 :UInt64;             # the load: written as a dot
}

struct RecordState {
  origins @0 :List(Origin);   # ascending by (depth, id)
  live @1 :List(UInt32);      # origins of the life register's candidates, falling
  deleted @2 :List(UInt32);
  entries @3 :List(Entry);    # ascending by (field, kind), within it as field.h says
  texts @4 :List(Text);       # ascending by name
  textLoads @5 :List(TextLoad);  # ascending by author
}

struct Head {
  id0 @0 :UInt64;
  id1 @1 :UInt64;
  id2 @2 :UInt64;
  id3 @3 :UInt64;
  author0 @4 :UInt64;
  author1 @5 :UInt64;
  author2 @6 :UInt64;
  author3 @7 :UInt64;
  seq @8 :UInt64;
}

struct Claim {
  id0 @0 :UInt64;             # of the first change
  id1 @1 :UInt64;
  id2 @2 :UInt64;
  id3 @3 :UInt64;
  depth @4 :UInt64;           # of the first change
  registry @5 :Data;
  state @6 :RecordState;
}

struct RecordView {
  maxDepth @0 :UInt64;
  heads @1 :List(Head);           # ascending by id
  clock @2 :List(Graph.Dot);      # ascending by author
  claims @3 :List(Claim);         # the view's own first, the others ascending by registry
  leftOut @4 :List(Head);         # ascending by id
  passesOver @5 :Bool;
}
