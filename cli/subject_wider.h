// SPDX-License-Identifier: Apache-2.0
//
// What a search by the identity number alone leaves out: records that have the same person's name
// and telephone number and no number. Said before anything is done for the person, with what to add
// to the command; nothing is left out unsaid.
#pragma once

#include <boost/json/array.hpp>

#include "cli/subject_request.h"

namespace cunju::cli {

/// By the name of the request and the telephone numbers that stand beside the identity number in
/// records; nothing where the query has a name already. Gives programs the same: telephone number
/// and how many records. `request`: of that person (require_same_person). Errors: those of the
/// store.
Result<boost::json::array> warn_of_wider(Invocation& call, const OpenRequest& request,
                                         const registry::PersonQuery& person);

}  // namespace cunju::cli
