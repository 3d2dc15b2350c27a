# SPDX-License-Identifier: Apache-2.0
# The content of a keystore file (docs/formats/keystore.md). Packed, one segment. A change of any
# meaning is a new version, because every field is bound into the seals.
@0x8c51619f380e0db5;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cunju::keys::schema");

struct Keystore {
  version @0 :UInt16;     # 1
  id @1 :Data;            # 16 random bytes
  node @2 :Data;          # Ed25519 public key of the node
  wire @3 :Data;          # X25519 public key of the node
  sealedNode @4 :Data;    # node seed, wire secret: under the storage key
  slots @5 :List(Slot);
}

struct Slot {
  clerk @0 :Text;
  author @1 :Data;        # Ed25519 public key of the clerk
  kind @2 :UInt8;         # 1 passphrase, 2 key file
  salt @3 :Data;          # 16 random bytes, new with every change of the slot
  operations @4 :UInt64;  # Argon2id passes; 0 for a key file
  memoryBytes @5 :UInt64; # Argon2id memory; 0 for a key file
  sealed @6 :Data;        # storage key, author seed: under the key of the passphrase or key file
}
