// SPDX-License-Identifier: Apache-2.0
#include "crdt/attachment/reference.h"

#include <algorithm>
#include <array>

#include "crdt/attachment/attachment_limits.h"
#include "crdt/base/check.h"

namespace cunju::attachment {
namespace {

constexpr std::string_view kMagic = "cunju attach";
constexpr std::uint8_t kVersion = 1;
/// What is kept of an extension when a name is cut.
constexpr std::size_t kMaxExtensionBytes = 16;

static_assert(kPlainChunkBytes + crypto::kTagBytes == limits::kAttachmentChunkBytes);
static_assert(limits::kMaxAttachmentNameBytes <= 255 && limits::kMaxMediaTypeBytes <= 255);

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool is_good_name(std::string_view name) {
  return !name.empty() && name.size() <= limits::kMaxAttachmentNameBytes && is_utf8(name) &&
         name != "." && name != ".." &&
         std::ranges::none_of(name, [](char c) { return is_control(c) || c == '/' || c == '\\'; });
}

bool is_good_media(std::string_view media) {
  return media.size() <= limits::kMaxMediaTypeBytes &&
         std::ranges::all_of(media, [](char c) { return c > 0x20 && c < 0x7F; });
}

std::array<std::uint8_t, 12> nonce_of(std::uint32_t index) {
  std::array<std::uint8_t, 12> nonce{};
  for (std::size_t i = 0; i < 4; ++i) nonce[i] = static_cast<std::uint8_t>(index >> (8 * i));
  return nonce;
}

Bytes associated_of(std::uint64_t size) {
  Bytes out;
  append(out, crypto::label("cunju chunk 1"));
  put_u64(out, size);
  return out;
}

/// The longest beginning of at most so many bytes that ends with a whole character.
std::string_view whole_characters(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

}  // namespace

BlobId Reference::blob() const { return {.address = address, .bytes = stored_bytes_of(size)}; }

crypto::Hasher content_hasher() { return crypto::Hasher("cunju content 1"); }

std::uint64_t stored_bytes_of(std::uint64_t size) {
  const std::uint64_t chunks =
      std::max<std::uint64_t>(1, (size + kPlainChunkBytes - 1) / kPlainChunkBytes);
  return size + chunks * crypto::kTagBytes;
}

std::string usable_name(std::string_view name) {
  std::string out = is_utf8(name) ? std::string(name) : std::string();
  for (char& c : out) {
    if (is_control(c) || c == '/' || c == '\\') c = '_';
  }
  if (out.empty() || out == "." || out == "..") return "attachment";
  if (out.size() <= limits::kMaxAttachmentNameBytes) return out;
  const std::size_t dot = out.rfind('.');
  std::string extension;
  if (dot != std::string::npos && out.size() - dot <= kMaxExtensionBytes)
    extension = out.substr(dot);
  return std::string(whole_characters(out, limits::kMaxAttachmentNameBytes - extension.size())) +
         extension;
}

Bytes encode_reference(const Reference& reference) {
  CUNJU_CHECK(is_good_name(reference.name) && is_good_media(reference.media) &&
                  reference.size <= limits::kMaxAttachmentBytes,
              "usable_name() and the limit of sizes come before");
  Bytes out;
  append(out, as_bytes(kMagic));
  put_u8(out, kVersion);
  append(out, reference.address.view());
  append(out, reference.key.view());
  append(out, reference.content.view());
  put_u64(out, reference.size);
  put_u8(out, static_cast<std::uint8_t>(reference.media.size()));
  append(out, as_bytes(reference.media));
  put_u8(out, static_cast<std::uint8_t>(reference.name.size()));
  append(out, as_bytes(reference.name));
  return out;
}

Result<Reference> parse_reference(ByteView bytes) {
  ByteReader in(bytes);
  if (!equal(in.take(kMagic.size()), as_bytes(kMagic)))
    return fail(Errc::kMalformed, "not a reference to an attachment");
  if (const std::uint8_t version = in.u8(); in.ok() && version != kVersion)
    return fail(Errc::kUnsupported, "reference of version " + std::to_string(version));
  Reference out;
  out.address = Address{in.array<32>()};
  const ByteView key = in.take(32);
  out.content = Hash{in.array<32>()};
  out.size = in.u64();
  out.media = as_text(in.take(in.u8()));
  out.name = as_text(in.take(in.u8()));
  if (!in.ok() || !in.at_end()) return fail(Errc::kMalformed, "reference: length");
  if (out.size > limits::kMaxAttachmentBytes) return fail(Errc::kLimit, "kMaxAttachmentBytes");
  if (!is_good_media(out.media) || !is_good_name(out.name))
    return fail(Errc::kMalformed, "reference: name or media type");
  out.key = crypto::Secret<32>(key);
  return out;
}

std::optional<Reference> find_reference(const Value& value) {
  const auto* bytes = std::get_if<Bytes>(&value);
  if (bytes == nullptr) return std::nullopt;
  Result<Reference> parsed = parse_reference(*bytes);
  if (parsed.has_error()) return std::nullopt;
  return std::move(parsed).value();
}

Bytes seal_chunk(const crypto::Secret<32>& key, std::uint64_t size, std::uint32_t index,
                 ByteView plain) {
  return crypto::aead_seal(key.view(), nonce_of(index), associated_of(size), plain);
}

std::optional<Bytes> open_chunk(const crypto::Secret<32>& key, std::uint64_t size,
                                std::uint32_t index, ByteView chunk) {
  return crypto::aead_open(key.view(), nonce_of(index), associated_of(size), chunk);
}

}  // namespace cunju::attachment
