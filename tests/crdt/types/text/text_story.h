// SPDX-License-Identifier: Apache-2.0
//
// Short histories written out by hand: who did what after which changes.
#pragma once

#include <catch2/catch.hpp>
#include <initializer_list>
#include <string>
#include <vector>

#include "crdt/types/text/text_merge.h"
#include "tests/crdt/types/text/text_world.h"

namespace cunju::test {

class SimulatedText {
 public:
  using Index = TextNodeIndex;

  Index change(std::uint8_t author, const std::vector<Index>& after, const TextEdits& edits) {
    const Result<Index> index =
        history_.add(text_change_id(history_.size()), text_author(author), after, edits);
    REQUIRE(index.has_value());
    return index.value();
  }
  Index insert(std::uint8_t author, const std::vector<Index>& after, std::size_t position,
               const std::string& text) {
    return change(author, after, one_insert(position, text));
  }
  Index erase(std::uint8_t author, const std::vector<Index>& after, std::size_t position,
              std::size_t count) {
    TextEdits edits;
    REQUIRE(edits.erase(position, count));
    return change(author, after, edits);
  }
  /// A change of another field.
  Index other(std::uint8_t author, const std::vector<Index>& after) {
    return change(author, after, {});
  }
  /// One change for each scalar value, every one behind the one before.
  Index type(std::uint8_t author, std::vector<Index> after, std::size_t position,
             const std::vector<std::string>& keys) {
    for (const std::string& key : keys) after = {insert(author, after, position++, key)};
    return after.front();
  }
  /// Likewise, but every one in front of the one before.
  Index type_backwards(std::uint8_t author, std::vector<Index> after, std::size_t position,
                       const std::vector<std::string>& keys) {
    for (const std::string& key : keys) after = {insert(author, after, position, key)};
    return after.front();
  }

  std::string text() const { return replay_text(history_).text.str(); }
  std::string text_at(const std::vector<Index>& heads) const {
    return cunju::text_at(history_, heads).text.str();
  }
  const TextHistory& history() const { return history_; }

 private:
  TextHistory history_;
};

}  // namespace cunju::test
