// SPDX-License-Identifier: Apache-2.0
// Documents that real people typed (josephg/editing-traces), where the shared data is at hand.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "crdt/types/text/text_edits_codec.h"
#include "tests/crdt/types/text/text_world.h"
#include "tests/support/shared_data.h"

using namespace cunju;
using namespace cunju::test;

namespace {

std::optional<boost::json::object> load_trace(const std::string& name) {
  const std::optional<Bytes> bytes = load_shared("editing_traces/" + name + ".json.gz");
  if (!bytes) return std::nullopt;
  return boost::json::parse(as_text(*bytes)).as_object();
}

void record(TextEdits& edits, const boost::json::object& change) {
  for (const auto& patch : change.at("patches").as_array()) {
    REQUIRE(edits.add({.position = patch.at(0).to_number<std::size_t>(),
                       .erased = patch.at(1).to_number<std::size_t>(),
                       .inserted = std::string_view(patch.at(2).as_string())}));
  }
}

/// Saves as a person makes them: changes of one author that nothing branches off from are one.
std::vector<SimulatedEdit> saves_of(const boost::json::object& trace) {
  const auto& all = trace.at("txns").as_array();
  std::vector<std::size_t> save_of;
  std::vector<SimulatedEdit> out;
  std::vector<bool> closed;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& change = all[i].as_object();
    const auto& parents = change.at("parents").as_array();
    const auto author = text_author(static_cast<std::uint8_t>(change.at("agent").as_int64()));
    const bool goes_on =
        i > 0 && parents.size() == 1 && parents[0].to_number<std::size_t>() == i - 1 &&
        all[i - 1].at("numChildren").as_int64() == 1 && out.back().author == author;
    if (!goes_on) {
      out.push_back({.id = text_change_id(out.size()), .author = author});
      for (const auto& parent : parents) {
        out.back().parents.push_back(out[save_of[parent.to_number<std::size_t>()]].id);
      }
    }
    save_of.push_back(out.size() - 1);
    record(out.back().edits, change);
  }
  return out;
}

}  // namespace

TEST_CASE("a paper typed by one author is right, and small when it is encoded") {
  const auto trace = load_trace("automerge-paper");
  if (!trace) return;
  TextBuffer buffer;
  TextEdits edits;
  for (const auto& change : trace->at("txns").as_array()) {
    TextEdits single;
    record(single, change.as_object());
    apply_edits(buffer, single);
    record(edits, change.as_object());
  }
  const std::string_view end = trace->at("endContent").as_string();
  CHECK(buffer.str() == end);
  const Bytes bytes = encode_text_edits(edits);
  // The smallest of the peers takes 108,993.
  CHECK(bytes.size() <= 70'000);
  const Result<TextEdits> back = decode_text_edits(bytes);
  REQUIRE(back.has_value());
  TextBuffer replayed;
  apply_edits(replayed, back.value());
  CHECK(replayed.str() == end);
}

TEST_CASE("a document of two authors at once is right in any delivery") {
  const auto trace = load_trace("friendsforever");
  if (!trace) return;
  const std::string_view end = trace->at("endContent").as_string();
  const std::vector<SimulatedEdit> saves = saves_of(*trace);
  const TextHistory history = make_history(saves);
  CHECK(replay_text(history).text.str() == end);
  std::size_t length = 0;
  for (const BlameSpan& span : blame(history)) length += span.length;
  CHECK(length == end.size());
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const TextHistory other = make_history(shuffle_delivery(saves, random));
    CHECK(replay_text(other).text.str() == end);
    // The first half at once, the rest merged into its text.
    TextHistory growing;
    MergedText merged;
    for (TextNodeIndex i = 0; i < other.size(); ++i) {
      const TextNode& node = other.node(i);
      const auto save = std::ranges::find(saves, node.id, &SimulatedEdit::id);
      const auto parents = other.parents(i);
      REQUIRE(growing.add(node.id, node.author, parents, save->edits));
      if (i == other.size() / 2) merge_new(growing, 0, merged);
    }
    merge_new(growing, other.size() / 2 + 1, merged);
    CHECK(merged.text.str() == end);
  }
}
