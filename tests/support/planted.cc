// SPDX-License-Identifier: Apache-2.0
#include "tests/support/planted.h"

#include <iconv.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "crdt/base/check.h"
#include "tests/support/processes.h"

namespace cunju::test {
namespace {

/// A value's first bytes, behind which packing puts one more.
constexpr std::size_t kPackedWord = 8;
/// What is left of it must be long enough to be nothing else.
constexpr std::size_t kShortestRest = 8;

std::string converted(const std::string& utf8, const char* encoding) {
  iconv_t converter = ::iconv_open(encoding, "UTF-8");
  std::string in = utf8, out(utf8.size() * 4, '\0');
  char* from = in.data();
  char* to = out.data();
  std::size_t left = in.size(), room = out.size();
  const bool is_converted = ::iconv(converter, &from, &left, &to, &room) != std::size_t(-1);
  ::iconv_close(converter);
  REQUIRE(is_converted);
  out.resize(out.size() - room);
  return out;
}

std::size_t first_two(std::string_view bytes) {
  return (std::size_t{static_cast<unsigned char>(bytes[0])} << 8) |
         static_cast<unsigned char>(bytes[1]);
}

}  // namespace

std::string in_gb18030(const std::string& utf8) { return converted(utf8, "GB18030"); }

std::vector<std::string> in_all_spellings(const std::vector<std::string>& words) {
  std::set<std::string> out;
  for (const std::string& word : words) {
    out.insert(word);
    out.insert(in_gb18030(word));
    out.insert(converted(word, "UTF-16LE"));
    if (word.size() >= kPackedWord + kShortestRest) out.insert(word.substr(kPackedWord));
  }
  return {out.begin(), out.end()};
}

WordSearch::WordSearch(std::vector<std::string> words)
    : words_(std::move(words)), begin_so_(std::size_t{1} << 16) {
  std::ranges::sort(words_);
  for (std::uint32_t i = 0; i < words_.size(); ++i) {
    CUNJU_CHECK(words_[i].size() >= 2, "shorter words are everywhere");
    longest_ = std::max(longest_, words_[i].size());
    auto& [from, to] = begin_so_[first_two(words_[i])];
    if (to == 0) from = i;
    to = i + 1;
  }
}

void WordSearch::look(std::string_view bytes, std::set<std::string>& found) const {
  for (std::size_t at = 0; at + 1 < bytes.size(); ++at) {
    const auto& [from, to] = begin_so_[first_two(bytes.substr(at, 2))];
    for (std::uint32_t i = from; i < to; ++i)
      if (bytes.substr(at).starts_with(words_[i])) found.insert(words_[i]);
  }
}

void check_absent(const std::string& folder, const std::vector<std::string>& words,
                  int at_least_files) {
  const WordSearch search(in_all_spellings(words));
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    ++files;
    std::set<std::string> found;
    search.look(read_text_file(entry.path().string()), found);
    for (const std::string& word : found) FAIL_CHECK(entry.path().string() + " has " + word);
  }
  CHECK(files >= at_least_files);
}

}  // namespace cunju::test
