// SPDX-License-Identifier: Apache-2.0
#include "crdt/witness/statement.h"

#include <algorithm>

#include "crdt/base/check.h"
#include "crdt/base/limits.h"
#include "crdt/base/packed.h"
#include "crdt/change/part_codec.h"
#include "crdt/roster/roster.h"
#include "crdt/witness/witness.capnp.h"

namespace cunju {
namespace {

constexpr std::string_view kRecordLabel = "cunju witness 1";
/// Words of one unpacked statement: a head takes 11, and there are some pointers.
constexpr std::size_t kMaxStatementWords = limits::kMaxWitnessedHeads * 12 + 64;

template <class Id>
Result<Id> read_id(capnp::Data::Reader data) {
  std::optional<Id> id = Id::from(packed::from_kj(data));
  if (!id) return fail(Errc::kMalformed, "an id has the wrong size");
  return *id;
}

}  // namespace

RecordId witness_record(const SpaceId& space, const AuthorKey& node) {
  const Hash hash = crypto::Hasher(kRecordLabel).add(space.view()).add(node.view()).finish();
  return *RecordId::from(hash.view().first(RecordId::kSize));
}

Operation make_statement(std::span<const WitnessedHead> heads) {
  CUNJU_CHECK(!heads.empty() && heads.size() <= limits::kMaxWitnessedHeads,
              "the caller splits what it holds");
  capnp::MallocMessageBuilder message(kMaxStatementWords);
  auto out =
      message.initRoot<schema::WitnessStatement>().initHeads(static_cast<unsigned>(heads.size()));
  for (unsigned i = 0; i < out.size(); ++i) {
    out[i].setAuthor(packed::to_kj(heads[i].author.view()));
    out[i].setSeq(heads[i].seq.value);
    out[i].setId(packed::to_kj(heads[i].id.view()));
  }
  return make_operation(OperationKind::kWitness, "", packed::write_packed(message));
}

Result<std::vector<WitnessedHead>> decode_statement(ByteView bytes) {
  using Heads = std::vector<WitnessedHead>;
  return packed::read_packed<schema::WitnessStatement>(
      bytes, kMaxStatementWords, [](schema::WitnessStatement::Reader in) -> Result<Heads> {
        Heads out;
        auto heads = in.getHeads();
        if (heads.size() == 0) return fail(Errc::kMalformed, "a statement of nothing");
        if (heads.size() > limits::kMaxWitnessedHeads)
          return fail(Errc::kLimit, "kMaxWitnessedHeads");
        for (auto head : heads) {
          CUNJU_TRY(AuthorKey author, read_id<AuthorKey>(head.getAuthor()));
          CUNJU_TRY(ChangeId id, read_id<ChangeId>(head.getId()));
          if (!out.empty() && !(out.back().author < author))
            return fail(Errc::kMalformed, "witnessed heads are not ascending");
          out.push_back({.author = author, .seq = Seq{head.getSeq()}, .id = id});
        }
        return out;
      });
}

std::optional<std::vector<WitnessedHead>> read_statement(const Change& change) {
  if (change.parts.size() != 1 || change.header.is_founding()) return std::nullopt;
  const Part& part = change.parts.front();
  if (part.scope != kOpenScope || part.presence != Presence::kPresent) return std::nullopt;
  Result<Links> links = decode_links(part.links);
  if (links.has_error() || links.value().registry != kWitnessRegistry ||
      links.value().record != witness_record(change.space(), change.header.author))
    return std::nullopt;
  Result<Body> body = decode_body(part.body);
  if (body.has_error() || body.value().operations.size() != 1) return std::nullopt;
  const Operation& operation = body.value().operations.front();
  const auto* bytes = std::get_if<Bytes>(&operation.value);
  if (operation.kind != static_cast<std::uint16_t>(OperationKind::kWitness) || bytes == nullptr)
    return std::nullopt;
  Result<std::vector<WitnessedHead>> heads = decode_statement(*bytes);
  if (heads.has_error()) return std::nullopt;
  return std::move(heads).value();
}

}  // namespace cunju
