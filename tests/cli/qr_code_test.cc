// SPDX-License-Identifier: Apache-2.0
#include "cli/qr_code.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/support/processes.h"
#include "tests/support/replica_fixture.h"
#include "tests/support/temp_folder.h"

namespace cunju::cli {
namespace {

const std::string kText = "CUNJU1" + std::string(210, 'X');

using Modules = std::vector<std::vector<bool>>;

/// The modules, with the quiet zone, as they stand on the screen.
Modules read_screen(const std::vector<std::string>& lines) {
  Modules out;
  for (const std::string& line : lines) {
    std::vector<bool> upper, lower;
    for (std::size_t at = 0; at < line.size();) {
      if (line[at] == '\x1b') {
        at = line.find('m', at) + 1;
        continue;
      }
      const bool is_blank = line[at] == ' ';
      const std::string block = is_blank ? " " : line.substr(at, 3);
      REQUIRE((block == " " || block == "▀" || block == "▄" || block == "█"));
      upper.push_back(block == "▀" || block == "█");
      lower.push_back(block == "▄" || block == "█");
      at += block.size();
    }
    out.push_back(upper);
    out.push_back(lower);
  }
  return out;
}

/// A picture of the screen, four dots a module.
void write_picture(const std::string& path, const Modules& screen) {
  constexpr std::size_t kDots = 4;
  std::ofstream file(path, std::ios::binary);
  file << "P1\n" << screen.front().size() * kDots << " " << screen.size() * kDots << "\n";
  for (const std::vector<bool>& row : screen) {
    for (std::size_t again = 0; again < kDots; ++again) {
      for (bool is_black : row) {
        for (std::size_t dot = 0; dot < kDots; ++dot) file << (is_black ? "1 " : "0 ");
      }
      file << "\n";
    }
  }
}

}  // namespace

TEST_CASE("A QR code on the screen has its finder patterns and a quiet zone, black on white",
          "[qr]") {
  const Modules modules = test::require(qr_modules(kText));
  const std::vector<std::string> lines = draw_qr(modules);
  for (const std::string& line : lines) {
    CHECK(line.find("\x1b[38;5;16m\x1b[48;5;231m") == 0);
    CHECK(line.ends_with("\x1b[0m"));
  }
  const Modules screen = read_screen(lines);
  const std::size_t side = modules.size() + 8;
  REQUIRE(screen.size() >= side);
  for (std::size_t y = 0; y < screen.size(); ++y) {
    REQUIRE(screen[y].size() == side);
    for (std::size_t x = 0; x < side; ++x) {
      const bool is_quiet = y < 4 || x < 4 || y >= side - 4 || x >= side - 4;
      if (is_quiet) REQUIRE_FALSE(screen[y][x]);
      if (!is_quiet) REQUIRE(screen[y][x] == modules[y - 4][x - 4]);
    }
  }
  for (std::size_t i = 0; i < 7; ++i) {
    CHECK(screen[4][4 + i]);
    CHECK(screen[4 + i][4]);
    CHECK(screen[4][side - 5 - i]);
    CHECK(screen[side - 5][4 + i]);
  }
  // An invitation with names of usual length fits a screen of 80 columns.
  CHECK(side <= 80);
}

TEST_CASE("A camera reads from the screen what was put into the code", "[qr]") {
  if (test::run_program("/bin/sh", {"-c", "command -v zbarimg"}).exit_code != 0) {
    WARN("skipped: zbarimg (Debian's zbar-tools) is not installed");
    return;
  }
  test::TempFolder folder;
  const std::string path = (folder / "code.pbm").string();
  write_picture(path, read_screen(draw_qr(test::require(qr_modules(kText)))));
  const test::RunResult read = test::run_program("/bin/sh", {"-c", "zbarimg -q --raw " + path});
  CHECK(read.out == kText + "\n");
}

TEST_CASE("What is not in a QR code's own alphabet, or too long for one, is refused", "[qr]") {
  CHECK(qr_modules("").error().code == Errc::kInvalidArgument);
  CHECK(qr_modules("cunju").error().code == Errc::kInvalidArgument);
  CHECK(qr_modules("村居").error().code == Errc::kInvalidArgument);
  CHECK(qr_modules(std::string(5000, 'A')).error().code == Errc::kLimit);
}

}  // namespace cunju::cli
