// SPDX-License-Identifier: Apache-2.0
//
// The one result type: Boost.Outcome's basic_result with our Error. Reading the value of a failed
// result ends the program (it is a programmer error, like a failed CUNJU_CHECK).
// CUNJU_TRY(auto x, f()) returns early with f()'s error; CUNJU_TRYV(f()) does so for no value.
// Not for use inside coroutines (g++ 12.2 breaks there).
#pragma once

#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/policy/terminate.hpp>
#include <boost/outcome/try.hpp>
#include <string>
#include <utility>

#include "crdt/base/error.h"

namespace cunju {

template <class T>
using Result =
    BOOST_OUTCOME_V2_NAMESPACE::basic_result<T, Error,
                                             BOOST_OUTCOME_V2_NAMESPACE::policy::terminate>;

inline auto fail(Errc code, std::string context) {
  return BOOST_OUTCOME_V2_NAMESPACE::failure(Error{code, std::move(context)});
}

inline auto ok() { return BOOST_OUTCOME_V2_NAMESPACE::success(); }

}  // namespace cunju

#define CUNJU_TRY(...) BOOST_OUTCOME_TRY(__VA_ARGS__)
#define CUNJU_TRYV(...) BOOST_OUTCOME_TRYV(__VA_ARGS__)
