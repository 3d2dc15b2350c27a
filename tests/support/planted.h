// SPDX-License-Identifier: Apache-2.0
//
// Words that a test has written and then looks for in every byte of a folder's files, in the
// spellings in which a thief's tools would find them.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cunju::test {

std::string in_gb18030(const std::string& utf8);
/// The words as they are, in GB18030 and in UTF-16 (little endian), each spelling once. And what
/// is left of a long one where Cap'n Proto packs it, which puts a byte behind a value's first
/// eight.
std::vector<std::string> in_all_spellings(const std::vector<std::string>& words);

/// Looks for many byte strings in one pass.
class WordSearch {
 public:
  /// Each has two bytes or more.
  explicit WordSearch(std::vector<std::string> words);
  /// Adds those that are in `bytes`.
  void look(std::string_view bytes, std::set<std::string>& found) const;
  std::size_t longest() const { return longest_; }

 private:
  std::vector<std::string> words_;                                 ///< Ascending.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> begin_so_;  ///< By a word's first two bytes.
  std::size_t longest_ = 0;
};

/// No file below the folder has one of the words in any spelling; there are at least so many
/// files. Each miss fails the running test with the file and the word.
void check_absent(const std::string& folder, const std::vector<std::string>& words,
                  int at_least_files = 1);

}  // namespace cunju::test
