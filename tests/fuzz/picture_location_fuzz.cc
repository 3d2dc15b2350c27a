// SPDX-License-Identifier: Apache-2.0
// Pictures of foreign bytes: what is stripped has nothing left to strip, and is never longer.
#include "crdt/base/check.h"
#include "node/attachments/media_type.h"
#include "node/attachments/picture_location.h"

using namespace cunju;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView picture(data, size);
  for (const char* media : {"image/jpeg", "image/png", "image/gif"}) {
    const Result<attachments::StrippedPicture> once = attachments::strip_location(picture, media);
    if (once.has_error()) continue;
    CUNJU_CHECK(once.value().bytes.size() <= size, "nothing is added");
    const Result<attachments::StrippedPicture> again =
        attachments::strip_location(once.value().bytes, media);
    CUNJU_CHECK(again.has_value() && again.value().removed.empty() &&
                    again.value().bytes == once.value().bytes,
                "what was stripped is whole and has nothing left");
  }
  (void)attachments::media_type_of(picture, "");
  return 0;
}
