// SPDX-License-Identifier: Apache-2.0
#include "tests/house_rules/coroutines.h"

#include <catch2/catch.hpp>

#include "tests/house_rules/expect.h"

using namespace cunju::house;

namespace {

using Rule = Findings (*)(const Tree&);

std::size_t count(Rule rule, const std::string& body) {
  return rule({{"net/a.cc", "Task f() {\n" + body + "\n}\n"}}).size();
}

// Coroutine code as it should be: no rule may object to any of it.
const char* const kGood = R"(
  auto bytes = co_await read(socket, buffer);
  if (!bytes) co_return bytes.error();
  co_await write(socket, answer);
  const auto& [head, tail] = pair;
  auto size = table[3] ? 1 : 2;
  std::ranges::sort(list, [&](int a, int b) { return a < b; });
  for (auto item : list) co_await send(item);
  result = co_await again();
  co_return co_await last();
)";

}  // namespace

TEST_CASE("good coroutine code passes every rule") {
  CHECK(count(check_no_await_in_conditions, kGood) == 0);
  CHECK(count(check_no_await_in_ternaries, kGood) == 0);
  CHECK(count(check_no_lambda_coroutines, kGood) == 0);
  CHECK(count(check_no_try_in_coroutines, kGood) == 0);
  CHECK(count(check_awaited_arguments_are_names, kGood) == 0);
  CHECK(count(check_await_stands_alone, kGood) == 0);
}

TEST_CASE("an await in a condition is caught") {
  for (const char* body :
       {"if (co_await f()) g();", "if (!(co_await f())) g();", "if (auto x = co_await f(); x) g();",
        "while (co_await f()) g();", "switch (co_await f()) {}", "if constexpr (co_await f()) g();",
        "for (auto x : co_await f()) g();", "if (a &&\n    co_await f()) g();"}) {
    CAPTURE(body);
    CHECK(count(check_no_await_in_conditions, body) == 1);
  }
}

TEST_CASE("an await with the ternary operator is caught") {
  for (const char* body :
       {"auto x = a ? co_await f() : g();", "auto x = a ? g() : co_await f();",
        "auto x = co_await f() ? 1 : 2;", "auto x = a\n ? co_await f(b)\n : c;"}) {
    CAPTURE(body);
    CHECK(count(check_no_await_in_ternaries, body) == 1);
  }
}

TEST_CASE("a lambda that is a coroutine is caught") {
  for (const char* body :
       {"auto x = [] { co_return; };", "spawn([this]() -> Task { co_await f(); });",
        "return [a, &b](int c) mutable noexcept -> Task<int> { co_return c; };",
        "g(1, [&] { co_yield 1; });", "co_await [] { co_return; }();"}) {
    CAPTURE(body);
    CHECK(count(check_no_lambda_coroutines, body) == 1);
  }
}

TEST_CASE("a try macro in a coroutine is caught, elsewhere it is not") {
  CHECK(count(check_no_try_in_coroutines, "CUNJU_TRY(auto x, co_await f());") == 1);
  CHECK(count(check_no_try_in_coroutines, "CUNJU_TRYV(g());\nco_return;") == 1);
  CHECK(count(check_no_try_in_coroutines, "CUNJU_TRYV(g());\nreturn ok();") == 0);
}

TEST_CASE("a lambda or braces in an awaited expression are caught") {
  for (const char* body : {"co_await f([x] { return x; });", "auto y = co_await f(a, [&](int) {});",
                           "co_await f({1, 2});", "co_await f(Options{1});",
                           "co_await f(\n    g(Options{.a = 1}));"}) {
    CAPTURE(body);
    CHECK(count(check_awaited_arguments_are_names, body) == 1);
  }
}

TEST_CASE("an await inside a larger expression is caught") {
  for (const char* body : {"g(co_await f());", "auto x = 1 + co_await f();",
                           "auto x = !co_await f();", "bool b = a == co_await f();",
                           "return co_await f();", "auto x = (co_await f()).value();"}) {
    CAPTURE(body);
    CHECK(count(check_await_stands_alone, body) == 1);
  }
}

TEST_CASE("house rule: no await in a condition") {
  expect_none(check_no_await_in_conditions(load_tree(CUNJU_SOURCE_DIR)));
}

TEST_CASE("house rule: no await with the ternary operator") {
  expect_none(check_no_await_in_ternaries(load_tree(CUNJU_SOURCE_DIR)));
}

TEST_CASE("house rule: no lambda is a coroutine") {
  expect_none(check_no_lambda_coroutines(load_tree(CUNJU_SOURCE_DIR)));
}

TEST_CASE("house rule: no try macro in a coroutine") {
  expect_none(check_no_try_in_coroutines(load_tree(CUNJU_SOURCE_DIR)));
}

TEST_CASE("house rule: awaited arguments are names") {
  expect_none(check_awaited_arguments_are_names(load_tree(CUNJU_SOURCE_DIR)));
}

TEST_CASE("house rule: an await stands alone") {
  expect_none(check_await_stands_alone(load_tree(CUNJU_SOURCE_DIR)));
}
