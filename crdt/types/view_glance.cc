// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/view_glance.h"

#include <algorithm>

#include "crdt/base/packed.h"
#include "crdt/types/field.h"
#include "crdt/types/packed_view.h"
#include "crdt/types/view.capnp.h"

namespace cunju {
namespace {

using view_codec::corrupt;

/// The values of the fields that are asked for, as the order of a view's entries makes them.
Result<void> glance_entries(capnp::List<schema::Entry>::Reader in, const GlancedFields& fields,
                            ViewGlance& out) {
  bool is_wanted = false, is_first = false;
  for (auto entry : in) {
    const auto kind = static_cast<FieldKind>(entry.getKind());
    const ByteView name = packed::from_kj(entry.getField());
    if (name.size() > limits::kMaxNameBytes) return fail(Errc::kLimit, "kMaxNameBytes");
    is_first = !name.empty();
    if (is_first) is_wanted = kind != FieldKind::kFreeze && fields.has(as_text(name));
    // The winner of a register or state stands first.
    if (!is_wanted || (!is_first && kind != FieldKind::kSet)) continue;
    Value value;
    CUNJU_TRYV(view_codec::read_value(entry.getValueType(), entry.getInteger(),
                                      packed::from_kj(entry.getValue()), value));
    if (is_first) {
      out.values.emplace_back(std::string(as_text(name)), std::move(value));
    } else if (out.values.empty()) {
      return corrupt("an entry of no field");
    } else if (out.values.back().second != value) {
      // Additions of one element by several people are neighbours.
      out.values.emplace_back(out.values.back().first, std::move(value));
    }
  }
  return ok();
}

Result<void> glance_state(schema::RecordState::Reader in, std::size_t max_entries,
                          const GlancedFields& fields, ViewGlance& out) {
  const bool has_live = in.getLive().size() > 0, has_deleted = in.getDeleted().size() > 0;
  out.is_there = has_live || has_deleted;
  out.is_deleted = has_deleted && !has_live;
  const auto entries = in.getEntries();
  if (entries.size() > max_entries) return corrupt("more entries than bytes");
  CUNJU_TRYV(glance_entries(entries, fields, out));
  for (auto text : in.getTexts()) {
    const ByteView name = packed::from_kj(text.getName());
    if (!fields.has(as_text(name))) continue;
    const ByteView words = packed::from_kj(text.getText());
    out.values.emplace_back(std::string(as_text(name)),
                            words.empty() ? Value(NoValue{}) : Value(std::string(as_text(words))));
  }
  return ok();
}

}  // namespace

bool GlancedFields::has(std::string_view name) const {
  return all || std::ranges::find(names, name) != names.end();
}

Result<ViewGlance> glance_view(ByteView bytes, std::string_view registry,
                               const GlancedFields& fields) {
  return packed::read_packed<schema::RecordView>(
      bytes, view_codec::max_words(bytes),
      [&](schema::RecordView::Reader in) -> Result<ViewGlance> {
        ViewGlance out;
        for (auto claim : in.getClaims()) {
          if (as_text(packed::from_kj(claim.getRegistry())) != registry) continue;
          CUNJU_TRYV(glance_state(claim.getState(), bytes.size(), fields, out));
          break;
        }
        return out;
      });
}

}  // namespace cunju
