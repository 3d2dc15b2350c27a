// SPDX-License-Identifier: Apache-2.0
#include "crdt/graph/version_vector.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace cunju {

std::optional<VersionVector> VersionVector::from_entries(std::vector<Dot> entries) {
  if (std::ranges::adjacent_find(entries, std::ranges::greater_equal{}, &Dot::author) !=
      entries.end())
    return std::nullopt;
  VersionVector out;
  out.entries_ = std::move(entries);
  return out;
}

bool VersionVector::covers(const Dot& dot) const {
  auto at = std::ranges::lower_bound(entries_, dot.author, {}, &Dot::author);
  return at != entries_.end() && at->author == dot.author && dot.seq <= at->seq;
}

bool VersionVector::covers(const VersionVector& other) const {
  auto at = entries_.begin();
  for (const Dot& dot : other.entries_) {
    while (at != entries_.end() && at->author < dot.author) ++at;
    if (at == entries_.end() || at->author != dot.author || at->seq < dot.seq) return false;
  }
  return true;
}

void VersionVector::merge(const VersionVector& other) {
  if (covers(other)) return;  // The common case: one parent's view contains the other's.
  std::vector<Dot> out;
  out.reserve(entries_.size() + other.entries_.size());
  auto a = entries_.begin();
  auto b = other.entries_.begin();
  while (a != entries_.end() || b != other.entries_.end()) {
    if (b == other.entries_.end() || (a != entries_.end() && a->author < b->author)) {
      out.push_back(*a++);
    } else if (a == entries_.end() || b->author < a->author) {
      out.push_back(*b++);
    } else {
      out.push_back({.author = a->author, .seq = std::max(a->seq, b->seq)});
      ++a;
      ++b;
    }
  }
  entries_ = std::move(out);
}

void VersionVector::raise(const Dot& dot) {
  auto at = std::ranges::lower_bound(entries_, dot.author, {}, &Dot::author);
  if (at == entries_.end() || at->author != dot.author) {
    entries_.insert(at, dot);
  } else {
    at->seq = std::max(at->seq, dot.seq);
  }
}

}  // namespace cunju
