// SPDX-License-Identifier: Apache-2.0
//
// Beginnings of chunks, kept beside what has come of their attachments: a session that ends in the
// middle of a chunk leaves what it has brought of it, and the next one with the same peer goes on
// behind. Nothing proves a beginning but the end of its chunk, so another peer never goes on behind
// it: whoever brings a wrong one spoils nobody's but its own.
//   ADDRESS.begun0 to .begun3 := whose[32] | chunk u32 | pieces of that chunk, from its first on
//   whose := H("cunju begun 1" || stored bytes u64 || address || the peer's wire key)
// Nothing is synced: one that a crash leaves torn is a wrong one. Files of a folder; single thread.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string_view>

#include "crdt/attachment/chunk_tree.h"
#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "node/store/fault_injector.h"

namespace cunju::attachments {

/// Of one attachment, each from another peer; one more takes the place of the one that was kept
/// first.
inline constexpr std::array<std::string_view, 4> kBegunEndings = {".begun0", ".begun1", ".begun2",
                                                                  ".begun3"};
/// In one folder, of all attachments; one more takes the place of the one that was kept first. With
/// less than a chunk each they take less than 4 MiB.
inline constexpr std::size_t kMaxBeginnings = 64;

struct Beginning {
  std::uint32_t chunk = 0;
  Bytes pieces;  ///< Whole ones, at least one and fewer than the chunk has.
};

/// Keeps it in the place of what this peer has left of that attachment before. Errors: kDiskFull
/// (also when it would use what disk_reserve.h keeps free), kIo; then nothing is left of it.
Result<void> keep_beginning(const std::filesystem::path& folder, const attachment::BlobId& blob,
                            const WireKey& peer, const Beginning& beginning,
                            store::FaultInjector* faults);
/// What this peer has left of it, if anything; it is not kept any more.
std::optional<Beginning> take_beginning(const std::filesystem::path& folder,
                                        const attachment::BlobId& blob, const WireKey& peer);
/// Those of a chunk that has come, whoever left them; without a number those of all chunks.
void drop_beginnings(const std::filesystem::path& folder, const attachment::Address& address,
                     std::optional<std::uint32_t> chunk = std::nullopt);

}  // namespace cunju::attachments
