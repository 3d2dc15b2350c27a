// SPDX-License-Identifier: Apache-2.0
#include "net/bundle/pieces.h"

#include <algorithm>
#include <utility>

#include "crdt/base/check.h"
#include "net/bundle/bundle_limits.h"

namespace cunju::bundle {
namespace {

bool is_kind_of(std::uint8_t kind, Section section) {
  const bool is_of_chunks = kind <= static_cast<std::uint8_t>(ItemKind::kReceipt);
  return is_of_chunks == (section == Section::kChunks);
}

}  // namespace

std::size_t Packer::room() const {
  return open_.size() + kPieceHeadBytes >= room_ ? 0 : room_ - open_.size() - kPieceHeadBytes;
}

std::size_t Packer::chunks_with(std::size_t item_bytes) const {
  if (item_bytes <= room()) return closed_ + 1;
  const std::size_t piece_room = room_ - kPieceHeadBytes;
  return closed_ + (open_.empty() ? 0 : 1) + (item_bytes + piece_room - 1) / piece_room;
}

void Packer::put_piece(const Item& item, std::size_t offset, std::size_t size) {
  put_u8(open_, static_cast<std::uint8_t>(item.kind));
  append(open_, item.space.view());
  put_u32(open_, static_cast<std::uint32_t>(item.content.size()));
  put_u32(open_, static_cast<std::uint32_t>(offset));
  put_u32(open_, static_cast<std::uint32_t>(size));
  append(open_, ByteView(item.content).subspan(offset, size));
}

void Packer::close(std::vector<Bytes>& full) {
  ++closed_;
  full.push_back(std::exchange(open_, {}));
}

std::vector<Bytes> Packer::add(const Item& item) {
  CUNJU_CHECK(!item.content.empty() && item.content.size() <= limits::kMaxBundleItemBytes,
              "the writer makes items of that size");
  std::vector<Bytes> full;
  if (item.content.size() > room() && !open_.empty()) close(full);
  for (std::size_t offset = 0; offset < item.content.size();) {
    const std::size_t size = std::min(room(), item.content.size() - offset);
    put_piece(item, offset, size);
    offset += size;
    if (offset < item.content.size()) close(full);
  }
  return full;
}

Bytes Packer::finish() {
  if (!open_.empty()) ++closed_;
  return std::exchange(open_, {});
}

void Unpacker::drop() {
  if (std::exchange(open_, std::nullopt)) ++lost_;
}

void Unpacker::lose() {
  drop();
  has_lost_ = true;
}

Result<std::vector<Item>> Unpacker::take(ByteView content) {
  Result<std::vector<Item>> out = read(content);
  if (out.has_error()) lose();
  return out;
}

Result<std::vector<Item>> Unpacker::read(ByteView content) {
  ByteReader in(content);
  std::vector<Item> out;
  const bool had_lost = std::exchange(has_lost_, false);
  for (bool is_first = true; in.remaining() > 0; is_first = false) {
    const std::uint8_t kind = in.u8();
    if (kind == 0) {
      const ByteView rest = in.take(in.remaining());
      if (std::ranges::any_of(rest, [](std::uint8_t byte) { return byte != 0; }))
        return fail(Errc::kMalformed, "bundle: bytes after the last piece");
      break;
    }
    if (!is_kind_of(kind, section_)) return fail(Errc::kMalformed, "bundle: kind of item");
    const SpaceId space{in.array<32>()};
    const std::size_t total = in.u32(), offset = in.u32(), size = in.u32();
    const ByteView bytes = in.take(size);
    if (!in.ok()) return fail(Errc::kMalformed, "bundle: a piece is cut short");
    if (total > limits::kMaxBundleItemBytes) return fail(Errc::kLimit, "kMaxBundleItemBytes");
    if (size == 0 || offset >= total || size > total - offset)
      return fail(Errc::kMalformed, "bundle: place of a piece");
    const bool is_end = offset + size == total;
    if (!is_end && in.remaining() > 0)
      return fail(Errc::kMalformed, "bundle: an unfinished piece before others");
    if (offset > 0) {
      if (!is_first) return fail(Errc::kMalformed, "bundle: a later piece inside a chunk");
      if (!open_ && had_lost) {
        has_lost_ = !is_end;  // How it began is lost, and so is how it goes on.
        continue;
      }
      if (!open_ || open_->kind != static_cast<ItemKind>(kind) || open_->space != space ||
          open_size_ != total || open_->content.size() != offset)
        return fail(Errc::kMalformed, "bundle: a piece goes on with nothing");
      append(open_->content, bytes);
    } else {
      drop();
      open_ = Item{.kind = static_cast<ItemKind>(kind), .space = space, .content = to_bytes(bytes)};
      open_size_ = total;
    }
    if (is_end) {
      out.push_back(*std::exchange(open_, std::nullopt));
    }
  }
  return out;
}

}  // namespace cunju::bundle
