// SPDX-License-Identifier: Apache-2.0
//
// Which records a list shows and in what order. Pure; reading them is record_book.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crdt/base/result.h"
#include "node/registry/definition.h"
#include "node/registry/record_row.h"

namespace cunju::registry {

enum class FilterOp : std::uint8_t {
  kEqual,     ///< One value is the text, as the field's type reads it. Empty text: has no value.
  kNotEqual,  ///< The opposite of kEqual.
  kContains,  ///< One value, as stored or as shown, has the text in it; case and width don't count.
  kLess,      ///< Numbers, sums and dates by their size; texts as natural_less() has it.
  kGreater,
};

struct Filter {
  std::string field;  ///< Empty with kContains: any field.
  FilterOp op = FilterOp::kEqual;
  std::string text;
};

struct SortKey {
  std::string field;
  bool descending = false;  ///< Records without a value come last either way.
};

struct ListQuery {
  std::vector<Filter> filters;  ///< All must hold.
  std::vector<SortKey> sort;    ///< Empty: the definition's key fields. Ties: by record id.
  std::size_t offset = 0;
  std::size_t limit = 0;  ///< 0: no limit.
  bool with_deleted = false;
};

/// Digits in a text compare as numbers: "A2" before "A10". A strict weak order.
bool natural_less(std::string_view a, std::string_view b);
/// Numbers before texts before bytes; numbers by size, texts by natural_less().
bool value_less(const Value& a, const Value& b);

/// The filters of a query, read once. Borrows the definition (may be null: all fields are text).
class RowFilter {
 public:
  /// kInvalidArgument: a text that a number's or date's comparison can't use.
  static Result<RowFilter> compile(const Definition* definition, std::vector<Filter> filters);
  bool matches(const RecordRow& row) const;

 private:
  struct Test {
    Filter filter;
    const FieldDefinition* field = nullptr;
    Value value;         ///< The text as the field reads it.
    std::string folded;  ///< For kContains.
  };
  static bool holds(const Test& test, const FieldDefinition* field, const Value& value);
  bool contains(const Test& test, const RecordRow& row) const;

  const Definition* definition_ = nullptr;
  std::vector<Test> tests_;
};

/// True when `a` stands before `b` in the list.
bool row_before(const std::vector<SortKey>& sort, const RecordRow& a, const RecordRow& b);

/// The first rows of a list, out of any number in any order; memory for no more than those.
class FirstRows {
 public:
  /// `most`: how many; 0: all.
  FirstRows(std::vector<SortKey> sort, std::size_t most) : sort_(std::move(sort)), most_(most) {}
  void add(RecordRow row);
  /// How many were added.
  std::size_t total() const { return total_; }
  /// In the order of the list. Ends the use of this.
  std::vector<RecordRow> take();

 private:
  std::vector<SortKey> sort_;
  std::size_t most_;
  std::size_t total_ = 0;
  std::vector<RecordRow> rows_;  ///< When they are as many as asked for: a heap, the last on top.
};

}  // namespace cunju::registry
