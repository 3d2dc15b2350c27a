// SPDX-License-Identifier: Apache-2.0
#include "node/registry/encoding.h"

#include <iconv.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "crdt/base/check.h"

namespace cunju::registry {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::array<std::uint8_t, 3> kUtf8Mark = {0xEF, 0xBB, 0xBF};
constexpr std::array<std::uint8_t, 4> kGb18030Mark = {0x84, 0x31, 0x95, 0x33};

bool starts_with(ByteView bytes, ByteView prefix) {
  return bytes.size() >= prefix.size() && equal(bytes.first(prefix.size()), prefix);
}

// UTF-16 without a mark: every second byte of Western text is zero. No CSV in UTF-8 or GB18030
// has zero bytes.
bool looks_like_utf16(ByteView bytes) {
  constexpr std::array<std::uint8_t, 2> kLittle = {0xFF, 0xFE};
  constexpr std::array<std::uint8_t, 2> kBig = {0xFE, 0xFF};
  if (starts_with(bytes, kLittle) || starts_with(bytes, kBig)) return true;
  ByteView head = bytes.first(std::min<std::size_t>(bytes.size(), 1024));
  auto zeros = static_cast<std::size_t>(std::ranges::count(head, 0));
  return zeros > 0 && zeros >= head.size() / 4;
}

class Iconv {
 public:
  Iconv() : handle_(iconv_open("UTF-8", "GB18030")) {}
  ~Iconv() {
    if (is_open()) iconv_close(handle_);
  }
  Iconv(const Iconv&) = delete;
  Iconv& operator=(const Iconv&) = delete;

  bool is_open() const { return reinterpret_cast<std::intptr_t>(handle_) != -1; }

  // Converts as much as fits; true when the input is used up or ends inside a character.
  Result<bool> convert(ByteView& input, std::size_t offset, std::string& out) {
    std::array<char, kPieceBytes> buffer;
    char* to = buffer.data();
    std::size_t room = buffer.size();
    // iconv's interface is older than const; it does not write to its input.
    char* from = const_cast<char*>(reinterpret_cast<const char*>(input.data()));
    std::size_t left = input.size();
    std::size_t result = iconv(handle_, &from, &left, &to, &room);
    int problem = errno;
    std::size_t used = input.size() - left;
    out.assign(buffer.data(), buffer.size() - room);
    input = input.subspan(used);
    if (result != static_cast<std::size_t>(-1)) return true;
    if (problem == E2BIG) return false;
    if (problem == EINVAL) return true;
    return fail(Errc::kMalformed, "not GB18030 at byte " + std::to_string(offset + used));
  }

 private:
  iconv_t handle_;
};

Result<void> decode_gb18030(ByteView bytes,
                            const std::function<Result<void>(std::string_view)>& sink) {
  Iconv iconv;
  if (!iconv.is_open()) return fail(Errc::kUnsupported, "this system cannot read GB18030");
  std::size_t begin = starts_with(bytes, kGb18030Mark) ? kGb18030Mark.size() : 0;
  std::string out;
  ByteView rest = bytes.subspan(begin);
  bool all_seen = false;
  while (!all_seen) {
    std::size_t offset = bytes.size() - rest.size();
    CUNJU_TRY(all_seen, iconv.convert(rest, offset, out));
    CUNJU_TRYV(sink(out));
  }
  if (!rest.empty()) return fail(Errc::kMalformed, "file ends inside a GB18030 character");
  return ok();
}

}  // namespace

std::string_view encoding_name(Encoding encoding) {
  switch (encoding) {
    case Encoding::kAuto:
      return "auto";
    case Encoding::kUtf8:
      return "utf-8";
    case Encoding::kGb18030:
      return "gb18030";
  }
  return "auto";
}

Result<Encoding> detect_encoding(ByteView bytes) {
  if (looks_like_utf16(bytes)) {
    return fail(Errc::kUnsupported, "the file is UTF-16; save it as CSV UTF-8 or GB18030");
  }
  if (is_utf8(as_text(bytes))) return Encoding::kUtf8;
  return Encoding::kGb18030;
}

Result<void> decode(ByteView bytes, Encoding encoding,
                    const std::function<Result<void>(std::string_view)>& sink) {
  CUNJU_CHECK(encoding != Encoding::kAuto, "detect_encoding() comes first");
  if (encoding == Encoding::kGb18030) return decode_gb18030(bytes, sink);
  if (starts_with(bytes, kUtf8Mark)) bytes = bytes.subspan(kUtf8Mark.size());
  if (!is_utf8(as_text(bytes))) return fail(Errc::kMalformed, "the file is not UTF-8");
  for (std::size_t at = 0; at < bytes.size(); at += kPieceBytes) {
    CUNJU_TRYV(sink(as_text(bytes.subspan(at, std::min(kPieceBytes, bytes.size() - at)))));
  }
  return ok();
}

}  // namespace cunju::registry
