// SPDX-License-Identifier: Apache-2.0
//
// Takes the place where a picture was taken out of it: a photo of a meeting tells whoever gets it
// the coordinates of somebody's home. The picture itself, its orientation and its date stay, byte
// for byte; of what stands beside it only what is known to say nothing of a place stays. Pure; any
// bytes may be given. Sources: ITU-T T.81 annex B (JPEG), CIPA DC-008 (Exif), W3C PNG (third
// edition), GIF89a. docs/formats/attachment.md says what is not looked at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"

namespace cunju::attachments {

/// Whether files of that type (media_type.h) hold a place in a form that strip_location() reads.
bool can_strip_location(std::string_view media);

struct StrippedPicture {
  Bytes bytes;
  /// What was taken out, for a person to be told: "exif_gps" (what says where), "thumbnail" (in
  /// Exif, as it held more than pixels), "exif" (all of it, as it was broken), "xmp", "iptc",
  /// "comment", "other" (what is not needed to show the picture), "trailer" (what followed the
  /// picture's end: a second picture, a short film).
  std::vector<std::string> removed;
};

/// Errors: kMalformed when it is no whole picture of that type: then nobody knows what is in it.
Result<StrippedPicture> strip_location(ByteView picture, std::string_view media);

}  // namespace cunju::attachments
