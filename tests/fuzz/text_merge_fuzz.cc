// SPDX-License-Identifier: Apache-2.0
// A graph of lying changes: any bytes make a history, and its text is the same in another delivery
// and when it is merged change by change.
#include <algorithm>
#include <cstdlib>

#include "crdt/types/text/text_merge.h"

using namespace cunju;

namespace {

struct Change {
  ChangeId id;
  AuthorKey author;
  std::vector<std::uint32_t> parents;  ///< Among the changes before it.
  TextEdits edits;
};

/// Four bytes make an edit, one before them says whose and after which changes.
std::vector<Change> read_changes(ByteView bytes) {
  std::vector<Change> out;
  ByteReader in(bytes);
  while (in.remaining() >= 5 && out.size() < 64) {
    Change change;
    change.id.value[0] = static_cast<std::uint8_t>(out.size() * 197);
    const std::uint8_t who = in.u8();
    change.author.value[0] = who & 3;
    const std::size_t count = std::min<std::size_t>(out.size(), (who >> 2) & 3);
    const std::uint8_t back = in.u8();
    for (std::size_t i = 0; i < count; ++i) {
      change.parents.push_back(static_cast<std::uint32_t>((back + i * 5) % out.size()));
    }
    const std::uint8_t position = in.u8();
    const std::uint8_t erased = in.u8() & 7;
    const std::string text((in.u8() & 3), static_cast<char>('a' + out.size() % 26));
    if (!change.edits.add({.position = position, .erased = erased, .inserted = text})) std::abort();
    out.push_back(std::move(change));
  }
  return out;
}

std::string merge_one_by_one(const std::vector<Change>& changes) {
  TextHistory history;
  MergedText merged;
  for (const Change& change : changes) {
    const std::size_t known = history.size();
    if (!history.add(change.id, change.author, change.parents, change.edits)) std::abort();
    merge_new(history, known, merged);
  }
  return merged.text.str();
}

/// Changes without ancestors among those held back go first.
TextHistory deliver_otherwise(const std::vector<Change>& changes) {
  TextHistory out;
  std::vector<std::uint32_t> place(changes.size());
  std::vector<bool> done(changes.size());
  for (std::size_t left = changes.size(); left > 0; --left) {
    for (std::size_t i = changes.size(); i-- > 0;) {
      const Change& change = changes[i];
      if (done[i] || !std::ranges::all_of(change.parents, [&](auto at) { return done[at]; })) {
        continue;
      }
      std::vector<TextNodeIndex> parents;
      for (std::uint32_t parent : change.parents) parents.push_back(place[parent]);
      const auto index = out.add(change.id, change.author, parents, change.edits);
      if (!index) std::abort();
      place[i] = index.value();
      done[i] = true;
      break;
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<Change> changes = read_changes({data, size});
  const std::string text = merge_one_by_one(changes);
  const TextHistory other = deliver_otherwise(changes);
  if (replay_text(other).text.str() != text) std::abort();
  std::size_t length = 0;
  for (const BlameSpan& span : blame(other)) length += span.length;
  if (length != text.size()) std::abort();
  return 0;
}
