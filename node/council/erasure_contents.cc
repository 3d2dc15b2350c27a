// SPDX-License-Identifier: Apache-2.0
#include "node/council/erasure_contents.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "crdt/change/part_codec.h"
#include "crdt/scopes/scope_keys.h"

namespace cunju::council {
namespace {

/// Bytes of a record's name in a preview; what is longer is cut.
constexpr std::size_t kMaxTitleBytes = 120;

/// What a part says, and what it takes back by saying nothing.
void add_values(const Body& body, registry::FieldValues& out) {
  for (const Operation& operation : body.operations)
    if (operation.kind == static_cast<std::uint16_t>(OperationKind::kRegisterSet) ||
        operation.kind == static_cast<std::uint16_t>(OperationKind::kStateMove) ||
        operation.kind == static_cast<std::uint16_t>(OperationKind::kSetAdd))
      out.emplace_back(operation.field, operation.value);
}

using Place = std::pair<std::string, RecordId>;  ///< Registry and record.

/// Reads parts with the keys that the device has.
class PartReader {
 public:
  PartReader(const ScopeKeys& keys, const Roster& roster, const AuthorKey& device)
      : keys_(keys), roster_(roster), device_(device) {}

  /// Opens what the keys open.
  void open(Change& change) const { (void)open_parts(keys_, change); }
  /// Of an opened change; none: sealed, not here, or not to be read.
  std::optional<TargetContent> read(const Part& part) const {
    if (!may_read(part.scope) || part.links.empty()) return std::nullopt;
    const Result<Links> links = decode_links(part.links);
    if (links.has_error()) return std::nullopt;
    TargetContent out{.registry = links.value().registry,
                      .record = links.value().record,
                      .has_body = part.presence == Presence::kPresent,
                      .values = {}};
    if (out.has_body) {
      const Result<Body> body = decode_body(part.body);
      if (body.has_value()) add_values(body.value(), out.values);
    }
    return out;
  }

 private:
  bool may_read(Scope scope) const {
    if (scope == kOpenScope) return true;
    const auto named = roster_.scopes.find(scope);
    return named != roster_.scopes.end() && roster_.may_read_scope(device_, named->second.name);
  }

  const ScopeKeys& keys_;
  const Roster& roster_;
  const AuthorKey& device_;
};

/// Adds what can be read of the change's named parts.
void read_named(const PartReader& reader, Change change, const std::set<ErasureTarget>& targets,
                TargetContents& out) {
  reader.open(change);
  for (auto target = targets.lower_bound({change.id, 0});
       target != targets.end() && target->change == change.id; ++target) {
    if (target->part >= change.parts.size()) continue;
    if (std::optional<TargetContent> content = reader.read(change.parts[target->part]))
      out.emplace(*target, *std::move(content));
  }
}

/// Adds those of its parts that are of the records.
void read_others(const PartReader& reader, Change change, const std::set<Place>& records,
                 TargetContents& out) {
  reader.open(change);
  for (std::size_t i = 0; i < change.parts.size(); ++i) {
    std::optional<TargetContent> content = reader.read(change.parts[i]);
    if (content && records.contains({content->registry, content->record}))
      out.emplace(ErasureTarget{change.id, static_cast<std::uint16_t>(i)}, *std::move(content));
  }
}

/// What lists show of the record and is nobody's data; each value that it ever had once.
std::string title_of(const registry::Definition* definition, const registry::FieldValues& values) {
  std::string out;
  if (definition == nullptr) return out;
  std::vector<std::string> fields = definition->key;
  for (const std::string& field : definition->display)
    if (std::ranges::find(fields, field) == fields.end()) fields.push_back(field);
  std::set<std::string> said;
  for (const std::string& id : fields) {
    const registry::FieldDefinition* field = definition->find_field(id);
    if (field == nullptr || field->personal != registry::PersonalData::kNone ||
        !field->party.empty() || !field->codes.empty())
      continue;
    for (const auto& [name, value] : values) {
      const auto* text = std::get_if<std::string>(&value);
      if (name != id || text == nullptr || text->empty() || !said.insert(*text).second) continue;
      if (out.size() + text->size() > kMaxTitleBytes) return out;
      out += (out.empty() ? "" : " ") + *text;
    }
  }
  return out;
}

}  // namespace

Result<TargetContents> read_targets(replica::Replica& replica, const SpaceId& space,
                                    const crypto::SigningKey& device,
                                    const std::set<ErasureTarget>& targets,
                                    const std::set<ErasureTarget>& hidden) {
  TargetContents out;
  if (targets.empty()) return out;
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, replica.roster(space));
  CUNJU_TRY(const std::vector<sync::AuthorHead> heads, replica.all_heads(space));
  std::set<AuthorKey> authors;
  for (const sync::AuthorHead& head : heads) authors.insert(head.author);
  ScopeKeys keys;
  std::vector<Change> named;
  for (const AuthorKey& author : authors) {
    CUNJU_TRYV(replica.scan_log(space, author, Seq{0}, [&](const Change& change) {
      if (!change.header.is_founding()) {
        const std::vector<HandedEpoch> handed = handed_epochs(change);
        if (!handed.empty()) (void)keys.take_wraps(space, author, handed, device);
      }
      const auto first = targets.lower_bound({change.id, 0});
      if (first != targets.end() && first->change == change.id) named.push_back(change);
      return true;
    }));
  }
  const AuthorKey author_of_device = device.author();
  const PartReader reader(keys, *roster, author_of_device);
  for (Change& change : named) read_named(reader, std::move(change), targets, out);
  std::set<Place> records;
  for (const auto& [target, content] : out) records.emplace(content.registry, content.record);
  for (const AuthorKey& author : authors) {
    if (records.empty()) break;
    CUNJU_TRYV(replica.scan_log(space, author, Seq{0}, [&](const Change& change) {
      read_others(reader, change, records, out);
      return true;
    }));
  }
  for (auto& [target, content] : out) content.is_shown = !hidden.contains(target);
  return out;
}

bool ErasureContents::may_go() const {
  return unseen == 0 && std::ranges::none_of(records, [](const ErasedRecord& record) {
           return record.retention.is_kept || record.readable < record.parts;
         });
}

ErasureContents contents_of(const TargetContents& all, const std::set<ErasureTarget>& targets,
                            const RecordJudge& judge) {
  ErasureContents out;
  std::map<Place, std::pair<ErasedRecord, registry::FieldValues>> found;
  for (const ErasureTarget& target : targets) {
    const auto content = all.find(target);
    if (content == all.end()) {
      ++out.unseen;
      continue;
    }
    const TargetContent& part = content->second;
    ErasedRecord& record = found[{part.registry, part.record}].first;
    ++record.parts;
    if (part.has_body) ++record.readable;
  }
  for (const auto& [target, part] : all) {
    const auto known = found.find({part.registry, part.record});
    if (known == found.end()) continue;
    auto& [record, values] = known->second;
    if (part.has_body && part.is_shown && !targets.contains(target)) ++record.staying;
    values.insert(values.end(), part.values.begin(), part.values.end());
  }
  for (auto& [place, each] : found) {
    auto& [record, values] = each;
    record.registry = place.first;
    record.record = place.second;
    record.title = title_of(judge.rules().describe(place.first), values);
    record.retention = judge.judge(place.first, values);
    out.records.push_back(std::move(record));
  }
  return out;
}

}  // namespace cunju::council
