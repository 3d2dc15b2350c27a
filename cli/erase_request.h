// SPDX-License-Identifier: Apache-2.0
//
// Asking for an erasure: of a record, of a person across registers, of what had been restricted
// when its retention has ended; and taking one back. Each says first what goes, what is kept and
// why; only with --yes is it asked for.
#pragma once

#include "cli/known_erasures.h"
#include "node/council/erasure_acts.h"
#include "node/council/person_erasure.h"

namespace cunju::cli {

/// Built in; what the verb `subject` writes its outcome into.
inline constexpr std::string_view kRequestsRegistry = "requests";

/// kPermission in words unless the author may write in the registry of erasures, and approve there
/// where that is asked.
Result<void> require_erasing_right(const Invocation& call, const Roster& roster,
                                   const AuthorKey& author, Right right);

/// `erase record REGISTRY ID`.
Result<ExitCode> erase_record(Invocation& call);
/// `erase person`.
Result<ExitCode> erase_person(Invocation& call);
/// An erasure of a person that somebody asks for.
struct PersonAsk {
  SpaceId space;
  registry::PersonQuery person;
  council::ErasureGrounds grounds;
  bool only_restricts = false;  ///< Nothing is destroyed, whatever retention says.
};
/// Says what would become of each record, and whom else it concerns; with --yes asks for it.
/// Records that prove what was done (Definition::is_ledger) are left alone until their period is
/// over. The erasure; none: it was only shown, or there is nothing. Errors in words: kNotFound
/// where there is nothing to restrict, kInvalidArgument where the grounds name whom a record that
/// was found is about.
Result<std::optional<RecordId>> ask_for_person(Invocation& call, node::Node& node,
                                               const PersonAsk& ask);
/// `erase field REGISTRY ID FIELD`.
Result<ExitCode> erase_field(Invocation& call);
/// `erase finish ERASURE`: what an erasure restricted is to go now, if no rule keeps it any more.
Result<ExitCode> finish_erasure(Invocation& call);
/// `erase withdraw ERASURE`: what is not approved yet is not to go after all.
Result<ExitCode> withdraw_erasure(Invocation& call);

}  // namespace cunju::cli
