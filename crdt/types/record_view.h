// SPDX-License-Identifier: Apache-2.0
//
// What a store keeps of one (record, scope): the heads of its graph and its merged state. A pure
// function of the set of changes given to it. The law of the registry, with E(n) the effective
// changes whose part names registry n, and first(n) = min { (depth(c), id(c)) | c ∈ E(n) }:
//   registry = the n with the smallest first(n);   state = merge of E(registry)
// A *left-out* change is late by the roster (crdt/roster/roster_law.h). It contributes nothing
// either, but that may change, and nobody is to build on it unawares:
//   heads = the changes that are not left out and that no other of them has among its ancestors
// So what is written while it is left out is concurrent to it, and a conflict when it is admitted,
// unless something that is in force was built on it before: then texts pass over it
// (text/text_passed.h). A view does not follow when a change becomes left out or is admitted: it is
// computed anew.
// Record ids are random, so honest authors never create one record twice; only a liar's part can
// name another registry. Such parts keep their place in the graph and contribute nothing to
// `state`. They are merged apart, in `others`: a liar who grinds for a smaller id may take the
// place of `registry` but can't make anything disappear, and no arrival order needs a rebuild.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"
#include "crdt/graph/record_graph.h"
#include "crdt/types/record_state.h"

namespace cunju {

/// One part as the view takes it.
struct RecordPart {
  ChangeId id;
  Dot dot;
  const GraphNode& node;
  std::string_view registry;
  std::span<const Operation> operations;
  bool is_late = false;  ///< By the roster; it is left out unless it is void for ever.
  /// Its line is not its author's key: it stands where the author's log is forked.
  bool is_on_branch = false;
};

/// What the effective changes that name one registry add up to.
struct RegistryClaim {
  std::string registry;
  std::uint64_t first_depth = 0;
  ChangeId first_id;
  RecordState state;

  friend bool operator==(const RegistryClaim&, const RegistryClaim&) = default;
};

struct RecordView {
  std::string registry;  ///< Empty while no effective change has arrived.
  std::uint64_t first_depth = 0;
  ChangeId first_id;
  std::vector<Head> heads;  ///< Ascending by id; void changes too, left-out ones not.
  VersionVector clock;      ///< Every change of the graph; void and left-out ones too.
  std::uint64_t max_depth = 0;
  std::vector<Head> left_out;  ///< Ascending by id.
  /// Some change says what it passes over. Then, or when something is left out, and with each part
  /// of a forked log, texts are always computed from the history.
  bool passes_over = false;
  RecordState state;
  std::vector<RegistryClaim> others;  ///< Ascending by registry; empty unless somebody lied.

  /// Takes one part in causal order: every ancestor before, none twice. A void part, and one whose
  /// registry name is empty or over limits::kMaxNameBytes, only takes its place in the graph.
  void apply(const RecordPart& part);

  /// What is left out, by names that stay when a fork becomes known. Ascending.
  std::vector<ChangeId> left_out_ids() const;

  /// Whether heads and their ancestors are the whole graph.
  bool heads_see_all() const { return left_out.empty(); }

  bool has_stale_text() const;
  /// Computes the texts that apply() could not, from all changes of the record and scope.
  void settle_texts(std::span<const TextChange> changes);

  bool is_contested() const { return !others.empty(); }
  /// The state under that registry name, the view's own or a contested one; null when none.
  const RecordState* find(std::string_view registry_name) const;

  /// Packed Cap'n Proto (view.capnp), canonical: equal views have equal bytes, and only those.
  /// No text may be stale.
  Bytes encode() const;
  /// Errors: kMalformed (does not parse), kLimit, kCorrupt (parses, but no view looks like this).
  static Result<RecordView> decode(ByteView bytes);

  friend bool operator==(const RecordView&, const RecordView&) = default;

 private:
  void note_left_out(const RecordPart& part);

  /// All texts need to be computed from the history. Never stored.
  bool is_stale_ = false;
};

}  // namespace cunju
