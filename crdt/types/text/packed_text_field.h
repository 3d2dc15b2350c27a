// SPDX-License-Identifier: Apache-2.0
//
// A TextField in the Cap'n Proto struct of a view (view.capnp). Include from codec .cc files only.
// Templates over the generated builders and readers, so that this header needs none of them.
#pragma once

#include <algorithm>
#include <functional>

#include "crdt/base/check.h"
#include "crdt/base/packed.h"
#include "crdt/graph/dot_codec.h"
#include "crdt/types/text/text_field.h"

namespace cunju::text_codec {

template <class ListBuilder>
void write_dots(const std::vector<Dot>& dots, ListBuilder out) {
  unsigned at = 0;
  for (const Dot& dot : dots) dot_codec::write_dot(dot, out[at++]);
}

template <class Builder>
void write_text(const TextField& field, Builder out) {
  CUNJU_CHECK(!field.is_stale, "texts are settled before they are stored");
  out.setName(packed::to_kj(as_bytes(field.name)));
  if (!field.text.empty()) out.setText(packed::to_kj(as_bytes(field.text)));
  write_dots(field.heads, out.initHeads(static_cast<unsigned>(field.heads.size())));
  write_dots(field.late, out.initLate(static_cast<unsigned>(field.late.size())));
  out.setIsMerged(field.is_merged);
}

/// Errors: kCorrupt (not ascending).
template <class ListReader>
Result<std::vector<Dot>> read_dots(ListReader in) {
  std::vector<Dot> out;
  for (auto dot : in) out.push_back(dot_codec::read_dot(dot));
  if (std::ranges::adjacent_find(out, std::ranges::greater_equal{}) != out.end())
    return fail(Errc::kCorrupt, "changes of a text are not ascending");
  return out;
}

/// Errors: kLimit, kCorrupt.
template <class Reader>
Result<TextField> read_text(Reader in) {
  TextField out;
  const ByteView name = packed::from_kj(in.getName());
  if (name.size() > limits::kMaxNameBytes) return fail(Errc::kLimit, "kMaxNameBytes");
  out.name = as_text(name);
  out.text = as_text(packed::from_kj(in.getText()));
  if (name.empty() || !is_utf8(out.text)) return fail(Errc::kCorrupt, "a text of a view");
  CUNJU_TRY(out.heads, read_dots(in.getHeads()));
  CUNJU_TRY(out.late, read_dots(in.getLate()));
  out.is_merged = in.getIsMerged();
  const bool is_marked = out.is_merged && out.late.empty();
  if (out.heads.empty() && (is_marked || !out.text.empty()))
    return fail(Errc::kCorrupt, "a text that nobody wrote");
  return out;
}

}  // namespace cunju::text_codec
