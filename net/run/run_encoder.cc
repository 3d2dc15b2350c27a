// SPDX-License-Identifier: Apache-2.0
#include "net/run/run_encoder.h"

#include <optional>
#include <utility>

#include "crdt/base/limits.h"
#include "crdt/change/links_salt.h"
#include "net/run/part_words.h"
#include "net/run/run_forms.h"
#include "net/run/words.h"
#include "net/wire/varint.h"

namespace cunju::run {
namespace {

bool is_bare(const ValueFields& value) {
  return value.kind == ValueKind::kInteger || value.integer == 0;
}

/// Nothing stands where a value has no use for it, names are as long as readers take, and all of it
/// is no more than the packed body: zeros, which packing makes short, would fill the columns.
bool is_plain(const BodyFields& fields, std::size_t packed_bytes) {
  std::size_t bytes = 0;
  for (const OperationFields& operation : fields.operations) {
    if (operation.field.size() > limits::kMaxNameBytes) return false;
    if (!is_bare(operation.value) || !is_bare(operation.previous)) return false;
    bytes +=
        operation.field.size() + operation.value.bytes.size() + operation.previous.bytes.size();
  }
  return bytes <= packed_bytes;
}

/// Links and body as fields, where they have that form and come back from it byte for byte.
struct PartFields {
  explicit PartFields(const Part& part) {
    if (part.scope != kOpenScope) return;
    if (has_words(part.links, kMaxLinksWordBytes, link_words))
      links = find_links_fields(link_words);
    if (part.presence != Presence::kPresent ||
        !has_words(part.body, limits::kMaxUnpackedWords * kWordBytes, body_words))
      return;
    body = find_body_fields(body_words);
    if (body && !is_plain(*body, part.body.size())) body.reset();
  }

  static bool has_words(ByteView packed, std::size_t max_bytes, Bytes& out) {
    std::optional<Bytes> words = unpack_words(packed, max_bytes);
    if (!words || !equal(pack_words(*words), packed)) return false;
    out = std::move(*words);
    return true;
  }
  bool has_salt_of_body() const {
    return links && body && equal(links_salt(*Salt::from(body->salt)).view(), links->salt);
  }

  Bytes link_words, body_words;
  std::optional<LinksFields> links;  ///< A view of the words, as `body`.
  std::optional<BodyFields> body;
};

}  // namespace

void RunEncoder::put_number(Column column, std::uint64_t value) {
  wire::put_varint(columns_[column], value);
}

void RunEncoder::put_as_stored(Scope scope, ByteView bytes) {
  append(columns_[stored_column(scope)], bytes);
}

void RunEncoder::put_links_fields(const LinksFields& fields, LinksForm form) {
  if (form != LinksForm::kSaltOfBody) append(columns_[kRandom], fields.salt);
  const RecordId record = *RecordId::from(fields.record);
  std::optional<std::uint64_t> place = memory_.records.find(record);
  put_number(kRecords, place ? memory_.records.end() - *place : 0);
  if (!place) {
    append(columns_[kRandom], fields.record);
    place = memory_.records.add(record, {});
  }
  memory_.touched.push_back(*place);
  const ChangeId& last = memory_.records.at_back(memory_.records.end() - *place)->value;
  if (equal(last.view(), fields.parents)) {
    put_number(kParents, kLastChange);
  } else {
    put_number(kParents, kNamedParents + fields.parents.size() / ChangeId::kSize);
    append(columns_[kRandom], fields.parents);
  }
  put_name(std::string(as_text(fields.registry)));
}

void RunEncoder::put_name(const std::string& name) {
  const std::optional<std::uint64_t> place = memory_.names.find(name);
  put_number(kNames, place ? memory_.names.end() - *place : 0);
  if (place) return;
  put_number(kSizes, name.size());
  append(columns_[kTexts], as_bytes(name));
  memory_.names.add(name, {});
}

void RunEncoder::put_value(const ValueFields& value) {
  if (value.kind == ValueKind::kNone) return;
  if (value.kind == ValueKind::kInteger) {
    put_number(kIntegers, wire::zigzag(value.integer));
    return;
  }
  put_number(kSizes, value.bytes.size());
  append(columns_[value.kind == ValueKind::kText ? kTexts : kContents], value.bytes);
}

void RunEncoder::put_body_fields(const BodyFields& fields) {
  put_number(kOperations, kInWords + fields.operations.size());
  append(columns_[kRandom], fields.salt);
  for (const OperationFields& operation : fields.operations) {
    put_number(kOperations, operation.kind);
    put_number(kOperations, static_cast<std::uint64_t>(operation.previous.kind) << kPreviousShift |
                                static_cast<std::uint64_t>(operation.value.kind));
    put_name(operation.field);
    put_value(operation.value);
    put_value(operation.previous);
  }
}

void RunEncoder::put_part(const Part& part) {
  PartTag tag{.scope = part.scope, .presence = part.presence};
  if (part.presence == Presence::kWithheld || part.presence == Presence::kRedacted) {
    put_number(kParts, encode_part_tag(tag, salts_));
    append(columns_[kRandom], part.part_hash.view());
    return;
  }
  const PartFields fields(part);
  if (fields.links) tag.links = LinksForm::kInWords;
  if (salts_ == Salts::kDerived && fields.has_salt_of_body()) tag.links = LinksForm::kSaltOfBody;
  put_number(kParts, encode_part_tag(tag, salts_));
  if (fields.links) {
    put_links_fields(*fields.links, tag.links);
  } else {
    put_number(kSizes, part.links.size());
    put_as_stored(part.scope, part.links);
  }
  if (part.presence == Presence::kErased) {
    append(columns_[kRandom], part.body_hash.view());
    return;
  }
  if (fields.body) return put_body_fields(*fields.body);
  put_number(kOperations, kAsStored);
  put_number(kSizes, part.body.size());
  put_as_stored(part.scope, part.body);
}

void RunEncoder::put_change(const Change& change) {
  const ChangeHeader& header = change.header;
  std::uint64_t flags = 0;
  if (!header.pins.empty()) flags |= kHasPins;
  if (!header.seen.is_zero()) flags |= kHasSeen;
  put_number(kChanges, std::uint64_t{change.parts.size()} << kChangeFlagBits | flags);
  if (!header.pins.empty()) put_number(kChanges, header.pins.size());
  for (const ChangeId& pin : header.pins) append(columns_[kIds], pin.view());
  if (!header.seen.is_zero()) append(columns_[kIds], header.seen.view());
  put_number(kTimes, wire::zigzag(header.claimed_ms - memory_.claimed_ms));
  memory_.claimed_ms = header.claimed_ms;
  for (const Part& part : change.parts) put_part(part);
  append(columns_[kRandom], change.signature.view().first(Signature::kSize - 1));
  put_u8(columns_[kEnds], change.signature.value.back());
  memory_.note_change(change.id);
}

void RunEncoder::put_run_head(const Change& first) {
  const ChangeHeader& header = first.header;
  if (const auto place = memory_.authors.find(header.author)) {
    const std::uint64_t back = memory_.authors.end() - *place;
    const LogEnd& end = memory_.authors.at_back(back)->value;
    if (end.id == header.prev && end.seq.next() == header.seq) {
      put_number(kRuns, kGoesOn - 1 + back);
      memory_.log = *place;
      return;
    }
  }
  put_number(kRuns, header.is_founding() ? kFounding : header.seq.value == 0 ? kFirst : kLater);
  append(columns_[kIds], header.author.view());
  memory_.log = memory_.authors.add(header.author, {});
  if (header.seq.value == 0) return;
  put_number(kRuns, header.seq.value);
  append(columns_[kIds], header.prev.view());
}

Result<void> RunEncoder::put_run(const SpaceId& space, const wire::Run& run, wire::BatchUse& use) {
  if (run.changes.empty()) return fail(Errc::kInvalidArgument, "a run without changes");
  const Change& first = run.changes.front();
  if (first.space() != space) return fail(Errc::kInvalidArgument, "a run of another space");
  put_run_head(first);
  put_number(kRuns, run.changes.size());
  const Change* before = nullptr;
  for (const Change& change : run.changes) {
    if (before != nullptr && check_successor(*before, change).has_error())
      return fail(Errc::kInvalidArgument, "a run whose changes do not follow each other");
    CUNJU_TRYV(use.add_change());
    CUNJU_TRYV(use.add_bytes(encoded_size(change)));
    put_change(change);
    before = &change;
  }
  memory_.note_run_end({.seq = before->header.seq, .id = before->id});
  return ok();
}

Result<Bytes> RunEncoder::encode(const SpaceId& space, std::span<const wire::Run> runs) {
  for (Bytes& column : columns_) column.clear();
  wire::BatchUse use;
  put_number(kRuns, runs.size());
  for (const wire::Run& run : runs) {
    CUNJU_TRYV(put_run(space, run, use));
  }
  return encode_columns(columns_, dictionary_);
}

}  // namespace cunju::run
