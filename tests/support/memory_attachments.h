// SPDX-License-Identifier: Apache-2.0
//
// Attachments of one side of a session, in memory: whole ones that it gives, and those that it
// wants. Outlives sessions, as a home's folder does.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "crdt/attachment/attachment_limits.h"
#include "crdt/crypto/crypto.h"
#include "net/sync/attachment_port.h"
#include "tests/support/random_blob.h"

namespace cunju::testing {

class MemoryAttachments final : public sync::AttachmentPort {
 public:
  /// Random content of so many bytes.
  attachment::BlobId make(std::uint64_t bytes, std::uint64_t seed) {
    RandomBlob blob(bytes, seed);
    const attachment::BlobId id = blob.id;
    whole_.emplace(id, std::move(blob));
    return id;
  }
  void want(const attachment::BlobId& blob) { coming_.try_emplace(blob); }
  bool has(const attachment::BlobId& blob) const {
    auto found = coming_.find(blob);
    return found != coming_.end() && found->second.size() == attachment::chunk_count(blob.bytes);
  }
  bool is_same(const attachment::BlobId& blob, const MemoryAttachments& other) const {
    if (!has(blob)) return false;
    for (const auto& [index, chunk] : coming_.at(blob))
      if (chunk != other.whole_.at(blob).tree.leaf(index)) return false;
    return true;
  }
  void damage(const attachment::BlobId& blob, std::uint32_t index) {
    whole_.at(blob).chunks[index][0] ^= 1;
  }
  void lose(const attachment::BlobId& blob) { whole_.erase(blob); }

  Result<std::vector<SpaceId>> wanting_spaces() override {
    return has_wish() ? spaces : std::vector<SpaceId>();
  }
  Result<std::optional<sync::ChunkRange>> next_range(const WireKey&,
                                                     std::span<const SpaceId> wanting,
                                                     std::size_t max_chunks) override {
    std::optional<sync::ChunkRange> out;
    if (wanting.empty()) return out;
    for (const auto& [blob, chunks] : coming_) {
      if (absent.contains(blob)) continue;
      const std::uint32_t count = attachment::chunk_count(blob.bytes);
      for (std::uint32_t i = 0; i < count && (!out || out->count < max_chunks); ++i) {
        const bool is_free = !chunks.contains(i) && !asked_.contains({blob, i});
        if (!is_free && out) break;
        if (!is_free) continue;
        if (!out) {
          out = sync::ChunkRange{.space = wanting[0], .blob = blob, .first = i, .count = 0};
          auto kept = begun.find(blob);
          if (kept != begun.end() && kept->second.first == i) {
            out->beginning = std::move(kept->second.second);
            begun.erase(kept);
          }
        }
        asked_.emplace(blob, i);
        ++out->count;
      }
      if (out) return out;
    }
    return out;
  }
  Result<std::uint64_t> bytes_left(const WireKey&, std::span<const SpaceId>) override {
    std::uint64_t out = 0;
    for (const auto& [blob, chunks] : coming_) {
      if (absent.contains(blob)) continue;
      out += blob.bytes;
      for (const auto& [index, chunk] : chunks) out -= attachment::chunk_bytes(blob.bytes, index);
    }
    return out;
  }
  Result<void> take_chunk(const WireKey&, const sync::ChunkRange& place, std::uint32_t index,
                          ByteView chunk, const std::vector<Hash>& path) override {
    if (next_error) return *std::exchange(next_error, std::nullopt);
    asked_.erase({place.blob, index});
    if (!attachment::is_chunk_of(place.blob, index, chunk, path))
      return fail(Errc::kTampered, "not that chunk");
    coming_[place.blob][index] = attachment::leaf_hash(chunk);
    return ok();
  }
  void keep_beginning(const WireKey&, const attachment::BlobId& blob, std::uint32_t index,
                      ByteView pieces) override {
    if (!pieces.empty()) begun[blob] = {index, to_bytes(pieces)};
  }
  void note_absent(const WireKey&, const attachment::BlobId& blob) override { absent.insert(blob); }
  void note_gone(const WireKey&) override {
    asked_.clear();
    absent.clear();
  }
  Result<std::optional<sync::ChunkWithPath>> find_chunk(const WireKey&, const SpaceId&,
                                                        const attachment::BlobId& blob,
                                                        std::uint32_t index) override {
    ++looks;
    auto found = whole_.find(blob);
    if (found == whole_.end()) return std::optional<sync::ChunkWithPath>();
    return std::optional(sync::ChunkWithPath{.chunk = found->second.chunks[index],
                                             .path = found->second.tree.path(index)});
  }

  std::vector<SpaceId> spaces;  ///< Whose records refer to what is wanted.
  std::set<attachment::BlobId> absent;
  std::optional<Error> next_error;  ///< Of the next take_chunk().
  std::size_t looks = 0;            ///< How often find_chunk() was asked.
  /// The chunk that is begun of each, by one peer.
  std::map<attachment::BlobId, std::pair<std::uint32_t, Bytes>> begun;

 private:
  bool has_wish() const {
    for (const auto& [blob, chunks] : coming_)
      if (!absent.contains(blob) && !has(blob)) return true;
    return false;
  }

  std::map<attachment::BlobId, RandomBlob> whole_;
  /// The hashes of the chunks that have come: a gigabyte is kept once.
  std::map<attachment::BlobId, std::map<std::uint32_t, Hash>> coming_;
  std::set<std::pair<attachment::BlobId, std::uint32_t>> asked_;
};

}  // namespace cunju::testing
