// SPDX-License-Identifier: Apache-2.0
#include "node/text/graphemes.h"

#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include <memory>

namespace cunju::text {
namespace {

struct CloseText {
  void operator()(UText* text) const { utext_close(text); }
};

Error icu_error(UErrorCode status) {
  return {Errc::kUnsupported, std::string("text segmentation: ICU says ") + u_errorName(status)};
}

}  // namespace

Result<std::vector<std::uint32_t>> grapheme_ends(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> breaks(
      icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
  if (U_FAILURE(status) != 0) return icu_error(status);
  // UTF-8 in place: the iterator's positions are then byte offsets.
  const std::unique_ptr<UText, CloseText> source(
      utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &status));
  if (U_FAILURE(status) != 0) return icu_error(status);
  breaks->setText(source.get(), status);
  if (U_FAILURE(status) != 0) return icu_error(status);

  std::vector<std::uint32_t> ends;
  ends.reserve(text.size() / 2);
  for (std::int32_t at = breaks->next(); at != icu::BreakIterator::DONE; at = breaks->next()) {
    ends.push_back(static_cast<std::uint32_t>(at));
  }
  return ends;
}

}  // namespace cunju::text
