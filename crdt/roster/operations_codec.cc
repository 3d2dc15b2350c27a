// SPDX-License-Identifier: Apache-2.0
//
// The bytes of roster operations: roster.capnp.
#include "crdt/base/limits.h"
#include "crdt/base/packed.h"
#include "crdt/roster/operations.h"
#include "crdt/roster/roster.capnp.h"

namespace cunju {
namespace {

/// Words of one unpacked operation: kMaxCuts cuts of 12 words and their pointers.
constexpr std::size_t kMaxRosterWords = 16 * 1024;

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
    to.setSignature(packed::to_kj(operation.signature.view()));
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
    if (!operation.cuts.empty()) write_cuts(operation.cuts, to.initCuts(count(operation.cuts)));
  }
  void operator()(const EndRole& operation) {
    auto to = out.initEndRole();
    to.setMember(packed::to_kj(operation.member.view()));
    to.setRole(packed::to_kj_text(operation.role));
    if (!operation.cuts.empty()) write_cuts(operation.cuts, to.initCuts(count(operation.cuts)));
  }
  void operator()(const RemoveMember& operation) {
    auto to = out.initRemoveMember();
    to.setMember(packed::to_kj(operation.member.view()));
    if (!operation.cuts.empty()) write_cuts(operation.cuts, to.initCuts(count(operation.cuts)));
  }
  void operator()(const RetireDevice& operation) {
    write_cut(operation.cut, out.initRetireDevice());
  }
  void operator()(const RetireNode& operation) {
    out.initRetireNode().setNode(packed::to_kj(operation.node.view()));
  }
  void operator()(const SetReplication& operation) {
    auto to = out.initSetReplication();
    to.setNode(packed::to_kj(operation.node.view()));
    to.setReplication(static_cast<std::uint8_t>(operation.replication));
  }
  void operator()(const AdmitLate& operation) {
    write_ids(operation.changes, out.initAdmitLate().initChanges(count(operation.changes)));
  }
  void operator()(const SetQuorum& operation) {
    auto to = out.initSetQuorum();
    to.setThreshold(operation.threshold);
    write_ids(operation.keys, to.initKeys(count(operation.keys)));
  }
  void operator()(const Epoch& operation) {
    auto to = out.initEpoch();
    write_ids(operation.voided, to.initVoided(count(operation.voided)));
    auto signatures = to.initSignatures(count(operation.signatures));
    unsigned at = 0;
    for (const Cosignature& cosignature : operation.signatures) {
      signatures[at].setAuthor(packed::to_kj(cosignature.author.view()));
      signatures[at++].setSignature(packed::to_kj(cosignature.signature.view()));
    }
  }
  void operator()(const Seal&) { out.setSeal(); }
  void operator()(const OpenEpoch& operation) {
    auto to = out.initOpenEpoch();
    to.setScope(operation.scope.value);
    to.setName(packed::to_kj_text(operation.name));
    to.setEpoch(packed::to_kj(operation.epoch.view()));
    auto wraps = to.initWraps(count(operation.wraps));
    unsigned at = 0;
    for (const EpochWrap& wrap : operation.wraps) {
      wraps[at].setRecipient(packed::to_kj(wrap.recipient.view()));
      wraps[at++].setWrap(packed::to_kj(wrap.wrap));
    }
  }

 private:
  template <class T>
  static unsigned count(const std::vector<T>& items) {
    return static_cast<unsigned>(items.size());
  }
  static void write_cut(const Cut& cut, schema::Cut::Builder to) {
    to.setAuthor(packed::to_kj(cut.author.view()));
    to.setEnd(cut.end);
    to.setLast(packed::to_kj(cut.last.view()));
  }
  static void write_cuts(const Cuts& cuts, capnp::List<schema::Cut>::Builder to) {
    unsigned at = 0;
    for (const Cut& cut : cuts) write_cut(cut, to[at++]);
  }
  template <class Id>
  static void write_ids(const std::vector<Id>& ids, capnp::List<capnp::Data>::Builder to) {
    unsigned at = 0;
    for (const Id& id : ids) to.set(at++, packed::to_kj(id.view()));
  }
};

Result<Cut> read_cut(schema::Cut::Reader in) {
  Cut out;
  CUNJU_TRY(out.author, read_id<AuthorKey>(in.getAuthor()));
  out.end = in.getEnd();
  CUNJU_TRY(out.last, read_id<ChangeId>(in.getLast()));
  return out;
}

Result<Cuts> read_cuts(capnp::List<schema::Cut>::Reader in) {
  if (in.size() > limits::kMaxCuts) return fail(Errc::kLimit, "kMaxCuts");
  Cuts out;
  for (auto entry : in) {
    CUNJU_TRY(Cut cut, read_cut(entry));
    out.push_back(cut);
  }
  return out;
}

template <class Id>
Result<std::vector<Id>> read_ids(capnp::List<capnp::Data>::Reader in, std::size_t max) {
  if (in.size() > max) return fail(Errc::kLimit, "too many ids in a roster operation");
  std::vector<Id> out;
  for (auto entry : in) {
    CUNJU_TRY(Id id, read_id<Id>(entry));
    out.push_back(id);
  }
  return out;
}

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
    CUNJU_TRY(out.signature, read_id<Signature>(in.getAddDevice().getSignature()));
    return RosterOperation(out);
  }
  GrantRole out;
  CUNJU_TRY(out.member, read_id<MemberId>(in.getGrantRole().getMember()));
  CUNJU_TRY(out.role, read_text(in.getGrantRole().getRole()));
  CUNJU_TRY(out.term_from, read_text(in.getGrantRole().getTermFrom()));
  CUNJU_TRY(out.term_until, read_text(in.getGrantRole().getTermUntil()));
  return RosterOperation(std::move(out));
}

Result<RosterOperation> read_taking(schema::RosterOperation::Reader in) {
  if (in.isEndRole()) {
    EndRole out;
    CUNJU_TRY(out.member, read_id<MemberId>(in.getEndRole().getMember()));
    CUNJU_TRY(out.role, read_text(in.getEndRole().getRole()));
    CUNJU_TRY(out.cuts, read_cuts(in.getEndRole().getCuts()));
    return RosterOperation(std::move(out));
  }
  if (in.isRemoveMember()) {
    RemoveMember out;
    CUNJU_TRY(out.member, read_id<MemberId>(in.getRemoveMember().getMember()));
    CUNJU_TRY(out.cuts, read_cuts(in.getRemoveMember().getCuts()));
    return RosterOperation(std::move(out));
  }
  if (in.isRetireDevice()) {
    RetireDevice out;
    CUNJU_TRY(out.cut, read_cut(in.getRetireDevice()));
    return RosterOperation(out);
  }
  RetireNode out;
  CUNJU_TRY(out.node, read_id<NodeKey>(in.getRetireNode().getNode()));
  return RosterOperation(out);
}

Result<RosterOperation> read_replication(schema::SetReplication::Reader in) {
  SetReplication out;
  CUNJU_TRY(out.node, read_id<NodeKey>(in.getNode()));
  if (in.getReplication() > 2) return RosterOperation(UnknownRosterOperation{});
  out.replication = static_cast<Replication>(in.getReplication());
  return RosterOperation(out);
}

Result<RosterOperation> read_quorum(schema::SetQuorum::Reader in) {
  SetQuorum out;
  out.threshold = in.getThreshold();
  CUNJU_TRY(out.keys, read_ids<AuthorKey>(in.getKeys(), limits::kMaxQuorumKeys));
  return RosterOperation(std::move(out));
}

Result<RosterOperation> read_epoch(schema::Epoch::Reader in) {
  Epoch out;
  CUNJU_TRY(out.voided, read_ids<ChangeId>(in.getVoided(), limits::kMaxNamedChanges));
  if (in.getSignatures().size() > limits::kMaxQuorumKeys)
    return fail(Errc::kLimit, "kMaxQuorumKeys");
  for (auto entry : in.getSignatures()) {
    Cosignature cosignature;
    CUNJU_TRY(cosignature.author, read_id<AuthorKey>(entry.getAuthor()));
    CUNJU_TRY(cosignature.signature, read_id<Signature>(entry.getSignature()));
    out.signatures.push_back(cosignature);
  }
  return RosterOperation(std::move(out));
}

Result<RosterOperation> read_open_epoch(schema::OpenEpoch::Reader in) {
  OpenEpoch out;
  out.scope = Scope{in.getScope()};
  if (out.scope == kOpenScope) return fail(Errc::kMalformed, "an epoch of the open scope");
  CUNJU_TRY(out.name, read_text(in.getName()));
  if (out.name.empty()) return fail(Errc::kMalformed, "a scope without a name");
  CUNJU_TRY(out.epoch, read_id<crypto::EpochId>(in.getEpoch()));
  if (in.getWraps().size() > limits::kMaxEpochWraps) return fail(Errc::kLimit, "kMaxEpochWraps");
  for (auto entry : in.getWraps()) {
    EpochWrap wrap;
    CUNJU_TRY(wrap.recipient, read_id<AuthorKey>(entry.getRecipient()));
    if (entry.getWrap().size() > limits::kMaxWrapBytes) return fail(Errc::kLimit, "kMaxWrapBytes");
    wrap.wrap = to_bytes(packed::from_kj(entry.getWrap()));
    out.wraps.push_back(std::move(wrap));
  }
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
      CUNJU_TRY(out.cuts, read_cuts(in.getSetPolicy().getCuts()));
      return RosterOperation(std::move(out));
    }
    case schema::RosterOperation::END_ROLE:
    case schema::RosterOperation::REMOVE_MEMBER:
    case schema::RosterOperation::RETIRE_DEVICE:
    case schema::RosterOperation::RETIRE_NODE:
      return read_taking(in);
    case schema::RosterOperation::SET_REPLICATION:
      return read_replication(in.getSetReplication());
    case schema::RosterOperation::ADMIT_LATE: {
      AdmitLate out;
      CUNJU_TRY(out.changes,
                read_ids<ChangeId>(in.getAdmitLate().getChanges(), limits::kMaxNamedChanges));
      return RosterOperation(std::move(out));
    }
    case schema::RosterOperation::SET_QUORUM:
      return read_quorum(in.getSetQuorum());
    case schema::RosterOperation::EPOCH:
      return read_epoch(in.getEpoch());
    case schema::RosterOperation::OPEN_EPOCH:
      return read_open_epoch(in.getOpenEpoch());
    case schema::RosterOperation::SEAL:
      return RosterOperation(Seal{});
    case schema::RosterOperation::UNKNOWN:
      break;
  }
  return RosterOperation(UnknownRosterOperation{});
}

/// Enough for the operation: readers refuse a message that went on in a second segment.
std::size_t words_of(const RosterOperation& operation) {
  constexpr std::size_t kAnySingle = 128, kCut = 12, kId = 5, kCosignature = 15;
  constexpr std::size_t kWrap = 9 + (limits::kMaxWrapBytes + 7) / 8;
  std::size_t out = kAnySingle;
  if (const auto* policy = std::get_if<SetPolicy>(&operation)) out += kCut * policy->cuts.size();
  if (const auto* end = std::get_if<EndRole>(&operation)) out += kCut * end->cuts.size();
  if (const auto* removal = std::get_if<RemoveMember>(&operation))
    out += kCut * removal->cuts.size();
  if (const auto* late = std::get_if<AdmitLate>(&operation)) out += kId * late->changes.size();
  if (const auto* quorum = std::get_if<SetQuorum>(&operation)) out += kId * quorum->keys.size();
  if (const auto* epoch = std::get_if<Epoch>(&operation))
    out += kId * epoch->voided.size() + kCosignature * epoch->signatures.size();
  if (const auto* opening = std::get_if<OpenEpoch>(&operation))
    out += kWrap * opening->wraps.size();
  return out;
}

}  // namespace

Bytes encode_roster_operation(const RosterOperation& operation) {
  capnp::MallocMessageBuilder message(static_cast<unsigned>(words_of(operation)));
  std::visit(Writer{message.initRoot<schema::RosterOperation>()}, operation);
  return packed::write_packed(message);
}

Result<RosterOperation> decode_roster_operation(ByteView bytes) {
  return packed::read_packed<schema::RosterOperation>(bytes, kMaxRosterWords, read_operation);
}

}  // namespace cunju
