// SPDX-License-Identifier: Apache-2.0
//
// The replica's questions about many records: those of a registry, how many there are, and what was
// written in them.
#include <algorithm>

#include "crdt/change/part_codec.h"
#include "node/replica/replica.h"

namespace cunju::replica {
namespace {

/// Records read per transaction, so that a long listing never keeps a snapshot for long.
constexpr std::size_t kScanBatch = 256;

constexpr std::size_t kRecordAt = kRegistryPrefixBytes;

Result<ScopedView> decode_view(Scope scope, ByteView bytes) {
  CUNJU_TRY(RecordView view, RecordView::decode(bytes));
  return ScopedView{scope, std::move(view)};
}

Replica::ScopedVisitor only_open(const Replica::RecordVisitor& visit) {
  return [&visit](const RecordId& record, std::span<const ScopedView> views) {
    return views.empty() || views.front().scope != kOpenScope || visit(record, views.front().view);
  };
}

}  // namespace

template <class Read>
Result<void> Replica::visit_index(
    const SpaceId& space, store::Table index, const Key& prefix,
    const std::function<Result<Read>(Scope, ByteView)>& decode,
    const std::function<bool(const RecordId&, std::span<Read>)>& visit) {
  Bytes next = to_bytes(prefix);
  Bytes seen;  // The last one's registry and id: a record has a row for each scope.
  std::vector<RecordId> records;
  std::vector<Read> all;
  std::vector<std::size_t> ends;  // Of each record's part of `all`.
  for (bool is_done = false; !is_done;) {
    CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
      CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
      records.clear();
      all.clear();
      ends.clear();
      is_done = true;
      CUNJU_TRYV(reader.read().scan(index, next, [&](ByteView key, ByteView) {
        if (key.size() != kRecordAt + RecordId::kSize + 2 ||
            !equal(key.first(prefix.view().size()), prefix))
          return false;
        const ByteView place = key.first(kRecordAt + RecordId::kSize);
        if (equal(seen, place)) return true;
        if (records.size() == kScanBatch) {
          next = to_bytes(key);
          is_done = false;
          return false;
        }
        records.push_back(*RecordId::from(place.last(RecordId::kSize)));
        seen.assign(place.begin(), place.end());
        return true;
      }));
      const auto take = [&](std::size_t at, Scope scope, ByteView bytes) -> Result<void> {
        while (ends.size() < at) ends.push_back(all.size());
        CUNJU_TRY(Read one, decode(scope, bytes));
        all.push_back(std::move(one));
        return ok();
      };
      CUNJU_TRYV(reader.visit_views(space_no, records, take));
      while (ends.size() < records.size()) ends.push_back(all.size());
      return ok();
    }));
    std::size_t begin = 0;
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (!visit(records[i], std::span(all).subspan(begin, ends[i] - begin))) return ok();
      begin = ends[i];
    }
  }
  return ok();
}

Result<Key> Replica::registry_rows(const SpaceId& space, std::string_view registry) {
  std::uint32_t space_no = 0;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(space_no, require_space(reader, space));
    return ok();
  }));
  CUNJU_TRY(Hash registry_hash, sealer_.hash_name(as_bytes(registry)));
  return registry_prefix(space_no, registry_hash);
}

Result<void> Replica::scan(const SpaceId& space, std::string_view registry,
                           const RecordVisitor& visit) {
  return scan_scopes(space, registry, only_open(visit));
}

Result<void> Replica::scan_scopes(const SpaceId& space, std::string_view registry,
                                  const ScopedVisitor& visit) {
  CUNJU_TRY(const Key rows, registry_rows(space, registry));
  return visit_index<ScopedView>(space, tables_.records, rows, decode_view, visit);
}

Result<void> Replica::scan_glances(const SpaceId& space, std::string_view registry,
                                   const GlancedFields& fields, const GlanceVisitor& visit) {
  CUNJU_TRY(const Key rows, registry_rows(space, registry));
  const auto decode = [&](Scope scope, ByteView bytes) -> Result<ScopedGlance> {
    CUNJU_TRY(ViewGlance glance, glance_view(bytes, registry, fields));
    return ScopedGlance{scope, std::move(glance)};
  };
  return visit_index<ScopedGlance>(space, tables_.records, rows, decode, visit);
}

Result<void> Replica::scan_conflicts(const SpaceId& space, const RecordVisitor& visit) {
  return scan_conflict_scopes(space, only_open(visit));
}

Result<void> Replica::scan_conflict_scopes(const SpaceId& space, const ScopedVisitor& visit) {
  std::uint32_t space_no = 0;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(space_no, require_space(reader, space));
    return ok();
  }));
  Key prefix;
  prefix.u32(space_no);
  return visit_index<ScopedView>(space, tables_.conflicts, prefix, decode_view, visit);
}

Result<std::map<std::string, std::uint64_t>> Replica::registries(const SpaceId& space) {
  std::map<std::string, std::uint64_t> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    Key prefix;
    prefix.u32(space_no);
    std::vector<std::pair<Bytes, std::uint64_t>> counts;
    CUNJU_TRYV(reader.read().scan_prefix(tables_.counted, prefix, [&](ByteView key, ByteView row) {
      if (key.size() == kRegistryPrefixBytes && row.size() == 8)
        counts.emplace_back(to_bytes(key), get_u64_be(row));
      return true;
    }));
    // Both have hashes of the names; a record of each registry knows the name itself.
    for (const auto& [hashed, count] : counts) {
      std::optional<RecordKey> first;
      CUNJU_TRYV(reader.read().scan_prefix(tables_.records, hashed, [&](ByteView key, ByteView) {
        const ByteView scope = key.last(2);
        first = RecordKey{space_no, *RecordId::from(key.subspan(kRecordAt, RecordId::kSize)),
                          Scope{static_cast<std::uint16_t>(scope[0] << 8 | scope[1])}};
        return false;
      }));
      if (!first) return fail(Errc::kCorrupt, "records are counted that are not there");
      CUNJU_TRY(std::optional<RecordView> view, reader.find_view(*first));
      if (!view) return fail(Errc::kCorrupt, "an indexed record has no view");
      for (const std::string& name : registries_of(*view)) {
        CUNJU_TRY(Hash registry_hash, sealer_.hash_name(as_bytes(name)));
        if (!is_registry_of_program(name) &&
            equal(registry_prefix(space_no, registry_hash).view(), hashed))
          out[name] = count;
      }
    }
    return ok();
  }));
  return out;
}

Result<void> Replica::visit_operations(const SpaceId& space, std::span<const RecordScope> places,
                                       const OperationsVisitor& visit) {
  for (std::size_t begin = 0; begin < places.size(); begin += kScanBatch) {
    const std::size_t end = std::min(places.size(), begin + kScanBatch);
    CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
      CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
      for (std::size_t at = begin; at < end; ++at) {
        const auto take = [&](const Change&, const Part& part) {
          if (part.presence != Presence::kPresent) return;
          const Result<Body> body = decode_body(part.body);
          if (body.has_value()) visit(at, body.value().operations);
        };
        CUNJU_TRYV(reader.visit_parts({space_no, places[at].record, places[at].scope}, take));
      }
      return ok();
    }));
  }
  return ok();
}

}  // namespace cunju::replica
