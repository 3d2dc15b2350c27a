// SPDX-License-Identifier: Apache-2.0
#include "crdt/roster/operations.h"

#include "crdt/base/check.h"
#include "crdt/base/limits.h"
#include "crdt/base/packed.h"
#include "crdt/change/change.h"
#include "crdt/roster/roster.capnp.h"

namespace cunju {
namespace {

constexpr std::string_view kNodeLabel = "cunju node 1";
constexpr std::size_t kMaxRosterWords = 1024;

Result<std::string> read_text(capnp::Text::Reader text) {
  std::string_view view = packed::from_kj(text);
  if (view.size() > limits::kMaxNameBytes) return fail(Errc::kLimit, "kMaxNameBytes");
  if (!is_utf8(view)) return fail(Errc::kMalformed, "roster text is not UTF-8");
  return std::string(view);
}

template <class Id>
Result<Id> read_id(capnp::Data::Reader data) {
  std::optional<Id> id = Id::from(packed::from_kj(data));
  if (!id) return fail(Errc::kMalformed, "roster id has the wrong size");
  return *id;
}

struct Writer {
  schema::RosterOperation::Builder out;

  void operator()(const UnknownRosterOperation&) { out.setUnknown(); }
  void operator()(const FoundSpace& operation) {
    auto to = out.initFoundSpace();
    to.setName(packed::to_kj_text(operation.name));
    to.setCode(packed::to_kj_text(operation.code));
    to.setRules(operation.rules);
  }
  void operator()(const AdmitMember& operation) {
    auto to = out.initAdmitMember();
    to.setMember(packed::to_kj(operation.member.view()));
    to.setName(packed::to_kj_text(operation.name));
  }
  void operator()(const GrantRole& operation) {
    auto to = out.initGrantRole();
    to.setMember(packed::to_kj(operation.member.view()));
    to.setRole(packed::to_kj_text(operation.role));
    to.setTermFrom(packed::to_kj_text(operation.term_from));
    to.setTermUntil(packed::to_kj_text(operation.term_until));
  }
  void operator()(const AddDevice& operation) {
    auto to = out.initAddDevice();
    to.setMember(packed::to_kj(operation.member.view()));
    to.setAuthor(packed::to_kj(operation.author.view()));
  }
  void operator()(const AddNode& operation) {
    auto to = out.initAddNode();
    to.setNode(packed::to_kj(operation.node.view()));
    to.setWire(packed::to_kj(operation.wire.view()));
    to.setName(packed::to_kj_text(operation.name));
    to.setReplication(static_cast<std::uint8_t>(operation.replication));
    to.setMember(packed::to_kj(operation.member.view()));
    to.setSignature(packed::to_kj(operation.signature.view()));
  }
  void operator()(const SetPolicy& operation) {
    auto to = out.initSetPolicy();
    to.setRole(packed::to_kj_text(operation.role));
    to.setRegistry(packed::to_kj_text(operation.registry));
    to.setRights(operation.rights);
  }
};

Result<RosterOperation> read_node(schema::AddNode::Reader in) {
  AddNode out;
  CUNJU_TRY(out.node, read_id<NodeKey>(in.getNode()));
  CUNJU_TRY(out.wire, read_id<WireKey>(in.getWire()));
  CUNJU_TRY(out.name, read_text(in.getName()));
  if (in.getReplication() > 2) return RosterOperation(UnknownRosterOperation{});
  out.replication = static_cast<Replication>(in.getReplication());
  CUNJU_TRY(out.member, read_id<MemberId>(in.getMember()));
  CUNJU_TRY(out.signature, read_id<Signature>(in.getSignature()));
  return RosterOperation(std::move(out));
}

Result<RosterOperation> read_member_operation(schema::RosterOperation::Reader in) {
  if (in.isAdmitMember()) {
    AdmitMember out;
    CUNJU_TRY(out.member, read_id<MemberId>(in.getAdmitMember().getMember()));
    CUNJU_TRY(out.name, read_text(in.getAdmitMember().getName()));
    return RosterOperation(std::move(out));
  }
  if (in.isAddDevice()) {
    AddDevice out;
    CUNJU_TRY(out.member, read_id<MemberId>(in.getAddDevice().getMember()));
    CUNJU_TRY(out.author, read_id<AuthorKey>(in.getAddDevice().getAuthor()));
    return RosterOperation(out);
  }
  GrantRole out;
  CUNJU_TRY(out.member, read_id<MemberId>(in.getGrantRole().getMember()));
  CUNJU_TRY(out.role, read_text(in.getGrantRole().getRole()));
  CUNJU_TRY(out.term_from, read_text(in.getGrantRole().getTermFrom()));
  CUNJU_TRY(out.term_until, read_text(in.getGrantRole().getTermUntil()));
  return RosterOperation(std::move(out));
}

Result<RosterOperation> read_operation(schema::RosterOperation::Reader in) {
  switch (in.which()) {
    case schema::RosterOperation::FOUND_SPACE: {
      FoundSpace out;
      CUNJU_TRY(out.name, read_text(in.getFoundSpace().getName()));
      CUNJU_TRY(out.code, read_text(in.getFoundSpace().getCode()));
      out.rules = in.getFoundSpace().getRules();
      return RosterOperation(std::move(out));
    }
    case schema::RosterOperation::ADMIT_MEMBER:
    case schema::RosterOperation::GRANT_ROLE:
    case schema::RosterOperation::ADD_DEVICE:
      return read_member_operation(in);
    case schema::RosterOperation::ADD_NODE:
      return read_node(in.getAddNode());
    case schema::RosterOperation::SET_POLICY: {
      SetPolicy out;
      CUNJU_TRY(out.role, read_text(in.getSetPolicy().getRole()));
      CUNJU_TRY(out.registry, read_text(in.getSetPolicy().getRegistry()));
      out.rights = in.getSetPolicy().getRights();
      return RosterOperation(std::move(out));
    }
    case schema::RosterOperation::UNKNOWN:
      break;
  }
  return RosterOperation(UnknownRosterOperation{});
}

std::array<std::uint8_t, 1> suite_byte() { return {kSuiteEd25519Blake2b}; }

}  // namespace

Signature sign_node_entry(const crypto::SigningKey& node, const SpaceId& space, const WireKey& wire,
                          const MemberId& member) {
  return node.sign(kNodeLabel, {suite_byte(), space.view(), wire.view(), member.view()});
}

bool verify_node_entry(const AddNode& entry, const SpaceId& space) {
  return crypto::verify(entry.node.view(), kNodeLabel,
                        {suite_byte(), space.view(), entry.wire.view(), entry.member.view()},
                        entry.signature);
}

Bytes encode_roster_operation(const RosterOperation& operation) {
  capnp::MallocMessageBuilder message;
  std::visit(Writer{message.initRoot<schema::RosterOperation>()}, operation);
  return packed::write_packed(message);
}

Result<RosterOperation> decode_roster_operation(ByteView bytes) {
  return packed::read_packed<schema::RosterOperation>(bytes, kMaxRosterWords, read_operation);
}

}  // namespace cunju
