# SPDX-License-Identifier: Apache-2.0
# An invitation as it travels (docs/formats/invitation.md). Members are only added.
@0xe4a81b63f0d92c57;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cunju::schema");

struct Invitation {
  version @0 :UInt16;
  id @1 :Data;          # 16 bytes
  psk @2 :Data;         # 32 bytes
  space @3 :Data;       # 32 bytes
  spaceName @4 :Text;
  role @5 :Text;
  memberName @6 :Text;
  member @7 :Data;      # 16 bytes
  inviterNode @8 :Data; # 32 bytes, Ed25519
  inviterWire @9 :Data; # 32 bytes, X25519
  signature @10 :Data;  # 64 bytes, by the inviting node
  oneTimeKey @11 :Data; # 32 bytes, X25519 secret; only in the inviter's own book, never in a text
}
