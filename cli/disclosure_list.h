// SPDX-License-Identifier: Apache-2.0
//
// The disclosure ledger as verbs write and show it: booking what is given out, and copies that may
// still be with somebody.
#pragma once

#include <boost/json/array.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/record_lookup.h"
#include "node/audit/disclosures.h"

namespace cunju::cli {

inline const Option kToOption{"--to",
                              "NAME",
                              {"给哪个单位；不写则记为本会自用",
                               "which organisation gets it; else it is the committee's own"}};
inline const Option kRecipientKindOption{
    "--recipient-kind",
    "CODE",
    {"接收方类别：office 街道乡镇、department 行政机关、judicial 公安司法、organisation 其他组织、"
     "individual 个人、person 本人",
     "office, department, judicial, organisation, individual, person"}};
inline const Option kPurposeOption{
    "--purpose", "TEXT", {"目的（不写人名）", "what for; names nobody"}};
inline const Option kBasisOption{"--basis", "TEXT", {"法律依据", "the law or rule"}};
inline const Option kUntilOption{"--until", "DATE", {"使用到哪一天", "until when it may be used"}};

/// What --to, --recipient-kind, --purpose, --basis and --until say of whoever gets it. Without --to
/// it is the committee's own use; with it a purpose is needed. Errors in words: kInvalidArgument.
Result<audit::Disclosure> read_recipient(const Invocation& call, const Book& book);

/// Adds it to the ledger. Errors: those of RecordBook::add, explained.
Result<RecordId> book_disclosure(Invocation& call, node::Node& node, const Book& book,
                                 const audit::Disclosure& disclosure);

/// Nothing was given out after all: the entry says that the copy is destroyed. False: it can't be
/// written; one copy too many stays in the ledger, which is the safe side.
bool unbook_disclosure(node::Node& node, const Book& book, const RecordId& disclosure);

/// A copy that is or was with somebody, by the ledger.
struct BookedCopy {
  RecordId id;
  audit::Disclosure disclosure;
  Label kind, recipient_kind;
  std::uint64_t claimed_ms = 0;  ///< When it was booked.
  bool is_out = false;
  std::string recipient(Language language) const;
  bool concerns(const std::set<std::string>& registries) const {
    return audit::concerns(disclosure, registries);
  }
};
/// Oldest first.
Result<std::vector<BookedCopy>> read_copies(node::Node& node, const SpaceId& space);
/// Says them, and adds them as `may_contain` of erasures has them, newest first.
void show_copies(Invocation& call, const std::vector<BookedCopy>& copies, boost::json::array& out);

}  // namespace cunju::cli
