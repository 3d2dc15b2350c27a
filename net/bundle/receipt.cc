// SPDX-License-Identifier: Apache-2.0
#include "net/bundle/receipt.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <tuple>

#include "crdt/base/check.h"
#include "crdt/base/limits.h"
#include "crdt/change/change.h"
#include "net/bundle/bundle.capnp.h"
#include "net/bundle/bundle_limits.h"
#include "net/wire/packed_fields.h"

namespace cunju::bundle {
namespace {

constexpr std::string_view kLabel = "cunju receipt 1";
constexpr std::array<std::uint8_t, 1> kSuite{kSuiteEd25519Blake2b};
constexpr std::size_t kReceiptWords = 64;
constexpr std::size_t kAnswerWords = 1 + 2;
constexpr std::size_t kLogWords = 2 + 4 + 1;
constexpr std::size_t kSampleWords = 2 + 4;
constexpr std::size_t kLackedWords = 4 + 4 + 1;
constexpr std::size_t kPartSpanWords = 4 + 4 + limits::kMaxSpanSeqs / 64;
/// Every log has a sample at least.
constexpr std::size_t kMaxReceiptWords = kReceiptWords + limits::kMaxReceiptAnswers * kAnswerWords +
                                         limits::kMaxReceiptSamples * (kLogWords + kSampleWords) +
                                         limits::kMaxReceiptLacked * kLackedWords +
                                         limits::kMaxReceiptChunkSpans +
                                         limits::kMaxReceiptPartSpans * kPartSpanWords;

std::size_t count_samples(const KnownLogs& logs) {
  std::size_t out = 0;
  for (const auto& [author, samples] : logs) out += samples.size();
  return out;
}

Result<KnownLogs> read_logs(schema::BundleReceipt::Reader in) {
  KnownLogs out;
  std::size_t count = 0;
  for (auto log : in.getLogs()) {
    CUNJU_TRY(const AuthorKey author, wire::read_fixed<AuthorKey>(log.getAuthor()));
    if (!out.empty() && !(out.rbegin()->first < author))
      return fail(Errc::kMalformed, "receipt: logs are not ascending");
    count += log.getSamples().size();
    if (count > limits::kMaxReceiptSamples) return fail(Errc::kLimit, "kMaxReceiptSamples");
    std::vector<wire::Sample>& samples = out[author];
    for (auto sample : log.getSamples()) {
      CUNJU_TRY(const ChangeId id, wire::read_fixed<ChangeId>(sample.getId()));
      const wire::Sample next{.seq = {sample.getSeq()}, .id = id};
      if (next.seq.value == std::numeric_limits<std::uint64_t>::max())
        return fail(Errc::kMalformed, "receipt: sequence number out of range");
      if (!samples.empty() && !(samples.back() > next))
        return fail(Errc::kMalformed, "receipt: samples do not fall");
      samples.push_back(next);
    }
    if (samples.empty()) return fail(Errc::kMalformed, "receipt: a log without samples");
  }
  return out;
}

std::size_t count_spans(const Receipt& receipt) {
  std::size_t out = 0;
  if (!receipt.attachments) return out;
  for (const LackedAttachment& each : *receipt.attachments) out += each.chunks.size();
  return out;
}

/// Whether it can follow, and lies within the attachment.
bool is_next_span(const std::vector<ChunkSpan>& before, const ChunkSpan& span,
                  std::uint32_t chunks) {
  const std::uint32_t begin = before.empty() ? 0 : before.back().first + before.back().count;
  return span.count > 0 && span.first >= begin && (before.empty() || span.first > begin) &&
         span.first < chunks && span.count <= chunks - span.first;
}

Result<std::vector<LackedAttachment>> read_attachments(schema::BundleReceipt::Reader in) {
  std::vector<LackedAttachment> out;
  std::size_t spans = 0;
  if (in.getAttachments().size() > limits::kMaxReceiptLacked)
    return fail(Errc::kLimit, "kMaxReceiptLacked");
  for (auto lacked : in.getAttachments()) {
    LackedAttachment next;
    CUNJU_TRY(next.blob.address, wire::read_fixed<attachment::Address>(lacked.getAddress()));
    next.blob.bytes = lacked.getBytes();
    next.is_wanted = lacked.getIsWanted();
    if (!attachment::is_possible_size(next.blob.bytes))
      return fail(Errc::kMalformed, "receipt: size of an attachment");
    if (!out.empty() && !(out.back().blob < next.blob))
      return fail(Errc::kMalformed, "receipt: attachments are not ascending");
    spans += lacked.getChunks().size();
    if (spans > limits::kMaxReceiptChunkSpans) return fail(Errc::kLimit, "kMaxReceiptChunkSpans");
    for (auto each : lacked.getChunks()) {
      const ChunkSpan span{.first = each.getFirst(), .count = each.getCount()};
      if (!is_next_span(next.chunks, span, attachment::chunk_count(next.blob.bytes)))
        return fail(Errc::kMalformed, "receipt: chunks of an attachment");
      next.chunks.push_back(span);
    }
    out.push_back(std::move(next));
  }
  return out;
}

Result<std::vector<LackedSpan>> read_parts(schema::BundleReceipt::Reader in) {
  std::vector<LackedSpan> out;
  auto place = [](const LackedSpan& each) {
    return std::tuple(each.is_open, each.span.author, each.span.first);
  };
  if (in.getParts().size() > limits::kMaxReceiptPartSpans)
    return fail(Errc::kLimit, "kMaxReceiptPartSpans");
  for (auto lacked : in.getParts()) {
    LackedSpan next;
    CUNJU_TRY(next.span.author, wire::read_fixed<AuthorKey>(lacked.getAuthor()));
    next.span.first = {lacked.getFirst()};
    next.is_open = lacked.getIsOpen();
    const ByteView bits = packed::from_kj(lacked.getBits());
    if (bits.empty() || bits.size() > limits::kMaxSpanSeqs / 8 || bits.back() == 0 ||
        next.span.first.value > std::numeric_limits<std::uint64_t>::max() - limits::kMaxSpanSeqs)
      return fail(Errc::kMalformed, "receipt: numbers of a log");
    next.span.bits = to_bytes(bits);
    if (!out.empty() && !(place(out.back()) < place(next)))
      return fail(Errc::kMalformed, "receipt: parts are not ascending");
    out.push_back(std::move(next));
  }
  return out;
}

Result<Receipt> read(schema::BundleReceipt::Reader in) {
  Receipt out;
  CUNJU_TRY(out.space, wire::read_fixed<SpaceId>(in.getSpace()));
  CUNJU_TRY(out.node, wire::read_fixed<NodeKey>(in.getNode()));
  CUNJU_TRY(out.to, wire::read_fixed<NodeKey>(in.getTo()));
  out.number = in.getNumber();
  if (in.getAnswers().size() > limits::kMaxReceiptAnswers)
    return fail(Errc::kLimit, "kMaxReceiptAnswers");
  for (auto answer : in.getAnswers()) {
    CUNJU_TRY(const LetterId id, wire::read_fixed<LetterId>(answer));
    out.answers.push_back(id);
  }
  CUNJU_TRY(out.logs, read_logs(in));
  if (in.hasAttachments()) {
    CUNJU_TRY(out.attachments, read_attachments(in));
  }
  CUNJU_TRY(out.parts, read_parts(in));
  return out;
}

void fill_lacked(const Receipt& receipt, schema::BundleReceipt::Builder out) {
  if (receipt.attachments) {
    auto list = out.initAttachments(static_cast<unsigned>(receipt.attachments->size()));
    unsigned at = 0;
    for (const LackedAttachment& each : *receipt.attachments) {
      auto lacked = list[at++];
      lacked.setAddress(packed::to_kj(each.blob.address.view()));
      lacked.setBytes(each.blob.bytes);
      lacked.setIsWanted(each.is_wanted);
      if (each.chunks.empty()) continue;
      auto spans = lacked.initChunks(static_cast<unsigned>(each.chunks.size()));
      for (unsigned i = 0; i < spans.size(); ++i) {
        spans[i].setFirst(each.chunks[i].first);
        spans[i].setCount(each.chunks[i].count);
      }
    }
  }
  if (receipt.parts.empty()) return;
  auto parts = out.initParts(static_cast<unsigned>(receipt.parts.size()));
  for (unsigned i = 0; i < parts.size(); ++i) {
    const LackedSpan& each = receipt.parts[i];
    parts[i].setAuthor(packed::to_kj(each.span.author.view()));
    parts[i].setFirst(each.span.first.value);
    parts[i].setBits(packed::to_kj(each.span.bits));
    parts[i].setIsOpen(each.is_open);
  }
}

Bytes encode_body(const Receipt& receipt) {
  const std::size_t samples = count_samples(receipt.logs);
  const std::size_t lacked = receipt.attachments ? receipt.attachments->size() : 0;
  capnp::MallocMessageBuilder message(static_cast<unsigned>(
      kReceiptWords + receipt.answers.size() * kAnswerWords + receipt.logs.size() * kLogWords +
      samples * kSampleWords + lacked * kLackedWords + count_spans(receipt) +
      receipt.parts.size() * kPartSpanWords));
  auto out = message.initRoot<schema::BundleReceipt>();
  out.setSpace(packed::to_kj(receipt.space.view()));
  out.setNode(packed::to_kj(receipt.node.view()));
  out.setTo(packed::to_kj(receipt.to.view()));
  out.setNumber(receipt.number);
  auto answers = out.initAnswers(static_cast<unsigned>(receipt.answers.size()));
  for (unsigned i = 0; i < answers.size(); ++i)
    answers.set(i, packed::to_kj(receipt.answers[i].view()));
  auto logs = out.initLogs(static_cast<unsigned>(receipt.logs.size()));
  unsigned at = 0;
  for (const auto& [author, known] : receipt.logs) {
    auto log = logs[at++];
    log.setAuthor(packed::to_kj(author.view()));
    auto entries = log.initSamples(static_cast<unsigned>(known.size()));
    for (unsigned i = 0; i < entries.size(); ++i) {
      entries[i].setSeq(known[i].seq.value);
      entries[i].setId(packed::to_kj(known[i].id.view()));
    }
  }
  fill_lacked(receipt, out);
  CUNJU_CHECK(message.getSegmentsForOutput().size() == 1, "the words above cover the receipt");
  return packed::write_packed(message);
}

}  // namespace

Bytes encode_receipt(const Receipt& receipt, const crypto::SigningKey& node) {
  CUNJU_CHECK(receipt.node == node.node(), "a node gives receipts in its own name");
  CUNJU_CHECK(
      receipt.answers.size() <= limits::kMaxReceiptAnswers &&
          count_samples(receipt.logs) <= limits::kMaxReceiptSamples &&
          (!receipt.attachments || receipt.attachments->size() <= limits::kMaxReceiptLacked) &&
          count_spans(receipt) <= limits::kMaxReceiptChunkSpans &&
          receipt.parts.size() <= limits::kMaxReceiptPartSpans,
      "who makes a receipt keeps its limits");
  const Bytes body = encode_body(receipt);
  Bytes out = to_bytes(node.sign(kLabel, {kSuite, receipt.space.view(), body}).view());
  append(out, body);
  return out;
}

Result<Receipt> decode_receipt(const SpaceId& space, ByteView bytes) {
  if (bytes.size() > limits::kMaxBundleItemBytes) return fail(Errc::kLimit, "kMaxBundleItemBytes");
  ByteReader in(bytes);
  const Signature signature{in.array<64>()};
  const ByteView body = in.take(in.remaining());
  if (!in.ok()) return fail(Errc::kMalformed, "receipt: cut short");
  CUNJU_TRY(Receipt out, packed::read_packed<schema::BundleReceipt>(body, kMaxReceiptWords, read));
  if (out.space != space) return fail(Errc::kMalformed, "receipt: of another space");
  if (!crypto::verify(out.node.view(), kLabel, {kSuite, space.view(), body}, signature))
    return fail(Errc::kBadSignature, "receipt");
  return out;
}

}  // namespace cunju::bundle
