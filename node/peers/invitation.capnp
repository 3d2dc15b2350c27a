# SPDX-License-Identifier: Apache-2.0
# An invitation in the books of who gave and who took it (docs/formats/invitation.md). Members are
# only added.
@0xe4a81b63f0d92c57;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cunju::schema");

struct Invitation {
  version @0 :UInt16;
  secret @1 :Data;        # 16 bytes
  space @2 :Data;         # 32 bytes
  spaceName @3 :Text;
  role @4 :Text;
  memberName @5 :Text;
  inviterWire @6 :Data;   # 32 bytes, X25519
  oneTimeKey @7 :Data;    # 32 bytes, X25519 secret; in the inviter's book only
  stage @8 :UInt8;
  attempts @9 :UInt16;
  wrongWords @10 :UInt16;
  rivals @11 :UInt16;
  transcript @12 :Data;   # 32 bytes
  request @13 :Data;      # PairMessage, packed; in the inviter's book only
  inviterNode @14 :Data;  # 32 bytes, Ed25519
  isPeerSure @15 :Bool;
  isTold @16 :Bool;
  madeMs @17 :UInt64;
}
