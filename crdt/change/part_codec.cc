// SPDX-License-Identifier: Apache-2.0
#include "crdt/change/part_codec.h"

#include "crdt/base/limits.h"
#include "crdt/base/packed.h"
#include "crdt/change/change.capnp.h"

namespace cunju {
namespace {

Result<std::string> read_name(capnp::Text::Reader text, bool may_be_empty) {
  std::string_view view = packed::from_kj(text);
  if (view.size() > limits::kMaxNameBytes) return fail(Errc::kLimit, "kMaxNameBytes");
  if (!is_utf8(view)) return fail(Errc::kMalformed, "a name is not UTF-8");
  // Names end at a zero in index keys; one inside could pose as another name.
  if (view.find('\0') != std::string_view::npos) return fail(Errc::kMalformed, "a zero in a name");
  if (view.empty() && !may_be_empty) return fail(Errc::kMalformed, "a name is empty");
  return std::string(view);
}

template <class Id>
Result<Id> read_id(capnp::Data::Reader data) {
  std::optional<Id> id = Id::from(packed::from_kj(data));
  if (!id) return fail(Errc::kMalformed, "an id has the wrong size");
  return *id;
}

void write_value(const Value& value, schema::Value::Builder out) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    out.setInteger(*integer);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    out.setText(packed::to_kj_text(*text));
  } else if (const auto* data = std::get_if<Bytes>(&value)) {
    out.setData(packed::to_kj(*data));
  }
}

Result<Value> read_value(schema::Value::Reader value) {
  switch (value.which()) {
    case schema::Value::NONE:
      return Value(NoValue{});
    case schema::Value::INTEGER:
      return Value(value.getInteger());
    case schema::Value::TEXT: {
      std::string_view text = packed::from_kj(value.getText());
      if (text.size() > limits::kMaxValueBytes) return fail(Errc::kLimit, "kMaxValueBytes");
      if (!is_utf8(text)) return fail(Errc::kMalformed, "a text value is not UTF-8");
      return Value(std::string(text));
    }
    case schema::Value::DATA: {
      ByteView data = packed::from_kj(value.getData());
      if (data.size() > limits::kMaxValueBytes) return fail(Errc::kLimit, "kMaxValueBytes");
      return Value(to_bytes(data));
    }
  }
  // A kind of value that a newer program wrote: the operation has no effect here.
  return fail(Errc::kUnsupported, "unknown kind of value");
}

bool fits(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value))
    return text->size() <= limits::kMaxValueBytes && is_utf8(*text);
  if (const auto* data = std::get_if<Bytes>(&value)) return data->size() <= limits::kMaxValueBytes;
  return true;
}

bool is_name(const std::string& name) {
  return name.size() <= limits::kMaxNameBytes && is_utf8(name) &&
         name.find('\0') == std::string::npos;
}

/// An operation of a newer program: known kind but unknown kind of value. It keeps its place in
/// the body with a kind that no view interprets.
constexpr std::uint16_t kUninterpretedKind = 0xFFFF;

Result<Operation> read_operation(schema::Operation::Reader in) {
  Operation operation;
  operation.kind = in.getKind();
  CUNJU_TRY(operation.field, read_name(in.getField(), true));
  Result<Value> value = read_value(in.getValue());
  Result<Value> previous = read_value(in.getPrevious());
  for (const Result<Value>* read : {&value, &previous}) {
    if (read->has_value()) continue;
    if (read->error().code != Errc::kUnsupported) return read->error();
    operation.kind = kUninterpretedKind;
    return operation;
  }
  operation.value = std::move(value).value();
  operation.previous = std::move(previous).value();
  return operation;
}

}  // namespace

Result<Bytes> encode_links(const Links& links) {
  if (links.parents.size() > limits::kMaxParents) return fail(Errc::kLimit, "kMaxParents");
  if (links.registry.empty() || !is_name(links.registry))
    return fail(Errc::kInvalidArgument, "registry name");
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::Links>();
  root.setSalt(packed::to_kj(links.salt.view()));
  root.setRecord(packed::to_kj(links.record.view()));
  root.setRegistry(packed::to_kj_text(links.registry));
  auto parents = root.initParents(static_cast<unsigned>(links.parents.size()));
  for (unsigned i = 0; i < parents.size(); ++i)
    parents.set(i, packed::to_kj(links.parents[i].view()));
  return packed::write_packed(message);
}

Result<Bytes> encode_body(const Body& body) {
  if (body.operations.size() > limits::kMaxOperations) return fail(Errc::kLimit, "kMaxOperations");
  std::size_t words = 1024;
  for (const Operation& operation : body.operations) {
    if (!is_name(operation.field)) return fail(Errc::kLimit, "field name " + operation.field);
    if (!fits(operation.value) || !fits(operation.previous))
      return fail(Errc::kLimit, "value of field " + operation.field);
    words += 64;
  }
  // Our readers take one segment only, so the first one must be large enough for everything.
  for (;; words *= 4) {
    capnp::MallocMessageBuilder message(static_cast<unsigned>(words));
    auto root = message.initRoot<schema::Body>();
    root.setSalt(packed::to_kj(body.salt.view()));
    auto operations = root.initOperations(static_cast<unsigned>(body.operations.size()));
    for (unsigned i = 0; i < operations.size(); ++i) {
      const Operation& operation = body.operations[i];
      auto out = operations[i];
      out.setKind(operation.kind);
      out.setField(packed::to_kj_text(operation.field));
      write_value(operation.value, out.getValue());
      write_value(operation.previous, out.getPrevious());
    }
    if (message.getSegmentsForOutput().size() > limits::kMaxSegments) continue;
    if (message.getSegmentsForOutput()[0].size() > limits::kMaxUnpackedWords)
      return fail(Errc::kLimit, "kMaxUnpackedWords");
    Bytes out = packed::write_packed(message);
    if (out.size() > limits::kMaxBodyBytes) return fail(Errc::kLimit, "kMaxBodyBytes");
    return out;
  }
}

Result<Links> decode_links(ByteView bytes) {
  return packed::read_packed<schema::Links>(
      bytes, limits::kMaxLinksBytes, [](schema::Links::Reader in) -> Result<Links> {
        Links out;
        CUNJU_TRY(out.salt, read_id<Salt>(in.getSalt()));
        CUNJU_TRY(out.record, read_id<RecordId>(in.getRecord()));
        CUNJU_TRY(out.registry, read_name(in.getRegistry(), false));
        auto parents = in.getParents();
        if (parents.size() > limits::kMaxParents) return fail(Errc::kLimit, "kMaxParents");
        for (auto parent : parents) {
          CUNJU_TRY(ChangeId id, read_id<ChangeId>(parent));
          if (!out.parents.empty() && !(out.parents.back() < id))
            return fail(Errc::kMalformed, "parents are not ascending");
          out.parents.push_back(id);
        }
        return out;
      });
}

Result<Body> decode_body(ByteView bytes) {
  return packed::read_packed<schema::Body>(bytes, limits::kMaxUnpackedWords,
                                           [](schema::Body::Reader in) -> Result<Body> {
                                             Body out;
                                             CUNJU_TRY(out.salt, read_id<Salt>(in.getSalt()));
                                             auto operations = in.getOperations();
                                             if (operations.size() > limits::kMaxOperations)
                                               return fail(Errc::kLimit, "kMaxOperations");
                                             for (auto operation : operations) {
                                               CUNJU_TRY(Operation read, read_operation(operation));
                                               out.operations.push_back(std::move(read));
                                             }
                                             return out;
                                           });
}

}  // namespace cunju
