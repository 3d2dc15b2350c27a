// SPDX-License-Identifier: Apache-2.0
//
// RecordState and RecordView to and from packed Cap'n Proto (view.capnp, docs/formats/view.md).
// Encoding allocates in one fixed order, so equal values have equal bytes. Decoding refuses what
// apply() could not have left behind, so that everything after it may rely on the invariants.
#include <algorithm>
#include <tuple>
#include <utility>

#include "crdt/base/limits.h"
#include "crdt/base/packed.h"
#include "crdt/graph/dot_codec.h"
#include "crdt/types/packed_view.h"
#include "crdt/types/record_view.h"
#include "crdt/types/text/packed_text_field.h"
#include "crdt/types/view.capnp.h"

namespace cunju {
namespace {

using namespace view_codec;

std::size_t data_words(std::size_t bytes) { return (bytes + 7) / 8; }

ByteView bytes_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return as_bytes(*text);
  if (const auto* bytes = std::get_if<Bytes>(&value)) return *bytes;
  return {};
}

std::uint8_t type_of(const Value& value) { return static_cast<std::uint8_t>(value.index()); }
static_assert(std::is_same_v<std::variant_alternative_t<kInteger, Value>, std::int64_t> &&
              std::is_same_v<std::variant_alternative_t<kText, Value>, std::string> &&
              std::is_same_v<std::variant_alternative_t<kBytes, Value>, Bytes>);

}  // namespace

/// Reads and writes the private parts of a RecordState.
class RecordStateCodec {
 public:
  /// Words that write() allocates below the RecordState struct itself.
  static std::size_t words(const RecordState& state) {
    std::size_t out = 1 + 10 * state.origins_.size() + state.life_.entries.size() + 2 + 1;
    for (const Field& field : state.fields_) {
      out += data_words(field.name.size());
      for (const Entry& entry : field.entries)
        out += 5 + data_words(bytes_of(entry.value).size()) +
               data_words(bytes_of(entry.previous).size());
    }
    for (const TextField& text : state.texts_)
      out += 8 + data_words(text.name.size()) + data_words(text.text.size()) +
             5 * (text.heads.size() + text.late.size());
    return out + 4 + 5 * state.text_loads_.size();
  }

  static void write(const RecordState& state, schema::RecordState::Builder out);
  /// `max_entries`: no honest encoding of the input's size has more.
  static Result<RecordState> read(schema::RecordState::Reader in, std::size_t max_entries);

 private:
  static Result<void> read_origins(capnp::List<schema::Origin>::Reader in, RecordState& out);
  static Result<void> read_life(schema::RecordState::Reader in, RecordState& out);
  static Result<void> read_entry(schema::Entry::Reader in, RecordState& out);
  static Result<void> read_texts(capnp::List<schema::Text>::Reader in,
                                 capnp::List<schema::TextLoad>::Reader loads, RecordState& out);
  static Result<void> check_origins_used(const RecordState& state);
};

void RecordStateCodec::write(const RecordState& state, schema::RecordState::Builder out) {
  auto origins = out.initOrigins(static_cast<unsigned>(state.origins_.size()));
  for (unsigned i = 0; i < origins.size(); ++i) {
    dot_codec::write_id(state.origins_[i].id, origins[i]);
    dot_codec::write_dot(state.origins_[i].dot, origins[i]);
    origins[i].setDepth(state.origins_[i].depth);
  }

  const auto deletions = static_cast<unsigned>(
      std::ranges::count(state.life_.entries, RecordState::kDeleted, &Entry::value));
  auto live = out.initLive(static_cast<unsigned>(state.life_.entries.size()) - deletions);
  auto deleted = out.initDeleted(deletions);
  unsigned at_live = 0;
  unsigned at_deleted = 0;
  for (const Entry& entry : state.life_.entries) {
    if (entry.value == RecordState::kDeleted) {
      deleted.set(at_deleted++, entry.origin);
    } else {
      live.set(at_live++, entry.origin);
    }
  }

  std::size_t count = 0;
  for (const Field& field : state.fields_) count += field.entries.size();
  auto entries = out.initEntries(static_cast<unsigned>(count));
  unsigned at = 0;
  for (const Field& field : state.fields_) {
    bool is_first = true;
    for (const Entry& entry : field.entries) {
      auto to = entries[at++];
      to.setKind(static_cast<std::uint16_t>(field.kind));
      if (is_first) to.setField(packed::to_kj(as_bytes(field.name)));
      is_first = false;
      to.setOrigin(entry.origin);
      to.setValueType(type_of(entry.value));
      to.setPreviousType(type_of(entry.previous));
      if (const auto* integer = std::get_if<std::int64_t>(&entry.value)) to.setInteger(*integer);
      const ByteView value = bytes_of(entry.value);
      const ByteView previous = bytes_of(entry.previous);
      if (!value.empty()) to.setValue(packed::to_kj(value));
      if (!previous.empty()) to.setPrevious(packed::to_kj(previous));
    }
  }
  auto texts = out.initTexts(static_cast<unsigned>(state.texts_.size()));
  for (unsigned i = 0; i < texts.size(); ++i) text_codec::write_text(state.texts_[i], texts[i]);
  auto loads = out.initTextLoads(static_cast<unsigned>(state.text_loads_.size()));
  for (unsigned i = 0; i < loads.size(); ++i)
    dot_codec::write_dot({state.text_loads_[i].author, Seq{state.text_loads_[i].load}}, loads[i]);
}

Result<void> RecordStateCodec::read_origins(capnp::List<schema::Origin>::Reader in,
                                            RecordState& out) {
  out.origins_.reserve(in.size());
  for (auto origin : in) {
    const Origin read{.id = dot_codec::read_id(origin),
                      .dot = dot_codec::read_dot(origin),
                      .depth = origin.getDepth()};
    if (read.depth == 0) return corrupt("an origin of depth 0");
    if (!out.origins_.empty()) {
      const Origin& before = out.origins_.back();
      if (std::tie(before.depth, before.id) >= std::tie(read.depth, read.id))
        return corrupt("origins do not ascend");
    }
    out.origins_.push_back(read);
  }
  return ok();
}

Result<void> RecordStateCodec::read_life(schema::RecordState::Reader in, RecordState& out) {
  auto live = in.getLive();
  auto deleted = in.getDeleted();
  unsigned at_live = 0;
  unsigned at_deleted = 0;
  while (at_live < live.size() || at_deleted < deleted.size()) {
    const bool take_live = at_deleted == deleted.size() ||
                           (at_live < live.size() && live[at_live] > deleted[at_deleted]);
    Entry entry{.value = take_live ? RecordState::kLive : RecordState::kDeleted,
                .previous = NoValue{},
                .origin = take_live ? live[at_live++] : deleted[at_deleted++]};
    const std::vector<Entry>& before = out.life_.entries;
    if (entry.origin >= out.origins_.size()) return corrupt("a life without origin");
    if (!before.empty() && before.back().origin <= entry.origin)
      return corrupt("lives do not fall");
    out.life_.entries.push_back(std::move(entry));
  }
  return ok();
}

Result<void> RecordStateCodec::read_entry(schema::Entry::Reader in, RecordState& out) {
  Entry entry;
  entry.origin = in.getOrigin();
  if (entry.origin >= out.origins_.size()) return corrupt("an entry without origin");
  CUNJU_TRYV(
      read_value(in.getValueType(), in.getInteger(), packed::from_kj(in.getValue()), entry.value));
  CUNJU_TRYV(
      read_value(in.getPreviousType(), 0, packed::from_kj(in.getPrevious()), entry.previous));

  const auto kind = static_cast<FieldKind>(in.getKind());
  const bool is_set = kind == FieldKind::kSet;
  const bool is_state = kind == FieldKind::kState;
  const bool is_freeze = kind == FieldKind::kFreeze;
  if (kind != FieldKind::kRegister && !is_set && !is_state && !is_freeze)
    return corrupt("unknown kind of field");
  if (is_set && is_empty(entry.value)) return corrupt("a set with an empty element");
  if (is_freeze && entry.value != Value{std::int64_t{0}} && entry.value != Value{std::int64_t{1}})
    return corrupt("a freeze that is neither");
  if (is_state && type_of(entry.value) != kText) return corrupt("a state that is not text");
  const bool may_have_previous = is_state && type_of(entry.previous) == kText;
  if (!is_empty(entry.previous) && !may_have_previous) return corrupt("a previous value");

  const ByteView name = packed::from_kj(in.getField());
  if (name.size() > limits::kMaxNameBytes) return fail(Errc::kLimit, "kMaxNameBytes");
  if (!name.empty()) {
    if (!out.fields_.empty()) {
      const Field& before = out.fields_.back();
      const int order = std::string_view(before.name).compare(as_text(name));
      if (order > 0 || (order == 0 && before.kind >= kind)) return corrupt("fields do not ascend");
    }
    out.fields_.push_back({.name = std::string(as_text(name)), .kind = kind, .entries = {}});
    out.fields_.back().entries.push_back(std::move(entry));
    return ok();
  }
  if (out.fields_.empty() || out.fields_.back().kind != kind)
    return corrupt("an entry of no field");
  const Entry& before = out.fields_.back().entries.back();
  const bool is_ordered =
      is_set ? std::tie(before.value, before.origin) < std::tie(entry.value, entry.origin)
             : before.origin > entry.origin;
  if (!is_ordered) return corrupt("entries of a field are out of order");
  out.fields_.back().entries.push_back(std::move(entry));
  return ok();
}

Result<void> RecordStateCodec::read_texts(capnp::List<schema::Text>::Reader in,
                                          capnp::List<schema::TextLoad>::Reader loads,
                                          RecordState& out) {
  for (auto text : in) {
    CUNJU_TRY(TextField read, text_codec::read_text(text));
    if (!out.texts_.empty() && out.texts_.back().name >= read.name)
      return corrupt("texts do not ascend");
    out.texts_.push_back(std::move(read));
  }
  for (auto load : loads) {
    const Dot read = dot_codec::read_dot(load);
    const bool ascends = out.text_loads_.empty() || out.text_loads_.back().author < read.author;
    if (!ascends || read.seq.value == 0) return corrupt("shares of texts");
    out.text_loads_.push_back({read.author, read.seq.value});
  }
  return ok();
}

Result<void> RecordStateCodec::check_origins_used(const RecordState& state) {
  std::vector<std::uint8_t> used(state.origins_.size());
  auto mark = [&used](const Field& field) {
    for (const Entry& entry : field.entries) used[entry.origin] = 1;
  };
  mark(state.life_);
  std::ranges::for_each(state.fields_, mark);
  if (std::ranges::find(used, 0) != used.end()) return corrupt("an origin without entry");
  if (state.life_.entries.empty() && (!state.fields_.empty() || !state.texts_.empty()))
    return corrupt("fields without life");
  return ok();
}

Result<RecordState> RecordStateCodec::read(schema::RecordState::Reader in,
                                           std::size_t max_entries) {
  RecordState out;
  auto origins = in.getOrigins();
  auto entries = in.getEntries();
  if (std::max(origins.size(), entries.size()) > max_entries)
    return fail(Errc::kCorrupt, "more entries than bytes");
  CUNJU_TRYV(read_origins(origins, out));
  CUNJU_TRYV(read_life(in, out));
  for (auto entry : entries) {
    CUNJU_TRYV(read_entry(entry, out));
  }
  CUNJU_TRYV(read_texts(in.getTexts(), in.getTextLoads(), out));
  CUNJU_TRYV(check_origins_used(out));
  return out;
}

Bytes RecordState::encode() const {
  capnp::MallocMessageBuilder message(static_cast<unsigned>(16 + RecordStateCodec::words(*this)));
  RecordStateCodec::write(*this, message.initRoot<schema::RecordState>());
  return packed::write_packed(message);
}

Result<RecordState> RecordState::decode(ByteView bytes) {
  return packed::read_packed<schema::RecordState>(bytes, max_words(bytes),
                                                  [&bytes](schema::RecordState::Reader in) {
                                                    return RecordStateCodec::read(in, bytes.size());
                                                  });
}

namespace {

std::size_t claim_words(const std::string& registry, const RecordState& state) {
  return 16 + data_words(registry.size()) + RecordStateCodec::words(state);
}

void write_claim(std::string_view registry, std::uint64_t first_depth, const ChangeId& first_id,
                 const RecordState& state, schema::Claim::Builder out) {
  out.setRegistry(packed::to_kj(as_bytes(registry)));
  out.setDepth(first_depth);
  dot_codec::write_id(first_id, out);
  RecordStateCodec::write(state, out.initState());
}

Result<RegistryClaim> read_claim(schema::Claim::Reader in, std::size_t max_entries) {
  const ByteView registry = packed::from_kj(in.getRegistry());
  if (registry.size() > limits::kMaxNameBytes) return fail(Errc::kLimit, "kMaxNameBytes");
  if (registry.empty()) return fail(Errc::kCorrupt, "a claim without registry");
  RegistryClaim out{.registry = std::string(as_text(registry)),
                    .first_depth = in.getDepth(),
                    .first_id = dot_codec::read_id(in),
                    .state = {}};
  CUNJU_TRY(out.state, RecordStateCodec::read(in.getState(), max_entries));
  return out;
}

void write_list(const std::vector<Head>& heads, capnp::List<schema::Head>::Builder out) {
  unsigned at = 0;
  for (const Head& head : heads) {
    dot_codec::write_id(head.id, out[at]);
    dot_codec::write_dot(head.dot, out[at++]);
  }
}

Result<std::vector<Head>> read_list(capnp::List<schema::Head>::Reader in,
                                    const VersionVector& clock) {
  std::vector<Head> out;
  for (auto head : in) {
    const Head read{.id = dot_codec::read_id(head), .dot = dot_codec::read_dot(head)};
    if (!clock.covers(read.dot)) return fail(Errc::kCorrupt, "a head that the clock has not seen");
    if (!out.empty() && out.back().id >= read.id)
      return fail(Errc::kCorrupt, "heads do not ascend");
    out.push_back(read);
  }
  return out;
}

Result<void> read_heads(schema::RecordView::Reader in, RecordView& out) {
  CUNJU_TRY(out.heads, read_list(in.getHeads(), out.clock));
  CUNJU_TRY(out.left_out, read_list(in.getLeftOut(), out.clock));
  const bool is_empty = out.heads.empty() && out.left_out.empty();
  const bool is_consistent = is_empty == out.clock.empty() && is_empty == (out.max_depth == 0);
  return is_consistent ? ok() : corrupt("heads, clock and depth disagree");
}

Result<void> check_claim(const RecordView& view, std::uint64_t first_depth,
                         const RecordState& state) {
  if (first_depth == 0 || first_depth > view.max_depth) return corrupt("depth of a claim");
  for (const Origin& origin : state.origins())
    if (origin.depth > view.max_depth || !view.clock.covers(origin.dot))
      return corrupt("an origin that the clock has not seen");
  return ok();
}

Result<void> read_claims(schema::RecordView::Reader in, std::size_t max_entries, RecordView& out) {
  bool is_own = true;
  for (auto claim : in.getClaims()) {
    CUNJU_TRY(RegistryClaim read, read_claim(claim, max_entries));
    CUNJU_TRYV(check_claim(out, read.first_depth, read.state));
    if (std::exchange(is_own, false)) {
      out.registry = std::move(read.registry);
      out.first_depth = read.first_depth;
      out.first_id = read.first_id;
      out.state = std::move(read.state);
      continue;
    }
    const bool is_later =
        std::tie(out.first_depth, out.first_id) < std::tie(read.first_depth, read.first_id);
    if (!is_later || read.registry == out.registry) return corrupt("a claim out of place");
    if (!out.others.empty() && out.others.back().registry >= read.registry)
      return corrupt("claims do not ascend");
    out.others.push_back(std::move(read));
  }
  return ok();
}

}  // namespace

Bytes RecordView::encode() const {
  std::size_t words =
      32 + 9 * heads.size() + 5 * clock.size() + 9 * left_out.size() + claim_words(registry, state);
  for (const RegistryClaim& claim : others) words += claim_words(claim.registry, claim.state);
  capnp::MallocMessageBuilder message(static_cast<unsigned>(words));
  auto root = message.initRoot<schema::RecordView>();
  root.setMaxDepth(max_depth);
  write_list(heads, root.initHeads(static_cast<unsigned>(heads.size())));
  dot_codec::write_clock(clock, root.initClock(static_cast<unsigned>(clock.size())));
  write_list(left_out, root.initLeftOut(static_cast<unsigned>(left_out.size())));
  root.setPassesOver(passes_over);
  if (!registry.empty()) {
    auto claims = root.initClaims(static_cast<unsigned>(1 + others.size()));
    write_claim(registry, first_depth, first_id, state, claims[0]);
    unsigned at = 1;
    for (const RegistryClaim& claim : others)
      write_claim(claim.registry, claim.first_depth, claim.first_id, claim.state, claims[at++]);
  }
  return packed::write_packed(message);
}

Result<RecordView> RecordView::decode(ByteView bytes) {
  return packed::read_packed<schema::RecordView>(
      bytes, max_words(bytes), [&bytes](schema::RecordView::Reader in) -> Result<RecordView> {
        RecordView out;
        out.max_depth = in.getMaxDepth();
        out.passes_over = in.getPassesOver();
        CUNJU_TRY(out.clock, dot_codec::read_clock(in.getClock()));
        CUNJU_TRYV(read_heads(in, out));
        CUNJU_TRYV(read_claims(in, bytes.size(), out));
        return out;
      });
}

}  // namespace cunju
