// SPDX-License-Identifier: Apache-2.0
//
// The parts of an Exif block (CIPA DC-008, a TIFF file of its own) that say where: GPS directories,
// wherever one is reached from, XMP and IPTC in it, what people and cameras write about the picture
// in words, a thumbnail that is not bare, and one in strips or tiles, whose bytes nobody here looks
// into. They are overwritten in place, so that nothing else in the block moves: makers' notes hold
// offsets into it that only their makers know. What is said to be cleared is: where an entry does
// not tell for certain which bytes are its own, the block is broken. Pure; any bytes may be given.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

namespace cunju::attachments {

/// What is zeros now, with nothing that leads to it.
struct ExifCleared {
  bool place = false;
  bool thumbnail = false;
  bool text = false;
  bool is_any() const { return place || thumbnail || text; }
};

enum class ThumbnailKind : std::uint8_t {
  kBare,    ///< What it takes to show it.
  kMore,    ///< Something beside that, which may say where.
  kBroken,  ///< No whole picture: more of it may lie behind.
};
using LookAtThumbnail = std::function<ThumbnailKind(std::span<const std::uint8_t> thumbnail)>;

/// `tiff`: the block after "Exif\0\0". Nothing when it can't be read: it may hold anything and has
/// to go as a whole.
std::optional<ExifCleared> clear_places(std::span<std::uint8_t> tiff,
                                        const LookAtThumbnail& look_at);

}  // namespace cunju::attachments
