// SPDX-License-Identifier: Apache-2.0
#include "node/agent/agent.h"

#include "crdt/base/limits.h"

namespace cunju::agent {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kSecretBytes = 32;

void put_text(Bytes& out, std::string_view text) {
  static_assert(limits::kMaxNameBytes < 256);
  put_u8(out, static_cast<std::uint8_t>(text.size()));
  append(out, as_bytes(text));
}

void put_keys(Bytes& out, const keys::UnlockedKeys& keys) {
  append(out, keys.storage.view());
  append(out, keys.node.seed().view());
  append(out, keys.wire.secret().view());
  append(out, keys.author.seed().view());
  put_text(out, keys.clerk);
}

std::string read_text(ByteReader& in) {
  const std::size_t size = in.u8();
  return std::string(as_text(in.take(size)));
}

std::optional<keys::UnlockedKeys> read_keys(ByteReader& in) {
  const ByteView storage = in.take(kSecretBytes), node = in.take(kSecretBytes),
                 wire = in.take(kSecretBytes), author = in.take(kSecretBytes);
  std::string clerk = read_text(in);
  if (!in.ok()) return std::nullopt;
  return keys::UnlockedKeys{.node = crypto::SigningKey::from_seed(crypto::Secret<32>(node)),
                            .wire = crypto::DhKey::from_secret(crypto::Secret<32>(wire)),
                            .storage = crypto::Secret<32>(storage),
                            .author = crypto::SigningKey::from_seed(crypto::Secret<32>(author)),
                            .clerk = std::move(clerk)};
}

/// Never grows, so that no copy of a secret stays behind.
Bytes make_message(std::uint8_t second) {
  Bytes out;
  out.reserve(kMaxMessageBytes);
  put_u8(out, kVersion);
  put_u8(out, second);
  return out;
}

Error malformed() { return {Errc::kMalformed, "a message to or from a serving node"}; }

}  // namespace

Bytes encode_request(const Request& request) {
  Bytes out = make_message(static_cast<std::uint8_t>(request.kind));
  put_text(out, request.clerk);
  if (request.keys) put_keys(out, *request.keys);
  return out;
}

Result<Request> parse_request(ByteView bytes) {
  ByteReader in(bytes);
  const std::uint8_t version = in.u8(), kind = in.u8();
  if (!in.ok()) return malformed();
  if (version != kVersion || kind < 1 || kind > static_cast<std::uint8_t>(RequestKind::kLock))
    return fail(Errc::kUnsupported, "a request of another version");
  Request out{.kind = static_cast<RequestKind>(kind), .clerk = read_text(in), .keys = {}};
  if (out.kind == RequestKind::kUnlock) {
    out.keys = read_keys(in);
    if (!out.keys) return malformed();
  }
  if (!in.ok() || in.remaining() != 0) return malformed();
  return out;
}

Bytes encode_reply(const Reply& reply) {
  Bytes out = make_message(static_cast<std::uint8_t>(reply.answer));
  if (reply.keys) put_keys(out, *reply.keys);
  return out;
}

Result<Reply> parse_reply(ByteView bytes) {
  ByteReader in(bytes);
  const std::uint8_t version = in.u8(), answer = in.u8();
  if (!in.ok()) return malformed();
  if (version != kVersion || answer > static_cast<std::uint8_t>(Answer::kUnsupported))
    return fail(Errc::kUnsupported, "a reply of another version");
  Reply out{.answer = static_cast<Answer>(answer), .keys = {}};
  if (in.remaining() > 0) {
    out.keys = read_keys(in);
    if (!out.keys || in.remaining() != 0) return malformed();
  }
  return out;
}

void Agent::add(keys::UnlockedKeys keys) {
  std::string clerk = keys.clerk;
  clerks_.insert_or_assign(std::move(clerk), std::move(keys));
}

Reply Agent::answer(const Request& request) {
  switch (request.kind) {
    case RequestKind::kLock:
      // Before the answer, so that nobody gets any more once it was given.
      clerks_.clear();
      wants_lock_ = true;
      return {.answer = Answer::kDone, .keys = {}};
    case RequestKind::kUnlock:
      if (is_closed_) return {.answer = Answer::kLocked, .keys = {}};
      if (request.keys->node.node() != node_ || request.keys->wire.wire() != wire_)
        return {.answer = Answer::kForeignKeys, .keys = {}};
      add(request.keys->clone());
      return {.answer = Answer::kDone, .keys = {}};
    case RequestKind::kKeys:
      break;
  }
  if (clerks_.empty()) return {.answer = Answer::kLocked, .keys = {}};
  if (request.clerk.empty()) {
    if (clerks_.size() > 1) return {.answer = Answer::kWhichClerk, .keys = {}};
    return {.answer = Answer::kDone, .keys = clerks_.begin()->second.clone()};
  }
  auto found = clerks_.find(request.clerk);
  if (found == clerks_.end()) return {.answer = Answer::kUnknownClerk, .keys = {}};
  return {.answer = Answer::kDone, .keys = found->second.clone()};
}

}  // namespace cunju::agent
