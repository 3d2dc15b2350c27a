// SPDX-License-Identifier: Apache-2.0
#include "node/peers/bundle_book.h"

#include <algorithm>
#include <tuple>

#include "crdt/base/limits.h"
#include "net/bundle/bundle_limits.h"

namespace cunju::peers {
namespace {

constexpr std::string_view kTable = "bundles";
enum Kind : std::uint8_t {
  kReceipt = 1,
  kLetter = 2,
  kUnfinished = 3,
  kRead = 4,
  kNumber = 5,
  kOutgoing = 6
};

Bytes key_of(Kind kind) { return {static_cast<std::uint8_t>(kind)}; }
Bytes key_of(Kind kind, const NodeKey& node) {
  Bytes out = key_of(kind);
  append(out, node.view());
  return out;
}
Bytes receipt_key(const NodeKey& node, const SpaceId& space) {
  Bytes out = key_of(kReceipt, node);
  append(out, space.view());
  return out;
}
Bytes letter_key(const NodeKey& node, std::uint64_t number) {
  Bytes out = key_of(kLetter, node);
  put_u64_be(out, number);
  return out;
}

Bytes outgoing_key(std::uint64_t number) {
  Bytes out = key_of(kOutgoing);
  put_u64_be(out, number);
  return out;
}

/// Number of a letter, or of what left as files, from its key.
std::uint64_t number_of(ByteView key) { return get_u64_be(key.last(8)); }

/// Flags of an unfinished bundle.
constexpr std::uint8_t kEverything = 1, kNamesSpaces = 2, kNamesDone = 4;

Bytes encode(const UnfinishedBundle& unfinished) {
  Bytes out = to_bytes(unfinished.bundle.view());
  put_u32(out, unfinished.next_part);
  put_u32(out, static_cast<std::uint32_t>(unfinished.known.size()));
  for (const auto& [space, logs] : unfinished.known) {
    append(out, space.view());
    put_u32(out, static_cast<std::uint32_t>(logs.size()));
    for (const auto& [author, samples] : logs) {
      append(out, author.view());
      put_u32(out, static_cast<std::uint32_t>(samples.size()));
      for (const wire::Sample& sample : samples) {
        put_u64(out, sample.seq.value);
        append(out, sample.id.view());
      }
    }
  }
  put_u8(out, static_cast<std::uint8_t>(unfinished.choice.attachments));
  put_u8(out, static_cast<std::uint8_t>((unfinished.choice.everything ? kEverything : 0) |
                                        (unfinished.spaces.empty() ? 0 : kNamesSpaces) |
                                        (unfinished.done ? kNamesDone : 0)));
  if (!unfinished.spaces.empty()) {
    put_u32(out, static_cast<std::uint32_t>(unfinished.spaces.size()));
    for (const SpaceId& space : unfinished.spaces) append(out, space.view());
  }
  if (unfinished.done) append(out, unfinished.done->view());
  if (!unfinished.place) return out;
  put_u8(out, static_cast<std::uint8_t>(unfinished.place->kind));
  append(out, unfinished.place->space.view());
  append(out, unfinished.place->key.view());
  put_u64(out, unfinished.place->position);
  return out;
}

bundle::KnownLogs read_logs(ByteReader& in) {
  bundle::KnownLogs out;
  for (std::uint32_t logs = in.u32(); logs > 0 && in.ok(); --logs) {
    std::vector<wire::Sample>& samples = out[AuthorKey{in.array<32>()}];
    for (std::uint32_t count = in.u32(); count > 0 && in.ok(); --count) {
      const Seq seq{in.u64()};
      samples.push_back({.seq = seq, .id = {in.array<32>()}});
    }
  }
  return out;
}

Result<UnfinishedBundle> decode_unfinished(ByteView plain) {
  ByteReader in(plain);
  UnfinishedBundle out;
  out.bundle = {in.array<16>()};
  out.next_part = in.u32();
  for (std::uint32_t spaces = in.u32(); spaces > 0 && in.ok(); --spaces) {
    const SpaceId space{in.array<32>()};
    out.known[space] = read_logs(in);
  }
  // Older programs ended here.
  if (in.remaining() > 0) {
    out.choice.attachments = static_cast<CarryChoice>(in.u8());
    const std::uint8_t flags = in.u8();
    out.choice.everything = (flags & kEverything) != 0;
    if ((flags & kNamesSpaces) != 0)
      for (std::uint32_t count = in.u32(); count > 0 && in.ok(); --count)
        out.spaces.insert(SpaceId{in.array<32>()});
    if ((flags & kNamesDone) != 0) out.done = Hash{in.array<32>()};
  }
  if (in.remaining() > 0) {
    bundle::AnnexPlace place;
    place.kind = static_cast<bundle::AnnexKind>(in.u8());
    place.space = {in.array<32>()};
    place.key = {in.array<32>()};
    place.position = in.u64();
    out.place = place;
  }
  if (!in.ok() || !in.at_end()) return fail(Errc::kCorrupt, "an unfinished bundle in the store");
  return out;
}

}  // namespace

std::vector<std::string> BundleBook::table_names() { return {std::string(kTable)}; }

Result<std::unique_ptr<BundleBook>> BundleBook::open(store::Environment& keys,
                                                     const crypto::Secret<32>& storage,
                                                     crypto::RandomSource& random) {
  CUNJU_TRY(store::Table table, keys.table(kTable));
  return std::unique_ptr<BundleBook>(new BundleBook(keys, table, storage, random));
}

Result<std::optional<Bytes>> BundleBook::get(const store::ReadTransaction& txn,
                                             ByteView key) const {
  const std::optional<ByteView> sealed = txn.get(table_, key);
  if (!sealed) return std::optional<Bytes>();
  std::optional<Bytes> plain = crypto::open(storage_, key, *sealed);
  if (!plain) return fail(Errc::kTampered, "what the store knows of bundles");
  return plain;
}

Result<void> BundleBook::put(store::WriteTransaction& txn, ByteView key, ByteView plain) {
  return txn.put(table_, key, crypto::seal(storage_, key, plain, random_));
}

Result<void> BundleBook::note_letter(const NodeKey& to, const bundle::LetterId& letter) {
  return keys_.write([&](store::WriteTransaction& txn) -> Result<void> {
    const Bytes prefix = key_of(kLetter, to);
    const std::optional<store::Entry> last = txn.last_with_prefix(table_, prefix);
    const std::uint64_t number = last ? number_of(last->key) + 1 : 1;
    CUNJU_TRYV(put(txn, letter_key(to, number), letter.view()));
    if (number <= limits::kMaxRememberedLetters) return ok();
    CUNJU_TRYV(txn.erase(table_, letter_key(to, number - limits::kMaxRememberedLetters)));
    return ok();
  });
}

Result<std::vector<bundle::LetterId>> BundleBook::all_letters() {
  std::vector<bundle::LetterId> out;
  CUNJU_TRYV(keys_.read([&](store::ReadTransaction& txn) -> Result<void> {
    return txn.scan_prefix(table_, key_of(kLetter), [&](ByteView key, ByteView sealed) {
      const std::optional<Bytes> plain = crypto::open(storage_, key, sealed);
      const auto letter = plain ? bundle::LetterId::from(*plain) : std::nullopt;
      if (letter) out.push_back(*letter);
      return true;
    });
  }));
  return out;
}

Result<std::uint64_t> BundleBook::rank_of(const store::ReadTransaction& txn,
                                          const bundle::Receipt& receipt) const {
  std::vector<Bytes> keys;
  CUNJU_TRYV(txn.scan_prefix(table_, key_of(kLetter, receipt.node), [&](ByteView key, ByteView) {
    keys.push_back(to_bytes(key));
    return true;
  }));
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
    CUNJU_TRY(const std::optional<Bytes> letter, get(txn, *key));
    const bool is_answered = std::ranges::any_of(
        receipt.answers, [&](const bundle::LetterId& id) { return equal(id.view(), *letter); });
    if (is_answered) return number_of(*key);
  }
  return std::uint64_t{0};
}

Result<Filing> BundleBook::file_receipt(const bundle::Receipt& receipt, ByteView bytes) {
  Filing out = Filing::kNew;
  const Bytes key = receipt_key(receipt.node, receipt.space);
  CUNJU_TRYV(keys_.write([&](store::WriteTransaction& txn) -> Result<void> {
    out = Filing::kNew;
    CUNJU_TRY(const std::uint64_t rank, rank_of(txn, receipt));
    CUNJU_TRY(const std::optional<Bytes> stored, get(txn, key));
    if (stored) {
      ByteReader in(*stored);
      const std::uint64_t known_rank = in.u64();
      const ByteView known_bytes = in.take(in.remaining());
      CUNJU_TRY(const bundle::Receipt known, bundle::decode_receipt(receipt.space, known_bytes));
      const bool is_same = equal(known_bytes, bytes);
      // The letter that it answers may be forgotten by now: its rank of then stands.
      if (is_same || std::tie(rank, receipt.number) < std::tie(known_rank, known.number)) {
        out = is_same ? Filing::kSame : Filing::kOlder;
        return ok();
      }
    }
    Bytes value;
    put_u64(value, rank);
    append(value, bytes);
    return put(txn, key, value);
  }));
  return out;
}

Result<std::optional<bundle::Receipt>> BundleBook::receipt(const NodeKey& node,
                                                           const SpaceId& space) {
  std::optional<bundle::Receipt> out;
  CUNJU_TRYV(keys_.read([&](store::ReadTransaction& txn) -> Result<void> {
    CUNJU_TRY(const std::optional<Bytes> stored, get(txn, receipt_key(node, space)));
    if (!stored) return ok();
    ByteReader in(*stored);
    in.u64();
    CUNJU_TRY(out, bundle::decode_receipt(space, in.take(in.remaining())));
    return ok();
  }));
  return out;
}

Result<void> BundleBook::note_read(const NodeKey& from, std::span<const bundle::LetterId> letters) {
  CUNJU_TRY(std::vector<bundle::LetterId> all, letters_read(from));
  for (const bundle::LetterId& letter : letters) {
    std::erase(all, letter);
    all.push_back(letter);
  }
  Bytes plain;
  for (const bundle::LetterId& letter :
       std::span(all).last(std::min(all.size(), limits::kMaxReceiptAnswers)))
    append(plain, letter.view());
  return keys_.write([&](store::WriteTransaction& txn) -> Result<void> {
    return put(txn, key_of(kRead, from), plain);
  });
}

Result<std::vector<bundle::LetterId>> BundleBook::letters_read(const NodeKey& from) {
  std::vector<bundle::LetterId> out;
  CUNJU_TRYV(keys_.read([&](store::ReadTransaction& txn) -> Result<void> {
    CUNJU_TRY(const std::optional<Bytes> plain, get(txn, key_of(kRead, from)));
    if (!plain) return ok();
    ByteReader in(*plain);
    while (in.remaining() > 0) out.push_back({in.array<16>()});
    return ok();
  }));
  return out;
}

Result<std::uint64_t> BundleBook::next_receipt_number() {
  std::uint64_t out = 0;
  CUNJU_TRYV(keys_.write([&](store::WriteTransaction& txn) -> Result<void> {
    CUNJU_TRY(const std::optional<Bytes> plain, get(txn, key_of(kNumber)));
    out = plain ? ByteReader(*plain).u64() + 1 : 1;
    Bytes value;
    put_u64(value, out);
    return put(txn, key_of(kNumber), value);
  }));
  return out;
}

Result<void> BundleBook::put_unfinished(const NodeKey& to, const UnfinishedBundle& unfinished) {
  return keys_.write([&](store::WriteTransaction& txn) -> Result<void> {
    return put(txn, key_of(kUnfinished, to), encode(unfinished));
  });
}

Result<void> BundleBook::erase_unfinished(const NodeKey& to) {
  return keys_.write([&](store::WriteTransaction& txn) -> Result<void> {
    CUNJU_TRYV(txn.erase(table_, key_of(kUnfinished, to)));
    return ok();
  });
}

Result<std::optional<UnfinishedBundle>> BundleBook::unfinished(const NodeKey& to) {
  std::optional<UnfinishedBundle> out;
  CUNJU_TRYV(keys_.read([&](store::ReadTransaction& txn) -> Result<void> {
    CUNJU_TRY(const std::optional<Bytes> plain, get(txn, key_of(kUnfinished, to)));
    if (!plain) return ok();
    CUNJU_TRY(out, decode_unfinished(*plain));
    return ok();
  }));
  return out;
}

Result<void> BundleBook::note_outgoing(const Outgoing& outgoing) {
  return keys_.write([&](store::WriteTransaction& txn) -> Result<void> {
    const std::optional<store::Entry> last = txn.last_with_prefix(table_, key_of(kOutgoing));
    const std::uint64_t number = last ? number_of(last->key) + 1 : 1;
    CUNJU_TRYV(put(txn, outgoing_key(number), encode_outgoing(outgoing)));
    if (number <= limits::kMaxRememberedOutgoing) return ok();
    CUNJU_TRYV(txn.erase(table_, outgoing_key(number - limits::kMaxRememberedOutgoing)));
    return ok();
  });
}

Result<std::vector<Outgoing>> BundleBook::outgoing() {
  std::vector<Bytes> rows;
  CUNJU_TRYV(keys_.read([&](store::ReadTransaction& txn) -> Result<void> {
    return txn.scan_prefix(table_, key_of(kOutgoing), [&](ByteView key, ByteView sealed) {
      rows.push_back(crypto::open(storage_, key, sealed).value_or(Bytes()));
      return true;
    });
  }));
  std::vector<Outgoing> out;
  for (const Bytes& row : rows) {
    CUNJU_TRY(Outgoing outgoing, decode_outgoing(row));
    out.push_back(std::move(outgoing));
  }
  return out;
}

Result<std::vector<NodeKey>> BundleBook::all_unfinished() {
  std::vector<NodeKey> out;
  CUNJU_TRYV(keys_.read([&](store::ReadTransaction& txn) -> Result<void> {
    return txn.scan_prefix(table_, key_of(kUnfinished), [&](ByteView key, ByteView) {
      if (const auto node = NodeKey::from(key.subspan(1))) out.push_back(*node);
      return true;
    });
  }));
  return out;
}

}  // namespace cunju::peers
