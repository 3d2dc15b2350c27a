// SPDX-License-Identifier: Apache-2.0
//
// A QR code drawn with half blocks, two rows of modules to a line. Black on white whatever the
// terminal's own colours are, because not every reader takes an inverted code; the quiet zone of
// four modules is drawn as well (ISO/IEC 18004). The only place that knows libqrencode.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/result.h"

namespace cunju::cli {

/// The square of modules, true is black, without the quiet zone. `text`: capitals, digits and
/// "$%*+-./: " only, which take 5.5 bits each. Errors: kInvalidArgument (other characters), kLimit
/// (too long for a code).
Result<std::vector<std::vector<bool>>> qr_modules(std::string_view text);
/// Its lines for a terminal, with colours.
std::vector<std::string> draw_qr(const std::vector<std::vector<bool>>& modules);

}  // namespace cunju::cli
