// SPDX-License-Identifier: Apache-2.0
//
// A serving node that is unlocked lends its open keys to commands of the same user, so that nobody
// types a passphrase twice; a locked one refuses until somebody unlocks it. Here: the bytes and the
// state, no sockets. One request and one reply for each connection.
//   request := version u8 = 1 | kind u8 | clerk | keys if kind is 2
//   reply   := version u8 = 1 | answer u8 | keys if the answer is 0 and the kind was 1
//   clerk   := size u8 | UTF-8
//   keys    := storage[32] | node seed[32] | wire secret[32] | author seed[32] | clerk
// Messages hold secrets: whoever has one wipes it. Single thread.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "crdt/base/result.h"
#include "node/keys/keystore.h"

namespace cunju::agent {

/// Bytes of the longest message.
inline constexpr std::size_t kMaxMessageBytes = 1024;

enum class RequestKind : std::uint8_t {
  kKeys = 1,    ///< Lend me the keys of this clerk; no name: of the only one that is unlocked.
  kUnlock = 2,  ///< Here are a clerk's keys.
  kLock = 3,    ///< Forget all keys.
};

enum class Answer : std::uint8_t {
  kDone = 0,
  kLocked = 1,
  kUnknownClerk = 2,  ///< This clerk has not unlocked the node.
  kWhichClerk = 3,    ///< Several have.
  kForeignKeys = 4,   ///< Not of this home.
  kUnsupported = 5,   ///< A request of another version, or one that is no request.
};

struct Request {
  RequestKind kind = RequestKind::kKeys;
  std::string clerk;
  std::optional<keys::UnlockedKeys> keys;
};
struct Reply {
  Answer answer = Answer::kUnsupported;
  std::optional<keys::UnlockedKeys> keys;
};

Bytes encode_request(const Request& request);
/// Errors: kUnsupported (version or kind), kMalformed.
Result<Request> parse_request(ByteView bytes);
Bytes encode_reply(const Reply& reply);
/// Errors: kUnsupported (version), kMalformed.
Result<Reply> parse_reply(ByteView bytes);

class Agent {
 public:
  /// The public halves of the home's keys: others are not taken.
  Agent(const NodeKey& node, const WireKey& wire) : node_(node), wire_(wire) {}

  void add(keys::UnlockedKeys keys);
  bool is_locked() const { return clerks_.empty(); }
  /// Forgets all keys and takes none any more: the node is on its way to a new process image.
  void close() {
    clerks_.clear();
    is_closed_ = true;
  }
  /// Set by a request to lock, until take_lock_request().
  bool take_lock_request() { return std::exchange(wants_lock_, false); }
  /// Any clerk's keys, while one is unlocked.
  const keys::UnlockedKeys* any() const {
    return clerks_.empty() ? nullptr : &clerks_.begin()->second;
  }

  Reply answer(const Request& request);

 private:
  NodeKey node_;
  WireKey wire_;
  std::map<std::string, keys::UnlockedKeys> clerks_;
  bool wants_lock_ = false;
  bool is_closed_ = false;
};

}  // namespace cunju::agent
