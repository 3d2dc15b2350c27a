// SPDX-License-Identifier: Apache-2.0
//
// Small pure transformations of UTF-8 text that validators share: what people type with a Chinese
// input method (full-width digits, ideographic spaces) made comparable. Nothing here decides
// whether a value is right.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cunju::registry {

/// Full-width forms U+FF01..U+FF5E and the ideographic space U+3000 become ASCII.
std::string half_width(std::string_view text);
/// Without ASCII white space and ideographic spaces at both ends.
std::string_view trim(std::string_view text);
/// `text` without any ASCII or ideographic or no-break space.
std::string without_spaces(std::string_view text);
std::string upper_ascii(std::string_view text);
std::string lower_ascii(std::string_view text);
/// What typed values are parsed from: half width, trimmed, without the apostrophe that Excel puts
/// before numbers kept as text.
std::string plain_form(std::string_view text);
/// For comparing labels and headers: trimmed, half width, lower case.
std::string fold_label(std::string_view text);
bool is_digits(std::string_view text);
/// Number of Unicode scalar values of well-formed UTF-8.
std::size_t character_count(std::string_view text);
/// At most `max_characters` of `text`, with an ellipsis if it was cut.
std::string shorten(std::string_view text, std::size_t max_characters);

}  // namespace cunju::registry
