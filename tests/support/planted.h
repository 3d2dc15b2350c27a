// SPDX-License-Identifier: Apache-2.0
//
// Words that a test has written and then looks for in every byte of a folder's files, in the two
// encodings in which a thief's tools would find them.
#pragma once

#include <string>
#include <vector>

namespace cunju::test {

std::string in_gb18030(const std::string& utf8);
/// The words and, where they differ, the same in GB18030.
std::vector<std::string> in_both_encodings(const std::vector<std::string>& words);

/// No file below the folder has one of the words in either encoding; there are at least so many
/// files. Each miss fails the running test with the file and the word.
void check_absent(const std::string& folder, const std::vector<std::string>& words,
                  int at_least_files = 1);

}  // namespace cunju::test
