// SPDX-License-Identifier: Apache-2.0
#include "net/run/run_decoder.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "crdt/base/limits.h"
#include "crdt/change/links_salt.h"
#include "crdt/crypto/crypto.h"
#include "net/run/part_words.h"
#include "net/run/run_forms.h"
#include "net/run/words.h"
#include "net/wire/varint.h"

namespace cunju::run {
namespace {

Result<std::uint64_t> read_number(ReceivedColumns& in, Column column) {
  return wire::read_varint(in[column]);
}

/// Errors: kMalformed when so much is not there.
Result<ByteView> take(ReceivedColumns& in, Column column, std::size_t size) {
  const ByteView out = in[column].take(size);
  if (!in[column].ok()) return fail(Errc::kMalformed, "a column is cut short");
  return out;
}

Result<Bytes> read_as_stored(ReceivedColumns& in, Scope scope, std::uint64_t size,
                             std::size_t limit, const char* limit_name) {
  if (size > limit) return fail(Errc::kLimit, limit_name);
  CUNJU_TRY(const ByteView out, take(in, stored_column(scope), static_cast<std::size_t>(size)));
  return to_bytes(out);
}

Result<ValueFields> read_value(ReceivedColumns& in, std::uint64_t kind) {
  ValueFields out{.kind = static_cast<ValueKind>(kind), .integer = 0, .bytes = {}};
  if (out.kind == ValueKind::kNone) return out;
  if (out.kind == ValueKind::kInteger) {
    CUNJU_TRY(const std::uint64_t value, read_number(in, kIntegers));
    out.integer = wire::unzigzag(value);
    return out;
  }
  CUNJU_TRY(const std::uint64_t size, read_number(in, kSizes));
  if (size > limits::kMaxBodyBytes) return fail(Errc::kLimit, "kMaxBodyBytes");
  CUNJU_TRY(out.bytes, take(in, out.kind == ValueKind::kText ? kTexts : kContents,
                            static_cast<std::size_t>(size)));
  return out;
}

}  // namespace

Result<std::string> RunDecoder::read_name(ReceivedColumns& in) {
  CUNJU_TRY(const std::uint64_t back, read_number(in, kNames));
  if (back > 0) {
    const auto* name = memory_.names.at_back(back);
    if (name == nullptr) return fail(Errc::kMalformed, "a name that was not named before");
    return name->key;
  }
  CUNJU_TRY(const std::uint64_t size, read_number(in, kSizes));
  if (size > limits::kMaxNameBytes) return fail(Errc::kLimit, "kMaxNameBytes");
  CUNJU_TRY(const ByteView bytes, take(in, kTexts, static_cast<std::size_t>(size)));
  std::string out(as_text(bytes));
  memory_.names.add(out, {});
  return out;
}

Result<OperationFields> RunDecoder::read_operation(ReceivedColumns& in) {
  CUNJU_TRY(const std::uint64_t kind, read_number(in, kOperations));
  if (kind > UINT16_MAX) return fail(Errc::kMalformed, "kind of an operation out of range");
  CUNJU_TRY(const std::uint64_t values, read_number(in, kOperations));
  if (values >> kPreviousShift > kValueKindMask)
    return fail(Errc::kMalformed, "unknown kind of value");
  OperationFields out{
      .kind = static_cast<std::uint16_t>(kind), .field = {}, .value = {}, .previous = {}};
  CUNJU_TRY(out.field, read_name(in));
  CUNJU_TRY(out.value, read_value(in, values & kValueKindMask));
  CUNJU_TRY(out.previous, read_value(in, values >> kPreviousShift));
  return out;
}

Result<Bytes> RunDecoder::read_body(ReceivedColumns& in, Scope scope, ByteView& salt) {
  CUNJU_TRY(const std::uint64_t form, read_number(in, kOperations));
  if (form == kAsStored) {
    CUNJU_TRY(const std::uint64_t size, read_number(in, kSizes));
    return read_as_stored(in, scope, size, limits::kMaxBodyBytes, "kMaxBodyBytes");
  }
  const std::uint64_t count = form - kInWords;
  if (count > limits::kMaxOperations) return fail(Errc::kLimit, "kMaxOperations");
  BodyFields fields;
  CUNJU_TRY(fields.salt, take(in, kRandom, Salt::kSize));
  salt = fields.salt;
  std::size_t bytes = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    CUNJU_TRY(OperationFields operation, read_operation(in));
    bytes +=
        operation.field.size() + operation.value.bytes.size() + operation.previous.bytes.size();
    if (bytes > limits::kMaxBodyBytes) return fail(Errc::kLimit, "kMaxBodyBytes");
    fields.operations.push_back(std::move(operation));
  }
  Bytes out = pack_words(body_words(fields));
  if (out.size() > limits::kMaxBodyBytes) return fail(Errc::kLimit, "kMaxBodyBytes");
  return out;
}

Result<LinksFields> RunDecoder::read_links_fields(ReceivedColumns& in, LinksForm form,
                                                  std::string& registry) {
  LinksFields fields;
  if (form != LinksForm::kSaltOfBody) {
    CUNJU_TRY(fields.salt, take(in, kRandom, Salt::kSize));
  }
  CUNJU_TRY(const std::uint64_t back, read_number(in, kRecords));
  std::uint64_t place = memory_.records.end() - back;
  if (back == 0) {
    CUNJU_TRY(const ByteView id, take(in, kRandom, RecordId::kSize));
    place = memory_.records.add(*RecordId::from(id), {});
  }
  const auto* record = memory_.records.at_back(memory_.records.end() - place);
  if (record == nullptr) return fail(Errc::kMalformed, "a record that was not named before");
  memory_.touched.push_back(place);
  fields.record = record->key.view();
  CUNJU_TRY(const std::uint64_t parents, read_number(in, kParents));
  if (parents == kLastChange) {
    fields.parents = record->value.view();
  } else {
    if (parents - kNamedParents > limits::kMaxParents) return fail(Errc::kLimit, "kMaxParents");
    CUNJU_TRY(fields.parents,
              take(in, kRandom, static_cast<std::size_t>(parents - kNamedParents) * Hash::kSize));
  }
  CUNJU_TRY(registry, read_name(in));
  fields.registry = as_bytes(registry);
  return fields;
}

Result<Part> RunDecoder::read_part(ReceivedColumns& in) {
  CUNJU_TRY(const std::uint64_t number, read_number(in, kParts));
  CUNJU_TRY(const PartTag tag, decode_part_tag(number, salts_));
  const bool in_words = tag.links != LinksForm::kAsStored;
  Part part;
  part.scope = tag.scope;
  part.presence = tag.presence;
  if (part.presence == Presence::kWithheld || part.presence == Presence::kRedacted) {
    if (in_words) return fail(Errc::kMalformed, "links of a part that is not here");
    part.part_hash = {in[kRandom].array<Hash::kSize>()};
    return part;
  }
  LinksFields links;
  std::string registry;
  if (in_words) {
    CUNJU_TRY(links, read_links_fields(in, tag.links, registry));
    if (tag.links == LinksForm::kInWords) part.links = pack_words(links_words(links));
  } else {
    CUNJU_TRY(const std::uint64_t size, read_number(in, kSizes));
    CUNJU_TRY(part.links,
              read_as_stored(in, part.scope, size, limits::kMaxLinksBytes, "kMaxLinksBytes"));
  }
  if (part.presence == Presence::kErased) {
    if (tag.links == LinksForm::kSaltOfBody)
      return fail(Errc::kMalformed, "the salt of a body that is not here");
    part.body_hash = {in[kRandom].array<Hash::kSize>()};
    part.part_hash = part_hash(part.scope, crypto::hash({part.links}), part.body_hash);
    return part;
  }
  ByteView body_salt;
  CUNJU_TRY(part.body, read_body(in, part.scope, body_salt));
  if (tag.links == LinksForm::kSaltOfBody) {
    const std::optional<Salt> of_body = Salt::from(body_salt);
    if (!of_body) return fail(Errc::kMalformed, "the salt of a body that is not in words");
    const Salt salt = links_salt(*of_body);
    links.salt = salt.view();
    part.links = pack_words(links_words(links));
  }
  return make_part(part.scope, std::move(part.links), std::move(part.body));
}

Result<void> RunDecoder::read_change(ReceivedColumns& in, Change& change, wire::BatchUse& use) {
  ChangeHeader& header = change.header;
  CUNJU_TRY(const std::uint64_t flags, read_number(in, kChanges));
  if ((flags & kHasPins) != 0) {
    CUNJU_TRY(const std::uint64_t count, read_number(in, kChanges));
    if (count == 0) return fail(Errc::kMalformed, "pins announced and absent");
    if (count > limits::kMaxPins) return fail(Errc::kLimit, "kMaxPins");
    for (std::uint64_t i = 0; i < count; ++i) header.pins.push_back({in[kIds].array<32>()});
  }
  if ((flags & kHasSeen) != 0) {
    header.seen = {in[kIds].array<32>()};
    if (header.seen.is_zero()) return fail(Errc::kMalformed, "seen announced and absent");
  }
  CUNJU_TRY(const std::uint64_t difference, read_number(in, kTimes));
  header.claimed_ms = memory_.claimed_ms + wire::unzigzag(difference);
  memory_.claimed_ms = header.claimed_ms;
  const std::uint64_t part_count = flags >> kChangeFlagBits;
  if (part_count > limits::kMaxParts) return fail(Errc::kLimit, "kMaxParts");
  std::size_t size = 0;
  for (std::uint64_t i = 0; i < part_count; ++i) {
    CUNJU_TRYV(use.add_part());
    CUNJU_TRY(Part part, read_part(in));
    // Names that were named before make much of little.
    size += part.links.size() + part.body.size();
    if (size > limits::kMaxChangeBytes) return fail(Errc::kLimit, "kMaxChangeBytes");
    change.parts.push_back(std::move(part));
  }
  const auto signature = in[kRandom].array<Signature::kSize - 1>();
  std::ranges::copy(signature, change.signature.value.begin());
  change.signature.value.back() = in[kEnds].u8();
  if (!in[kRandom].ok() || !in[kIds].ok() || !in[kEnds].ok())
    return fail(Errc::kMalformed, "a column is cut short");
  return ok();
}

Result<ChangeHeader> RunDecoder::read_run_head(ReceivedColumns& in, const SpaceId& space) {
  CUNJU_TRY(const std::uint64_t kind, read_number(in, kRuns));
  ChangeHeader out;
  if (kind != kFounding) out.space = space;
  if (kind >= kGoesOn) {
    const std::uint64_t back = kind - kGoesOn + 1;
    const auto* author = memory_.authors.at_back(back);
    if (author == nullptr) return fail(Errc::kMalformed, "an author who was not named before");
    if (author->value.seq.value == UINT64_MAX)
      return fail(Errc::kMalformed, "sequence numbers out of range");
    memory_.log = memory_.authors.end() - back;
    out.author = author->key;
    out.seq = author->value.seq.next();
    out.prev = author->value.id;
    return out;
  }
  out.author = {in[kIds].array<32>()};
  memory_.log = memory_.authors.add(out.author, {});
  if (kind != kLater) return out;
  CUNJU_TRY(out.seq.value, read_number(in, kRuns));
  if (out.seq.value == 0) return fail(Errc::kMalformed, "a later run at seq 0");
  out.prev = {in[kIds].array<32>()};
  return out;
}

Result<wire::Run> RunDecoder::read_run(ReceivedColumns& in, const SpaceId& space,
                                       wire::BatchUse& use) {
  CUNJU_TRY(ChangeHeader next, read_run_head(in, space));
  CUNJU_TRY(const std::uint64_t count, read_number(in, kRuns));
  if (count == 0) return fail(Errc::kMalformed, "a run without changes");
  if (count > UINT64_MAX - next.seq.value)
    return fail(Errc::kMalformed, "sequence numbers out of range");
  wire::Run run;
  for (std::uint64_t i = 0; i < count; ++i) {
    CUNJU_TRYV(use.add_change());
    Change change{.header = next, .signature = {}, .parts = {}, .id = {}};
    CUNJU_TRYV(read_change(in, change, use));
    CUNJU_TRYV(wire::complete_change(change, space, use));
    memory_.note_change(change.id);
    next.space = space;
    next.seq = next.seq.next();
    next.prev = change.id;
    run.changes.push_back(std::move(change));
  }
  const Change& last = run.changes.back();
  memory_.note_run_end({.seq = last.header.seq, .id = last.id});
  return run;
}

Result<std::vector<wire::Run>> RunDecoder::decode(const SpaceId& space, ByteView bytes) {
  CUNJU_TRY(ReceivedColumns in, ReceivedColumns::parse(bytes, dictionary_));
  CUNJU_TRY(const std::uint64_t count, read_number(in, kRuns));
  if (count > limits::kMaxBatchChanges) return fail(Errc::kLimit, "kMaxBatchChanges");
  wire::BatchUse use;
  std::vector<wire::Run> runs;
  for (std::uint64_t i = 0; i < count; ++i) {
    CUNJU_TRY(wire::Run run, read_run(in, space, use));
    runs.push_back(std::move(run));
  }
  CUNJU_TRYV(in.require_end());
  return runs;
}

}  // namespace cunju::run
