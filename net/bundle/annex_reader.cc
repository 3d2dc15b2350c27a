// SPDX-License-Identifier: Apache-2.0
#include "net/bundle/annex_reader.h"

#include <utility>

#include "net/wire/parts_codec.h"

namespace cunju::bundle {

AnnexReader::AnnexReader(sync::Port& port, ChunkSink* sink, std::set<SpaceId> shared)
    : port_(port), sink_(sink), shared_(std::move(shared)) {}

Result<void> AnnexReader::take(const Bytes* content) {
  if (content == nullptr) {
    ++taken_.damaged_slots;
    unpacker_.lose();
    return ok();
  }
  Result<std::vector<Item>> items = unpacker_.take(*content);
  if (items.has_error()) {
    ++taken_.damaged_slots;
    return ok();
  }
  for (const Item& item : items.value()) {
    if (!shared_.contains(item.space)) continue;
    CUNJU_TRYV(take_item(item));
  }
  return ok();
}

Result<void> AnnexReader::take_item(const Item& item) {
  if (item.kind == ItemKind::kParts) return take_parts(item);
  if (item.kind != ItemKind::kAttachmentChunk) {
    ++taken_.unknown_items;
    return ok();
  }
  if (sink_ == nullptr) return ok();
  const Result<CarriedChunk> chunk = decode_carried_chunk(item.content);
  if (chunk.has_error()) {
    ++taken_.refused_items;
    return ok();
  }
  Result<void> kept = sink_->take(item.space, chunk.value());
  if (kept.has_value() || kept.error().code != Errc::kTampered) return kept;
  ++taken_.refused_items;
  return ok();
}

Result<void> AnnexReader::take_parts(const Item& item) {
  const Result<std::vector<wire::ChangeParts>> parts = wire::decode_parts(item.content);
  if (parts.has_error()) {
    ++taken_.refused_items;
    return ok();
  }
  const Result<sync::PartsReport> report = port_.take_parts(item.space, parts.value());
  if (report.has_error() && report.error().code == Errc::kTampered) {
    ++taken_.refused_items;
    return ok();
  }
  if (report.has_error()) return report.error();
  sync::PartsReport& sum = taken_.parts[item.space];
  sum.parts += report.value().parts;
  sum.bytes += report.value().bytes;
  return ok();
}

}  // namespace cunju::bundle
