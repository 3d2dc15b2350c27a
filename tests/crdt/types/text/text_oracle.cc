// SPDX-License-Identifier: Apache-2.0
#include "tests/crdt/types/text/text_oracle.h"

#include <algorithm>
#include <utility>

#include "crdt/types/text/utf8.h"

namespace cunju::test {

TextOracle::TextOracle(const TextHistory& history) : history_(history) {
  for (TextNodeIndex node = 0; node < history.size(); ++node) {
    std::set<TextNodeIndex> all{node};
    for (TextNodeIndex parent : history.parents(node)) {
      all.insert(ancestors_[parent].begin(), ancestors_[parent].end());
    }
    ancestors_.push_back(std::move(all));
    apply(node);
  }
}

std::set<TextNodeIndex> TextOracle::version_of(const std::vector<TextNodeIndex>& heads) const {
  std::set<TextNodeIndex> out;
  for (TextNodeIndex head : heads) out.insert(ancestors_[head].begin(), ancestors_[head].end());
  std::erase_if(out, [this](TextNodeIndex node) { return !history_.stands(node); });
  return out;
}

std::set<TextNodeIndex> TextOracle::seen_by(TextNodeIndex node) const {
  std::set<TextNodeIndex> out = ancestors_[node];
  for (TextNodeIndex passed : history_.passed(node)) out.erase(passed);
  return out;
}

std::string TextOracle::text_seen_by(TextNodeIndex node) const {
  std::set<TextNodeIndex> version = seen_by(node);
  version.erase(node);
  std::string out;
  for (std::size_t element : order()) {
    if (visible(version, element)) out += elements_[element].scalar;
  }
  return out;
}

bool TextOracle::seen(const std::set<TextNodeIndex>& version, std::size_t element) const {
  return element != kRoot && version.contains(elements_[element].node);
}

bool TextOracle::visible(const std::set<TextNodeIndex>& version, std::size_t element) const {
  if (!seen(version, element)) return false;
  return std::ranges::none_of(elements_[element].erased_by, [&version](TextNodeIndex eraser) {
    return version.contains(eraser);
  });
}

std::vector<std::size_t> TextOracle::order() const {
  std::vector<std::size_t> out;
  // (element, whether its left children are done)
  std::vector<std::pair<std::size_t, bool>> stack{{kRoot, false}};
  while (!stack.empty()) {
    const auto [at, opened] = stack.back();
    stack.pop_back();
    const Element& element = elements_[at];
    if (opened) {
      out.push_back(at);
      for (auto it = element.right_children.rbegin(); it != element.right_children.rend(); ++it) {
        stack.emplace_back(*it, false);
      }
    } else {
      stack.emplace_back(at, true);
      for (auto it = element.left_children.rbegin(); it != element.left_children.rend(); ++it) {
        stack.emplace_back(*it, false);
      }
    }
  }
  return out;
}

void TextOracle::apply(TextNodeIndex node) {
  const std::set<TextNodeIndex> version = seen_by(node);
  const std::uint32_t begin = history_.inserted_begin(node);
  std::string_view rest = history_.inserted(begin, history_.inserted_begin(node + 1) - begin);
  for (const TextRun& run : history_.runs(node)) {
    for (std::uint32_t i = 0; i < run.length; ++i) {
      std::vector<std::size_t> known{kRoot};
      std::vector<std::size_t> there;  // Indices into known.
      for (std::size_t element : order()) {
        if (!seen(version, element)) continue;
        if (visible(version, element)) there.push_back(known.size());
        known.push_back(element);
      }
      if (!run.inserts()) {
        if (run.position < there.size()) {
          elements_[known[there[run.position]]].erased_by.insert(node);
        }
        continue;
      }
      const std::size_t position = std::min<std::size_t>(run.position + i, there.size());
      const std::size_t left = position == 0 ? 0 : there[position - 1];
      const std::size_t right = left + 1 < known.size() ? known[left + 1] : kRoot;
      const std::size_t bytes = scalar_offset(rest, 1);
      insert(known[left], right, std::string(rest.substr(0, bytes)), node);
      rest.remove_prefix(bytes);
    }
  }
}

bool TextOracle::stands_before(std::size_t a, std::size_t b) const {
  const std::strong_ordering nodes = history_.compare(elements_[a].node, elements_[b].node);
  return nodes != 0 ? nodes < 0 : a < b;
}

void TextOracle::insert(std::size_t left, std::size_t right, const std::string& scalar,
                        TextNodeIndex node) {
  // The author knew something right below `left` exactly when its right neighbour is below it.
  bool below = false;
  for (std::size_t at = right; at != kRoot && !below;) {
    at = elements_[at].parent;
    below = at == left;
  }
  if (right == kRoot) below = false;
  const std::size_t fresh = elements_.size();
  elements_.push_back({.scalar = scalar, .node = node, .right_origin = right});
  elements_[fresh].parent = below ? right : left;
  const std::vector<std::size_t> now = order();
  auto place = [&now](std::size_t element) {
    return element == kRoot
               ? now.size()
               : static_cast<std::size_t>(std::ranges::find(now, element) - now.begin());
  };
  auto& siblings = below ? elements_[right].left_children : elements_[left].right_children;
  auto is_before = [&](std::size_t sibling) {
    if (!below) {
      // Further right origins first: the FugueMax rule.
      const std::size_t theirs = place(elements_[sibling].right_origin);
      const std::size_t ours = place(right);
      if (theirs != ours) return theirs > ours;
    }
    return stands_before(sibling, fresh);
  };
  siblings.insert(std::ranges::partition_point(siblings, is_before), fresh);
}

std::string TextOracle::text_at(const std::vector<TextNodeIndex>& heads) const {
  const std::set<TextNodeIndex> version = version_of(heads);
  std::string out;
  for (std::size_t element : order()) {
    if (visible(version, element)) out += elements_[element].scalar;
  }
  return out;
}

std::vector<BlameSpan> TextOracle::blame_at(const std::vector<TextNodeIndex>& heads) const {
  const std::set<TextNodeIndex> version = version_of(heads);
  std::vector<BlameSpan> out;
  for (std::size_t element : order()) {
    if (!visible(version, element)) continue;
    const TextNodeIndex node = elements_[element].node;
    if (!out.empty() && out.back().node == node) {
      ++out.back().length;
    } else {
      out.push_back({1, node});
    }
  }
  return out;
}

}  // namespace cunju::test
