# SPDX-License-Identifier: Apache-2.0
# links and body of a part (docs/formats/change.md). Packed, one segment. Fields are only ever added.
@0xd6a3c1f7b2904e15;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cunju::schema");

struct Value {
  union {
    none @0 :Void;
    integer @1 :Int64;
    text @2 :Text;
    data @3 :Data;
  }
}

struct Operation {
  kind @0 :UInt16;
  field @1 :Text;
  value @2 :Value;
  previous @3 :Value;
}

struct Links {
  salt @0 :Data;            # 16 bytes
  record @1 :Data;          # 16 bytes
  registry @2 :Text;
  parents @3 :List(Data);   # change ids, ascending, none twice
}

struct Body {
  salt @0 :Data;            # 16 bytes
  operations @1 :List(Operation);
}
