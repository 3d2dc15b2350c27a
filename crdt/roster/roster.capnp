# SPDX-License-Identifier: Apache-2.0
# One roster operation, carried as the value of an Operation of kind kRoster.
@0xb1f5e2c49d7a3068;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cunju::schema");

struct RosterOperation {
  union {
    unknown @0 :Void;
    foundSpace @1 :FoundSpace;
    admitMember @2 :AdmitMember;
    grantRole @3 :GrantRole;
    addDevice @4 :AddDevice;
    addNode @5 :AddNode;
    setPolicy @6 :SetPolicy;
    endRole @7 :EndRole;
    removeMember @8 :RemoveMember;
    retireDevice @9 :Cut;
    retireNode @10 :RetireNode;
    setReplication @11 :SetReplication;
    admitLate @12 :AdmitLate;
    setQuorum @13 :SetQuorum;
    epoch @14 :Epoch;
    openEpoch @15 :OpenEpoch;
    seal @16 :Void;
  }
}

struct FoundSpace {
  name @0 :Text;
  code @1 :Text;          # 12-digit division code
  rules @2 :UInt16;       # version of the roster's rules
}
struct AdmitMember {
  member @0 :Data;        # 16 bytes
  name @1 :Text;
}
struct GrantRole {
  member @0 :Data;
  role @1 :Text;
  termFrom @2 :Text;      # ISO dates, displayed only
  termUntil @3 :Text;
}
struct AddDevice {
  member @0 :Data;
  author @1 :Data;        # 32 bytes, Ed25519
  signature @2 :Data;     # 64 bytes: by the device, over space and member
}
struct AddNode {
  node @0 :Data;          # 32 bytes, Ed25519
  wire @1 :Data;          # 32 bytes, X25519
  name @2 :Text;
  replication @3 :UInt8;  # 0 full, 1 shell, 2 witness
  member @4 :Data;        # 16 bytes: whose node it is
  signature @5 :Data;     # 64 bytes: by the node, over space, wire key and member
}
struct SetPolicy {
  role @0 :Text;
  registry @1 :Text;      # "*": every registry without a line of its own
  rights @2 :UInt8;       # bits of Right
  cuts @3 :List(Cut);     # when it takes rights away: for each device of the role
}
struct Cut {
  author @0 :Data;        # 32 bytes: a device
  end @1 :UInt64;         # changes of its log that stand before the act
  last @2 :Data;          # 32 bytes: id of the last of them; zero when there is none
}
struct EndRole {
  member @0 :Data;
  role @1 :Text;
  cuts @2 :List(Cut);
}
struct RemoveMember {
  member @0 :Data;
  cuts @1 :List(Cut);
}
struct RetireNode {
  node @0 :Data;          # 32 bytes
}
struct SetReplication {
  node @0 :Data;
  replication @1 :UInt8;
}
struct AdmitLate {
  changes @0 :List(Data); # 32 bytes each
}
struct SetQuorum {
  threshold @0 :UInt16;
  keys @1 :List(Data);    # 32 bytes each: devices
}
struct Epoch {
  voided @0 :List(Data);  # 32 bytes each: roster changes that say nothing from now on
  signatures @1 :List(Cosignature);
}
struct Cosignature {
  author @0 :Data;
  signature @1 :Data;     # 64 bytes
}
struct OpenEpoch {
  scope @0 :UInt16;       # not 0
  name @1 :Text;
  epoch @2 :Data;         # 32 bytes: commits to the key
  wraps @3 :List(EpochWrap);
}
struct EpochWrap {
  recipient @0 :Data;     # 32 bytes: a device
  wrap @1 :Data;
}
