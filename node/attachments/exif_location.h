// SPDX-License-Identifier: Apache-2.0
//
// The parts of an Exif block (CIPA DC-008, a TIFF file of its own) that say where: GPS directories,
// wherever one is reached from, and XMP and IPTC in it. They are overwritten in place, so that
// nothing else in the block moves: makers' notes hold offsets into it that only their makers know.
// Pure; any bytes may be given.
#pragma once

#include <cstdint>
#include <span>

namespace cunju::attachments {

enum class GpsFound : std::uint8_t {
  kNone,     ///< There is none; nothing was changed.
  kCleared,  ///< Its content is zeros now and nothing leads to it.
  kBroken,   ///< The block can't be read: it may hold anything and has to go as a whole.
};

/// `tiff`: the block after "Exif\0\0".
GpsFound clear_gps(std::span<std::uint8_t> tiff);

}  // namespace cunju::attachments
