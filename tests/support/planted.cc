// SPDX-License-Identifier: Apache-2.0
#include "tests/support/planted.h"

#include <iconv.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/support/processes.h"

namespace cunju::test {

std::string in_gb18030(const std::string& utf8) {
  iconv_t converter = ::iconv_open("GB18030", "UTF-8");
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

std::vector<std::string> in_both_encodings(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (const std::string& word : words) {
    out.push_back(word);
    if (std::string other = in_gb18030(word); other != word) out.push_back(std::move(other));
  }
  return out;
}

void check_absent(const std::string& folder, const std::vector<std::string>& words,
                  int at_least_files) {
  const std::vector<std::string> wanted = in_both_encodings(words);
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const std::string bytes = read_text_file(entry.path().string());
    for (const std::string& word : wanted) {
      if (bytes.find(word) == std::string::npos) continue;
      FAIL_CHECK(entry.path().string() + " has " + word);
    }
  }
  CHECK(files >= at_least_files);
}

}  // namespace cunju::test
