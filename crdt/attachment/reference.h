// SPDX-License-Identifier: Apache-2.0
//
// What a field of kind blob holds: which attachment, the key that opens it, and what a person sees
// of it. The value is sealed where its field is confidential; whoever reads the field can read the
// attachment, and nobody else. Values. docs/formats/attachment.md
//   reference := "cunju attach" | version u8 = 1 | address[32] | key[32] | content[32] | size u64
//                | media_bytes u8 | media | name_bytes u8 | name
//   content   := H("cunju content 1" || the attachment as it was attached)
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "crdt/attachment/chunk_tree.h"
#include "crdt/base/bytes.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"
#include "crdt/types/value.h"

namespace cunju::attachment {

struct Reference {
  Address address;
  crypto::Secret<32> key;
  Hash content;            ///< Of the plain bytes: who attaches the same again is told by it.
  std::uint64_t size = 0;  ///< Plain bytes, at most limits::kMaxAttachmentBytes.
  std::string media;       ///< "image/jpeg"; plain ASCII, may be empty.
  std::string name;        ///< File name, UTF-8 without control characters and slashes.

  BlobId blob() const;
};

/// A name as a reference may have it: of foreign letters what is in its way is replaced, and the
/// end of a long one is cut (its extension stays).
std::string usable_name(std::string_view name);

/// The name, media type and size must be within limits (CUNJU_CHECK): usable_name() makes them so.
Bytes encode_reference(const Reference& reference);
/// Errors: kMalformed, kLimit, kUnsupported (a newer version).
Result<Reference> parse_reference(ByteView bytes);
/// The reference that a value is, if it is one.
std::optional<Reference> find_reference(const Value& value);

/// Given the plain bytes of an attachment, finishes with Reference::content.
crypto::Hasher content_hasher();

/// Stored bytes of an attachment of so many plain bytes.
std::uint64_t stored_bytes_of(std::uint64_t size);
/// Plain bytes in one chunk: the rest is its tag.
inline constexpr std::size_t kPlainChunkBytes = 64 * 1024 - crypto::kTagBytes;

/// Seals one chunk of an attachment of `size` plain bytes: ChaCha20-Poly1305 under the attachment's
/// own key with the chunk's number as nonce, bound to the size. A key seals one attachment, once.
Bytes seal_chunk(const crypto::Secret<32>& key, std::uint64_t size, std::uint32_t index,
                 ByteView plain);
/// Empty when the chunk is not what was sealed there.
std::optional<Bytes> open_chunk(const crypto::Secret<32>& key, std::uint64_t size,
                                std::uint32_t index, ByteView chunk);

}  // namespace cunju::attachment
