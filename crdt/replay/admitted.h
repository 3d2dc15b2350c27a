// SPDX-License-Identifier: Apache-2.0
//
// The first half of a replay: which changes are admitted, and the roster that they make. The laws
// are in replay.h. Borrows the changes. Not thread safe.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "crdt/erasure/erasures.h"
#include "crdt/replay/replay.h"

namespace cunju::replay {

/// One admitted change: its pins in force by number, for Admitted::pins().
struct AdmittedChange {
  const Change* change = nullptr;
  std::size_t pins_no = 0;
  std::optional<std::size_t> prev;      ///< In in_order(); none: the first of a log.
  std::optional<ChangeId> last_roster;  ///< Of its log, up to it and with it.
  AuthorKey line;                       ///< Of record graphs, see replay.h.
  bool has_next = false;                ///< Some admitted change names it as prev.
};

class Admitted {
 public:
  Admitted(const SpaceId& space, std::span<const Change> changes);

  /// Every change comes after its predecessor and its pins.
  std::span<const AdmittedChange> in_order() const { return order_; }
  /// Null when that change is not admitted.
  const AdmittedChange* find(const ChangeId& id) const;
  std::vector<Refusal> refusals() const;
  /// Why the law of the whole roster leaves the change without effect in the registry, in English;
  /// empty: it doesn't.
  std::string_view late_reason(const AdmittedChange& change, const std::string& registry) const;
  /// The stretch of its log before this line; none: the line begins the log.
  std::optional<AuthorKey> line_before(const AuthorKey& line) const;
  const RosterGraph& roster() const { return roster_; }

  /// Whether the pins numbered `newer` dominate those numbered `older`.
  bool dominates(std::size_t newer, std::size_t older) const;
  bool may_write(const AdmittedChange& change, const std::string& registry) const;
  /// Whose word it is about erasing, by the roster that it pins.
  ErasureVoice erasure_voice(const AdmittedChange& change) const;

 private:
  struct Judgement {
    std::optional<ChangeId> missing;  ///< Ask again when this one is admitted.
    std::string refusal;              ///< Not empty: never.
    std::vector<ChangeId> pins;       ///< Otherwise it is admitted, with these in force.
    /// Of a roster change; its pins and own_previous are filled in, and what it was told.
    std::optional<RosterChange> roster_change;
  };

  /// From where on a log is forked, and the last change of its standing path, if it has one.
  struct Fork {
    Seq point;
    std::optional<std::size_t> tip;
  };

  std::vector<const Change*> screen(std::span<const Change> changes);
  void find_forks();
  void tell_of_forked_logs(const AdmittedChange& change);
  void find_standing_path(const AuthorKey& author, Fork& fork) const;
  bool is_on_path(const AdmittedChange& earlier, const AdmittedChange& later) const;
  Judgement judge(const Change& change) const;
  void judge_roster(const Change& change, const AdmittedChange* prev, Judgement& out) const;
  void hear_statements(const ChangeHeader& header, Judgement& out) const;
  bool has_on_path(const AuthorKey& log, const NamedChange& earlier,
                   const NamedChange& later) const;
  IsOnPath paths() const {
    return [this](const AuthorKey& log, const NamedChange& earlier, const NamedChange& later) {
      return has_on_path(log, earlier, later);
    };
  }
  bool is_witness(const AdmittedChange& change) const;
  void admit(const Change& change, Judgement judgement);
  void refuse(const Change& change, std::string reason);

  SpaceId space_;
  RosterGraph roster_;
  std::vector<AdmittedChange> order_;
  std::unordered_map<ChangeId, std::size_t> index_;
  std::vector<std::vector<ChangeId>> pins_;  ///< By number.
  std::map<std::vector<ChangeId>, std::size_t> pins_numbers_;
  std::vector<Refusal> refused_;
  std::map<AuthorKey, std::size_t> line_starts_;  ///< By line: its first change.
  std::map<AuthorKey, Fork> forks_;
  mutable std::map<std::pair<std::size_t, std::size_t>, bool> dominates_;
  mutable std::map<std::tuple<std::size_t, AuthorKey, std::string>, bool> may_write_;
};

/// True when links with these names speak about the roster, which has a graph of its own.
bool names_roster(const RecordId& record, std::string_view registry);

}  // namespace cunju::replay
