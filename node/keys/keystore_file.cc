// SPDX-License-Identifier: Apache-2.0
#include "node/keys/keystore_file.h"

#include <algorithm>
#include <string_view>

#include "crdt/base/check.h"
#include "crdt/base/limits.h"
#include "crdt/base/packed.h"
#include "node/keys/keystore.capnp.h"

namespace cunju::keys {
namespace {

constexpr std::uint16_t kVersion = 1;
constexpr std::string_view kMagic = "cunju keystore 1";
/// Nonce, two secrets of 32 bytes, tag: both seals have this size.
constexpr std::size_t kSealedBytes = 24 + 64 + 16;
/// 64 slots of at most some 350 bytes need about 22 KiB, so everything fits the first segment.
constexpr unsigned kSegmentWords = 16 * 1024;

static_assert(kMagic.size() == 16);

template <class Id>
Result<Id> read_id(capnp::Data::Reader data, const char* what) {
  std::optional<Id> id = Id::from(packed::from_kj(data));
  if (!id) return fail(Errc::kCorrupt, std::string("keystore: size of ") + what);
  return *id;
}

Result<Bytes> read_sealed(capnp::Data::Reader data) {
  if (data.size() != kSealedBytes) return fail(Errc::kCorrupt, "keystore: size of a seal");
  return to_bytes(packed::from_kj(data));
}

Result<Slot> read_slot(schema::Slot::Reader in) {
  std::string_view name = packed::from_kj(in.getClerk());
  if (!is_clerk_name(name)) return fail(Errc::kCorrupt, "keystore: a clerk's name");
  if (in.getKind() != static_cast<std::uint8_t>(SlotKind::kPassphrase) &&
      in.getKind() != static_cast<std::uint8_t>(SlotKind::kKeyFile))
    return fail(Errc::kUnsupported, "keystore: unknown kind of slot");
  CUNJU_TRY(AuthorKey author, read_id<AuthorKey>(in.getAuthor(), "an author key"));
  CUNJU_TRY(Salt salt, read_id<Salt>(in.getSalt(), "a salt"));
  CUNJU_TRY(Bytes sealed, read_sealed(in.getSealed()));
  return Slot{.clerk = std::string(name),
              .author = author,
              .kind = static_cast<SlotKind>(in.getKind()),
              .salt = salt,
              .cost = {.operations = in.getOperations(), .memory_bytes = in.getMemoryBytes()},
              .sealed = std::move(sealed)};
}

Result<KeystoreFile> read_file(schema::Keystore::Reader in) {
  if (in.getVersion() > kVersion)
    return fail(Errc::kUnsupported, "keystore version " + std::to_string(in.getVersion()));
  if (in.getVersion() < kVersion) return fail(Errc::kCorrupt, "keystore: version");
  KeystoreFile file;
  CUNJU_TRY(file.id, read_id<KeystoreId>(in.getId(), "the id"));
  CUNJU_TRY(file.node, read_id<NodeKey>(in.getNode(), "the node key"));
  CUNJU_TRY(file.wire, read_id<WireKey>(in.getWire(), "the wire key"));
  CUNJU_TRY(file.sealed_node, read_sealed(in.getSealedNode()));
  if (in.getSlots().size() > limits::kMaxKeystoreSlots)
    return fail(Errc::kLimit, "kMaxKeystoreSlots");
  for (schema::Slot::Reader entry : in.getSlots()) {
    CUNJU_TRY(Slot slot, read_slot(entry));
    if (std::ranges::find(file.slots, slot.clerk, &Slot::clerk) != file.slots.end())
      return fail(Errc::kCorrupt, "keystore: two clerks of one name");
    file.slots.push_back(std::move(slot));
  }
  return file;
}

Bytes binding(std::string_view label_text, const KeystoreId& id) {
  std::array<std::uint8_t, 16> label = crypto::label(label_text);
  Bytes out(label.begin(), label.end());
  put_u16(out, kVersion);
  append(out, id.view());
  return out;
}

}  // namespace

bool is_clerk_name(std::string_view name) {
  auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return !name.empty() && name.size() <= limits::kMaxNameBytes && is_utf8(name) &&
         std::ranges::none_of(name, is_control);
}

Bytes encode_keystore(const KeystoreFile& file) {
  capnp::MallocMessageBuilder message(kSegmentWords);
  auto root = message.initRoot<schema::Keystore>();
  root.setVersion(kVersion);
  root.setId(packed::to_kj(file.id.view()));
  root.setNode(packed::to_kj(file.node.view()));
  root.setWire(packed::to_kj(file.wire.view()));
  root.setSealedNode(packed::to_kj(file.sealed_node));
  auto slots = root.initSlots(static_cast<unsigned>(file.slots.size()));
  for (unsigned i = 0; i < slots.size(); ++i) {
    const Slot& slot = file.slots[i];
    auto out = slots[i];
    out.setClerk(packed::to_kj_text(slot.clerk));
    out.setAuthor(packed::to_kj(slot.author.view()));
    out.setKind(static_cast<std::uint8_t>(slot.kind));
    out.setSalt(packed::to_kj(slot.salt.view()));
    out.setOperations(slot.cost.operations);
    out.setMemoryBytes(slot.cost.memory_bytes);
    out.setSealed(packed::to_kj(slot.sealed));
  }
  CUNJU_CHECK(message.getSegmentsForOutput().size() == 1, "64 slots fit one segment");
  Bytes content = packed::write_packed(message);
  Bytes out = to_bytes(as_bytes(kMagic));
  append(out, crypto::hash({content}).view());
  append(out, content);
  return out;
}

Result<KeystoreFile> parse_keystore(ByteView bytes) {
  if (bytes.size() > limits::kMaxKeystoreBytes) return fail(Errc::kLimit, "kMaxKeystoreBytes");
  if (bytes.size() < kMagic.size() + Hash::kSize ||
      !equal(bytes.first(kMagic.size()), as_bytes(kMagic)))
    return fail(Errc::kCorrupt, "not a keystore, or cut short");
  ByteView content = bytes.subspan(kMagic.size() + Hash::kSize);
  if (!equal(crypto::hash({content}).view(), bytes.subspan(kMagic.size(), Hash::kSize)))
    return fail(Errc::kCorrupt, "keystore is damaged");
  Result<KeystoreFile> file =
      packed::read_packed<schema::Keystore>(content, limits::kMaxKeystoreBytes / 8, read_file);
  if (!file && file.error().code == Errc::kMalformed)
    return fail(Errc::kCorrupt, "keystore: " + file.error().context);
  return file;
}

Bytes slot_binding(const KeystoreId& id, const Slot& slot) {
  Bytes out = binding("cunju slot 1", id);
  put_u8(out, static_cast<std::uint8_t>(slot.kind));
  append(out, slot.salt.view());
  put_u64(out, slot.cost.operations);
  put_u64(out, slot.cost.memory_bytes);
  append(out, slot.author.view());
  append(out, as_bytes(slot.clerk));
  return out;
}

Bytes node_binding(const KeystoreFile& file) {
  Bytes out = binding("cunju node 1", file.id);
  append(out, file.node.view());
  append(out, file.wire.view());
  // A seal has a fixed size, so the hashed pairs have one reading.
  for (const Slot& slot : file.slots)
    append(out, crypto::hash({slot_binding(file.id, slot), slot.sealed}).view());
  return out;
}

}  // namespace cunju::keys
