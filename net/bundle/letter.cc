// SPDX-License-Identifier: Apache-2.0
#include "net/bundle/letter.h"

#include <algorithm>

#include "crdt/base/check.h"
#include "crdt/change/change.h"
#include "net/bundle/bundle.capnp.h"
#include "net/bundle/bundle_limits.h"
#include "net/wire/packed_fields.h"

namespace cunju::bundle {
namespace {

constexpr std::string_view kLabel = "cunju letter 1";
constexpr std::array<std::uint8_t, 1> kSuite{kSuiteEd25519Blake2b};
constexpr std::size_t kLetterWords = 64;
constexpr std::size_t kSpaceWords = 5 + 4;
constexpr std::size_t kMaxLetterWords = kLetterWords + limits::kMaxLetterSpaces * kSpaceWords;

Result<Letter> read(schema::BundleLetter::Reader in) {
  Letter out;
  CUNJU_TRY(out.id, wire::read_fixed<LetterId>(in.getId()));
  CUNJU_TRY(out.bundle, wire::read_fixed<BundleId>(in.getBundle()));
  out.part = in.getPart();
  out.is_last = in.getIsLast();
  CUNJU_TRY(out.from, wire::read_fixed<NodeKey>(in.getFrom()));
  CUNJU_TRY(out.from_wire, wire::read_fixed<WireKey>(in.getFromWire()));
  out.claimed_ms = in.getClaimedMs();
  out.chunks = in.getChunks();
  if (out.part == 0) return fail(Errc::kMalformed, "bundle: parts are counted from 1");
  out.slots = in.getSlots();
  if (out.chunks > limits::kMaxBundleBlocks || out.slots > limits::kMaxBundleBlocks - out.chunks)
    return fail(Errc::kLimit, "kMaxBundleBlocks");
  if (in.getSpaces().size() > limits::kMaxLetterSpaces)
    return fail(Errc::kLimit, "kMaxLetterSpaces");
  for (auto space : in.getSpaces()) {
    CUNJU_TRY(const SpaceId id, wire::read_fixed<SpaceId>(space.getSpace()));
    if (!out.spaces.empty() && !(out.spaces.back().space < id))
      return fail(Errc::kMalformed, "bundle: spaces are not ascending");
    out.spaces.push_back({.space = id,
                          .changes = space.getChanges(),
                          .bytes = space.getBytes(),
                          .attachments = space.getAttachments(),
                          .attachment_bytes = space.getAttachmentBytes(),
                          .parts = space.getParts()});
  }
  return out;
}

}  // namespace

Bytes encode_letter(const Letter& letter, const crypto::SigningKey& node, const WireKey& recipient,
                    const EphemeralKey& ephemeral) {
  CUNJU_CHECK(letter.from == node.node(), "a node writes letters in its own name");
  CUNJU_CHECK(letter.spaces.size() <= limits::kMaxLetterSpaces, "the writer begins another one");
  capnp::MallocMessageBuilder message(kMaxLetterWords);
  auto out = message.initRoot<schema::BundleLetter>();
  out.setId(packed::to_kj(letter.id.view()));
  out.setBundle(packed::to_kj(letter.bundle.view()));
  out.setPart(letter.part);
  out.setIsLast(letter.is_last);
  out.setFrom(packed::to_kj(letter.from.view()));
  out.setFromWire(packed::to_kj(letter.from_wire.view()));
  out.setClaimedMs(letter.claimed_ms);
  out.setChunks(letter.chunks);
  out.setSlots(letter.slots);
  auto spaces = out.initSpaces(static_cast<unsigned>(letter.spaces.size()));
  for (unsigned i = 0; i < spaces.size(); ++i) {
    spaces[i].setSpace(packed::to_kj(letter.spaces[i].space.view()));
    spaces[i].setChanges(letter.spaces[i].changes);
    spaces[i].setBytes(letter.spaces[i].bytes);
    spaces[i].setAttachments(letter.spaces[i].attachments);
    spaces[i].setAttachmentBytes(letter.spaces[i].attachment_bytes);
    spaces[i].setParts(letter.spaces[i].parts);
  }
  CUNJU_CHECK(message.getSegmentsForOutput().size() == 1, "kMaxLetterWords covers the letter");
  const Bytes body = packed::write_packed(message);
  const Signature signature = node.sign(kLabel, {kSuite, recipient.view(), ephemeral.view(), body});
  Bytes text;
  put_u32(text, static_cast<std::uint32_t>(body.size()));
  append(text, signature.view());
  append(text, body);
  return text;
}

Result<Letter> decode_letter(ByteView text, const WireKey& recipient,
                             const EphemeralKey& ephemeral) {
  ByteReader in(text);
  const std::size_t size = in.u32();
  const Signature signature{in.array<64>()};
  const ByteView body = in.take(size);
  if (!in.ok()) return fail(Errc::kMalformed, "bundle: a letter is cut short");
  CUNJU_TRY(Letter out, packed::read_packed<schema::BundleLetter>(body, kMaxLetterWords, read));
  if (!crypto::verify(out.from.view(), kLabel, {kSuite, recipient.view(), ephemeral.view(), body},
                      signature))
    return fail(Errc::kBadSignature, "bundle: letter");
  return out;
}

}  // namespace cunju::bundle
