// SPDX-License-Identifier: Apache-2.0
//
// Shapes of coroutine code that g++ 12.2 miscompiles (double and invalid frees, crashes) or that
// clang 14 rejects. One law covers them: a co_await stands alone in its statement, its arguments
// are names, and a lambda is never a coroutine.
#pragma once

#include "tests/house_rules/source.h"

namespace cunju::house {

/// co_await in the head of an if, while, for or switch.
Findings check_no_await_in_conditions(const Tree& tree);
/// co_await in one statement with the operator ?:
Findings check_no_await_in_ternaries(const Tree& tree);
/// A lambda whose body awaits, returns or yields as a coroutine.
Findings check_no_lambda_coroutines(const Tree& tree);
/// CUNJU_TRY or CUNJU_TRYV in a function that is a coroutine.
Findings check_no_try_in_coroutines(const Tree& tree);
/// A lambda or a braced list inside an awaited expression.
Findings check_awaited_arguments_are_names(const Tree& tree);
/// co_await as part of a larger expression.
Findings check_await_stands_alone(const Tree& tree);

}  // namespace cunju::house
