// SPDX-License-Identifier: Apache-2.0
#include "cli/qr_code.h"

#include <qrencode.h>

#include <cstddef>
#include <memory>

namespace cunju::cli {
namespace {

constexpr std::string_view kAllowed = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
constexpr std::size_t kQuietModules = 4;
/// Black and white of the fixed part of the 256 colours, which themes leave alone.
constexpr std::string_view kColours = "\x1b[38;5;16m\x1b[48;5;231m";
constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kHalfBlocks[2][2] = {{" ", "▄"}, {"▀", "█"}};  ///< [upper][lower]

}  // namespace

Result<std::vector<std::vector<bool>>> qr_modules(std::string_view text) {
  if (text.empty() || text.find_first_not_of(kAllowed) != std::string_view::npos)
    return fail(Errc::kInvalidArgument, "a character that is not in a QR code's own alphabet");
  const std::string copy(text);
  // The mode is a hint for what is not in the code's own alphabet; the library finds that by
  // itself. The screen is clean and at hand: the lowest error correction gives the smallest code.
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeString(copy.c_str(), 0, QR_ECLEVEL_L, QR_MODE_8, 1), &QRcode_free);
  if (!code) return fail(Errc::kLimit, "too long for a QR code");
  const auto width = static_cast<std::size_t>(code->width);
  std::vector<std::vector<bool>> out(width, std::vector<bool>(width));
  for (std::size_t y = 0; y < width; ++y) {
    for (std::size_t x = 0; x < width; ++x) out[y][x] = (code->data[y * width + x] & 1) != 0;
  }
  return out;
}

std::vector<std::string> draw_qr(const std::vector<std::vector<bool>>& modules) {
  const std::size_t side = modules.size() + 2 * kQuietModules;
  const auto is_black = [&](std::size_t y, std::size_t x) {
    const bool is_inside = y >= kQuietModules && x >= kQuietModules &&
                           y - kQuietModules < modules.size() && x - kQuietModules < modules.size();
    return is_inside && modules[y - kQuietModules][x - kQuietModules];
  };
  std::vector<std::string> out;
  for (std::size_t y = 0; y < side; y += 2) {
    std::string line(kColours);
    for (std::size_t x = 0; x < side; ++x)
      line += kHalfBlocks[is_black(y, x) ? 1 : 0][is_black(y + 1, x) ? 1 : 0];
    out.push_back(line.append(kReset));
  }
  return out;
}

}  // namespace cunju::cli
