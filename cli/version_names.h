// SPDX-License-Identifier: Apache-2.0
//
// Versions of a record's texts on the command line (node/registry/text_version.h).
#pragma once

#include <string>
#include <string_view>

#include "cli/record_lookup.h"
#include "node/registry/text_version.h"

namespace cunju::cli {

/// A version as people copy it: the beginnings of its heads' ids.
std::string short_version(const registry::VersionName& version);
/// The same with whole ids.
std::string whole_version(const registry::VersionName& version);
/// The name of a version that is told like this.
Result<registry::VersionName> name_version(const registry::Seen& seen,
                                           const registry::VersionedRecord& record);
/// That of the record as it is shown now.
Result<registry::VersionName> name_version_now(const registry::VersionedRecord& record);

/// What somebody was shown who names a version so. Errors, in words: kInvalidArgument (no name of a
/// version; kWrite on a late change), kNotFound, kConflict (a beginning fits several changes; it is
/// not shown so any more).
Result<registry::Seen> find_version(const Invocation& call, const registry::VersionedRecord& record,
                                    std::string_view text, registry::VersionUse use);

}  // namespace cunju::cli
