// SPDX-License-Identifier: Apache-2.0
#include "node/council/key_request.h"

#include <algorithm>

#include "crdt/base/limits.h"
#include "crdt/roster/operations.h"

namespace cunju::council {
namespace {

constexpr std::string_view kPrefix = "cunju-key1:";
constexpr std::string_view kLabel = "cunju key 1";
constexpr std::uint8_t kSuite = 1;

Bytes signed_part(const KeyRequest& request) {
  Bytes out;
  append(out, request.space.view());
  append(out, request.member.view());
  append(out, request.old_key.view());
  append(out, request.new_key.view());
  return out;
}

Result<KeyRequest> parse_line(std::string_view line) {
  if (!line.starts_with(kPrefix)) return fail(Errc::kMalformed, "no request for a key");
  std::optional<Bytes> bytes = parse_hex(line.substr(kPrefix.size()));
  if (!bytes) return fail(Errc::kMalformed, "a request for a key");
  ByteReader in(*bytes);
  KeyRequest out;
  out.space = SpaceId{in.array<SpaceId::kSize>()};
  out.member = MemberId{in.array<MemberId::kSize>()};
  out.old_key = AuthorKey{in.array<AuthorKey::kSize>()};
  out.new_key = AuthorKey{in.array<AuthorKey::kSize>()};
  out.entry = Signature{in.array<Signature::kSize>()};
  const Signature signature{in.array<Signature::kSize>()};
  if (!in.ok() || !in.at_end()) return fail(Errc::kMalformed, "a request for a key");
  const Bytes suite{kSuite};
  const AddDevice entry{.member = out.member, .author = out.new_key, .signature = out.entry};
  if (!crypto::verify(out.new_key.view(), kLabel, {suite, signed_part(out)}, signature) ||
      !verify_device_entry(entry, out.space))
    return fail(Errc::kBadSignature, "a request for key " + out.new_key.hex());
  return out;
}

}  // namespace

KeyRequest request_key(const SpaceId& space, const MemberId& member, const AuthorKey& old_key,
                       const crypto::SigningKey& key) {
  return {.space = space,
          .member = member,
          .old_key = old_key,
          .new_key = key.author(),
          .entry = device_entry(key, space, member).signature};
}

std::string encode_key_request(const KeyRequest& request, const crypto::SigningKey& key) {
  Bytes out = signed_part(request);
  append(out, request.entry.view());
  const Bytes suite{kSuite};
  append(out, key.sign(kLabel, {suite, signed_part(request)}).view());
  return std::string(kPrefix) + to_hex(out) + "\n";
}

Result<std::vector<KeyRequest>> parse_key_requests(std::string_view text) {
  if (text.size() > limits::kMaxKeyRequestBytes) return fail(Errc::kLimit, "kMaxKeyRequestBytes");
  std::vector<KeyRequest> out;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    CUNJU_TRY(KeyRequest request, parse_line(line));
    out.push_back(request);
  }
  if (out.empty()) return fail(Errc::kMalformed, "no request for a key");
  return out;
}

}  // namespace cunju::council
