// SPDX-License-Identifier: Apache-2.0
#include "node/council/epoch_draft.h"

#include <algorithm>
#include <optional>

#include "crdt/base/limits.h"

namespace cunju::council {
namespace {

constexpr std::string_view kTitle = "cunju epoch 1";

/// Cuts the text up to `end` off, and what ends it; all of it when there is no end.
std::string_view take_until(std::string_view& text, char end) {
  const std::size_t at = std::min(text.find(end), text.size());
  const std::string_view out = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return out;
}

template <class Id>
Result<Id> read_id(std::string_view hex, const char* what) {
  std::optional<Id> id = Id::from_hex(hex);
  if (!id) return fail(Errc::kMalformed, what);
  return *id;
}

Result<RosterOperation> read_operation(std::string_view hex) {
  std::optional<Bytes> bytes = parse_hex(hex);
  if (!bytes) return fail(Errc::kMalformed, "operation");
  CUNJU_TRY(RosterOperation operation, decode_roster_operation(*bytes));
  // Nobody signs what this program can't put into words.
  if (std::holds_alternative<UnknownRosterOperation>(operation))
    return fail(Errc::kUnsupported, "operation");
  return operation;
}

Result<void> read_line(std::string_view line, EpochDraft& out) {
  std::string_view rest = line;
  const std::string_view word = take_until(rest, ' ');
  if (word == "space") {
    CUNJU_TRY(out.space, read_id<SpaceId>(rest, "space"));
  } else if (word == "carrier") {
    CUNJU_TRY(out.carrier, read_id<AuthorKey>(rest, "carrier"));
  } else if (word == "pin") {
    CUNJU_TRY(ChangeId pin, read_id<ChangeId>(rest, "pin"));
    out.pins.push_back(pin);
  } else if (word == "operation") {
    CUNJU_TRY(RosterOperation operation, read_operation(rest));
    out.operations.push_back(std::move(operation));
  } else if (word == "signature") {
    CUNJU_TRY(AuthorKey author, read_id<AuthorKey>(take_until(rest, ' '), "signature"));
    CUNJU_TRY(Signature signature, read_id<Signature>(rest, "signature"));
    out.signatures.push_back({author, signature});
  } else {
    return fail(Errc::kMalformed, std::string(word.substr(0, limits::kMaxNameBytes)));
  }
  return ok();
}

bool is_epoch(const RosterOperation& operation) { return std::holds_alternative<Epoch>(operation); }

Result<void> check(const EpochDraft& draft) {
  const auto epochs = std::ranges::count_if(draft.operations, is_epoch);
  if (epochs != 1 || draft.carrier == AuthorKey{} || draft.pins.empty() ||
      !std::ranges::is_sorted(draft.pins))
    return fail(Errc::kMalformed, std::string(kTitle));
  for (const RosterOperation& operation : draft.operations) {
    const auto* epoch = std::get_if<Epoch>(&operation);
    if (epoch != nullptr && !epoch->signatures.empty())
      return fail(Errc::kMalformed, std::string(kTitle));
  }
  const Hash hash = draft.hash();
  for (const Cosignature& cosignature : draft.signatures) {
    if (!verify_cosignature(cosignature, hash))
      return fail(Errc::kMalformed, "signature " + cosignature.author.hex());
  }
  return ok();
}

}  // namespace

std::vector<RosterOperation> EpochDraft::signed_operations() const {
  std::vector<RosterOperation> out = operations;
  for (RosterOperation& operation : out)
    if (auto* epoch = std::get_if<Epoch>(&operation)) epoch->signatures = signatures;
  return out;
}

void sign_draft(EpochDraft& draft, const crypto::SigningKey& key) {
  const bool has_signed = std::ranges::any_of(
      draft.signatures, [&](const Cosignature& own) { return own.author == key.author(); });
  if (!has_signed) draft.signatures.push_back(cosign_epoch(key, draft.hash()));
}

std::vector<AuthorKey> signers_of(const EpochDraft& draft, const SetQuorum& quorum) {
  std::vector<AuthorKey> out;
  for (const Cosignature& cosignature : draft.signatures) {
    const AuthorKey& key = cosignature.author;
    if (std::ranges::find(quorum.keys, key) != quorum.keys.end() &&
        std::ranges::find(out, key) == out.end())
      out.push_back(key);
  }
  return out;
}

std::string encode_epoch_draft(const EpochDraft& draft) {
  std::string out = std::string(kTitle) + "\nspace " + draft.space.hex() + "\n";
  out += "carrier " + draft.carrier.hex() + "\n";
  for (const ChangeId& pin : draft.pins) out += "pin " + pin.hex() + "\n";
  for (const RosterOperation& operation : draft.operations)
    out += "operation " + to_hex(encode_roster_operation(operation)) + "\n";
  for (const Cosignature& cosignature : draft.signatures)
    out += "signature " + cosignature.author.hex() + " " + cosignature.signature.hex() + "\n";
  return out;
}

Result<EpochDraft> parse_epoch_draft(std::string_view text) {
  if (text.size() > limits::kMaxEpochDraftBytes) return fail(Errc::kLimit, "kMaxEpochDraftBytes");
  if (take_until(text, '\n') != kTitle) return fail(Errc::kMalformed, std::string(kTitle));
  EpochDraft out;
  while (!text.empty()) {
    const std::string_view line = take_until(text, '\n');
    CUNJU_TRYV(read_line(line, out));
    if (out.pins.size() > limits::kMaxPins || out.signatures.size() > limits::kMaxQuorumKeys ||
        out.operations.size() > limits::kMaxOperations)
      return fail(Errc::kLimit, "kMaxPins, kMaxQuorumKeys or kMaxOperations");
  }
  CUNJU_TRYV(check(out));
  return out;
}

}  // namespace cunju::council
