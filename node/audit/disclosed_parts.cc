// SPDX-License-Identifier: Apache-2.0
#include "node/audit/disclosed_parts.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <tuple>
#include <unordered_map>

#include "crdt/change/part_codec.h"
#include "node/audit/disclosed_limits.h"
#include "node/audit/json_text.h"
#include "node/registry/catalog.h"

namespace cunju::audit {
namespace {

auto place_in_file(const DisclosedPart& part) { return std::tuple(part.change, part.part); }

ScopeKeys keys_of(const SpaceId& space, std::span<const Change> changes,
                  const crypto::SigningKey& device) {
  ScopeKeys out;
  for (const Change& change : changes) {
    if (change.header.is_founding()) continue;
    const std::vector<HandedEpoch> handed = handed_epochs(change);
    if (!handed.empty()) (void)out.take_wraps(space, change.header.author, handed, device);
  }
  return out;
}

std::set<Scope> readable_scopes(const Roster& roster, const AuthorKey& device) {
  std::set<Scope> out;
  for (const auto& [number, scope] : roster.scopes)
    if (roster.may_read_scope(device, scope.name)) out.insert(number);
  return out;
}

/// What a part speaks of, if it can be read.
std::optional<Links> links_of(const Part& opened) {
  if (opened.links.empty()) return std::nullopt;
  Result<Links> links = decode_links(opened.links);
  if (links.has_error()) return std::nullopt;
  return std::move(links).value();
}

/// A change as the device reads it.
struct ReadChange {
  Change opened;
  /// Its parts that the device may read, and can't.
  std::uint64_t unseen = 0;
};

ReadChange read_change(const ScopeKeys& keys, const std::set<Scope>& readable,
                       const Change& change) {
  ReadChange out{.opened = change};
  const std::vector<Opening> openings = open_parts(keys, out.opened);
  for (std::size_t i = 0; i < openings.size(); ++i)
    if ((openings[i] == Opening::kAbsent || openings[i] == Opening::kNoKey) &&
        readable.contains(change.parts[i].scope))
      ++out.unseen;
  return out;
}

void add_fields(const Part& opened, std::set<std::string>& out) {
  Result<Body> body = decode_body(opened.body);
  if (body.has_error()) return;
  for (const Operation& operation : body.value().operations)
    if (!operation.field.empty()) out.insert(operation.field);
}

/// A part that could be disclosed.
struct FoundPart {
  RecordId record;
  Scope scope = kOpenScope;
  std::vector<ChangeId> parents;
  std::set<std::string> fields;
  bool is_in_force = false;
  DisclosedPart disclosed;
};
/// Where a part stands in the graphs: parents are of the same record and scope.
using PartPlace = std::tuple<RecordId, Scope, ChangeId>;
PartPlace place_of(const FoundPart& part) {
  return {part.record, part.scope, part.disclosed.change};
}

/// What is in force, and what that was written after: without these it has no place.
std::set<PartPlace> needed_places(std::span<const FoundPart> found) {
  std::map<PartPlace, const FoundPart*> by_place;
  std::vector<PartPlace> open;
  for (const FoundPart& part : found) {
    by_place.emplace(place_of(part), &part);
    if (part.is_in_force) open.push_back(place_of(part));
  }
  std::set<PartPlace> out;
  while (!open.empty()) {
    const PartPlace place = open.back();
    open.pop_back();
    const auto part = by_place.find(place);
    if (part == by_place.end() || !out.insert(place).second) continue;
    for (const ChangeId& parent : part->second->parents)
      open.emplace_back(part->second->record, part->second->scope, parent);
  }
  return out;
}

/// What keeps a key from being taken; empty: nothing does, and it opens its part.
registry::Label find_fault(const DisclosedPart& disclosed, const Change* change) {
  if (change == nullptr || disclosed.part >= change->parts.size())
    return {"所指的变更不在这份导出里", "it is for a part that is not in this export"};
  const Part& part = change->parts[disclosed.part];
  if (part.scope == kOpenScope || change->header.is_founding())
    return {"所指的部分并不保密", "it is for a part that is not confidential"};
  if (part.presence != Presence::kPresent)
    return {"所指的部分已清除或没有随导出提供",
            "it is for a part that is erased, or withheld from this export"};
  const crypto::Place place = place_of_part(*change, disclosed.part, disclosed.key.epoch);
  if (crypto::open_links(disclosed.key.key, place, part.links).has_error())
    return {"钥匙打不开所指的部分：钥匙被换过或改过",
            "the key does not open its part: it is another part's, or was altered"};
  // A body that does not open beside such links is its author's doing: the hash covers both. It is
  // void for everybody, here as well.
  return {};
}

}  // namespace

Result<DisclosurePlan> plan_disclosure(const SpaceId& space, std::span<const Change> changes,
                                       const Roster& roster, const crypto::SigningKey& device,
                                       const std::set<RecordId>& records,
                                       const InForce& is_in_force) {
  const ScopeKeys keys = keys_of(space, changes, device);
  const std::set<Scope> readable = readable_scopes(roster, device.author());
  DisclosurePlan out;
  std::vector<FoundPart> found;
  for (const Change& change : changes) {
    std::optional<ReadChange> as_read;
    if (has_confidential_parts(change)) as_read = read_change(keys, readable, change);
    const std::uint64_t unseen = as_read ? as_read->unseen : 0;
    out.unseen += unseen;
    for (std::size_t i = 0; i < change.parts.size(); ++i) {
      const Part& read = as_read ? as_read->opened.parts[i] : change.parts[i];
      const std::optional<Links> links = links_of(read);
      if (!links || !records.contains(links->record)) continue;
      const RecordId& record = links->record;
      if (unseen > 0) out.lacking.insert(record);
      // The marks of erased persons are in such a record: with their key anybody can try numbers.
      if (read.presence == Presence::kErased || registry::is_reserved_registry(links->registry))
        out.hidden.insert(record);
      if (read.presence != Presence::kPresent || !readable.contains(read.scope)) continue;
      std::optional<KeyOfPart> key = keys.key_of_part(change, i);
      if (!key) continue;
      FoundPart part{
          .record = record,
          .scope = read.scope,
          .parents = links->parents,
          .fields = {},
          .is_in_force = is_in_force(record, read.scope, change.id),
          .disclosed = {
              .change = change.id, .part = static_cast<std::uint16_t>(i), .key = std::move(*key)}};
      add_fields(read, part.fields);
      found.push_back(std::move(part));
    }
  }
  const std::set<PartPlace> needed = needed_places(found);
  for (FoundPart& part : found) {
    if (out.hidden.contains(part.record)) continue;
    if (!needed.contains(place_of(part))) {
      ++out.without_effect;
      continue;
    }
    if (!part.is_in_force) ++out.not_in_force;
    out.fields[part.record].merge(part.fields);
    out.parts.push_back(std::move(part.disclosed));
  }
  for (const RecordId& record : out.hidden) {
    out.fields.erase(record);
    out.lacking.erase(record);
  }
  if (out.parts.size() > kMaxDisclosedParts) return fail(Errc::kLimit, "kMaxDisclosedParts");
  std::ranges::sort(out.parts, {}, place_in_file);
  return out;
}

TextFile make_disclosed_file(std::span<const DisclosedPart> parts) {
  JsonText out;
  out.open_object().key("disclosed").open_array();
  for (const DisclosedPart& each : parts) {
    out.line().open_object().key("change").string(each.change.hex());
    out.key("part").count(each.part).key("epoch").string(each.key.epoch.hex());
    out.key("key").string(to_hex(each.key.key.secret.view())).close_object();
  }
  out.end_lines().close_array().close_object().end_lines();
  return make_json_file(std::string(kDisclosedName), out.take());
}

Result<std::vector<DisclosedPart>> parse_disclosed_file(std::string_view text) {
  if (text.size() > kMaxDisclosedBytes) return fail(Errc::kLimit, "kMaxDisclosedBytes");
  CUNJU_TRY(boost::json::value root, parse_json(text));
  const boost::json::value* list =
      root.is_object() ? root.get_object().if_contains("disclosed") : nullptr;
  if (list == nullptr || !list->is_array()) return fail(Errc::kMalformed, "no list of keys");
  if (list->get_array().size() > kMaxDisclosedParts)
    return fail(Errc::kLimit, "kMaxDisclosedParts");
  std::vector<DisclosedPart> out;
  for (const boost::json::value& each : list->get_array()) {
    const auto text_of = [&](std::string_view name) -> std::string_view {
      const boost::json::value* value =
          each.is_object() ? each.get_object().if_contains(name) : nullptr;
      return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                    : std::string_view();
    };
    const boost::json::value* part =
        each.is_object() ? each.get_object().if_contains("part") : nullptr;
    const std::optional<ChangeId> change = ChangeId::from_hex(text_of("change"));
    const std::optional<crypto::EpochId> epoch = crypto::EpochId::from_hex(text_of("epoch"));
    std::optional<Bytes> key = parse_hex(text_of("key"));
    if (!change || !epoch || !key || key->size() != 32 || part == nullptr || !part->is_int64() ||
        part->get_int64() < 0 || part->get_int64() > 0xFFFF)
      return fail(Errc::kMalformed, "entry " + std::to_string(out.size() + 1));
    DisclosedPart one{.change = *change,
                      .part = static_cast<std::uint16_t>(part->get_int64()),
                      .key = {*epoch, {crypto::Secret<32>(*key)}}};
    crypto::wipe(*key);
    if (!out.empty() && !(place_in_file(out.back()) < place_in_file(one)))
      return fail(Errc::kMalformed,
                  "entry " + std::to_string(out.size() + 1) + " is not after the one before it");
    out.push_back(std::move(one));
  }
  if (make_disclosed_file(out).content() != text)
    return fail(Errc::kMalformed, "not in its canonical form");
  return out;
}

ScopeKeys check_disclosed(std::vector<DisclosedPart> parts, std::span<const Change> changes,
                          const DisclosureFault& on_fault) {
  std::unordered_map<ChangeId, const Change*> by_id;
  if (!parts.empty())
    for (const Change& change : changes) by_id.emplace(change.id, &change);
  ScopeKeys out;
  for (DisclosedPart& each : parts) {
    const auto found = by_id.find(each.change);
    const Change* change = found == by_id.end() ? nullptr : found->second;
    const registry::Label fault = find_fault(each, change);
    if (fault.zh.empty()) {
      out.add_part(each.change, each.part, std::move(each.key));
    } else {
      on_fault(each, change, fault);
    }
  }
  return out;
}

}  // namespace cunju::audit
