# SPDX-License-Identifier: Apache-2.0
# What a node states that it holds, as the value of an Operation of kind kWitness
# (docs/formats/witness.md). Packed, one segment. Fields are only ever added.
@0xc4a1f07d92e8b356;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cunju::schema");

struct WitnessedHead {
  author @0 :Data;        # 32 bytes
  seq @1 :UInt64;
  id @2 :Data;            # 32 bytes: of that change
}

struct WitnessStatement {
  heads @0 :List(WitnessedHead);   # ascending by author, none twice
}
