// SPDX-License-Identifier: Apache-2.0
#include "node/registry/record_list.h"

#include <algorithm>
#include <chrono>

#include "node/registry/text_form.h"
#include "node/registry/validate.h"

namespace cunju::registry {
namespace {

// Reading a filter's text must not depend on the day: what is found about it is not used.
const Date kFarDay{std::chrono::year{9999}, std::chrono::month{12}, std::chrono::day{31}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digits_end(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

// The number without leading zeros.
std::string_view significant(std::string_view digits) {
  std::size_t first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? std::string_view{} : digits.substr(first);
}

int compare_natural(std::string_view a, std::string_view b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (!is_digit(a[i]) || !is_digit(b[j])) {
      auto left = static_cast<unsigned char>(a[i++]), right = static_cast<unsigned char>(b[j++]);
      if (left != right) return left < right ? -1 : 1;
      continue;
    }
    std::size_t i_end = digits_end(a, i), j_end = digits_end(b, j);
    std::string_view left = significant(a.substr(i, i_end - i));
    std::string_view right = significant(b.substr(j, j_end - j));
    if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
    if (int order = left.compare(right); order != 0) return order;
    i = i_end;
    j = j_end;
  }
  if (i < a.size() || j < b.size()) return i < a.size() ? 1 : -1;
  return a.compare(b);  // "01" and "1" are different texts.
}

bool is_date(FieldType type) { return type == FieldType::kDate || type == FieldType::kDatetime; }

// 2024 or 2024-03: the beginning of a date compares with dates.
bool is_date_prefix(std::string_view text) {
  if (text.size() == 7)
    return text[4] == '-' && is_digits(text.substr(0, 4)) && is_digits(text.substr(5));
  return text.size() == 4 && is_digits(text);
}

bool is_number(const FieldDefinition& field) {
  switch (field.type) {
    case FieldType::kInteger:
    case FieldType::kDecimal:
    case FieldType::kMoney:
    case FieldType::kBoolean:
      return true;
    default:
      return false;
  }
}

bool is_measure(const FieldDefinition& field, const Value& value) {
  if (is_number(field)) return std::holds_alternative<std::int64_t>(value);
  const auto* text = std::get_if<std::string>(&value);
  if (!is_date(field.type)) return true;
  return text != nullptr &&
         (is_date_prefix(*text) || parse_datetime(*text).day.form == DateForm::kExact);
}

bool same_type(const Value& a, const Value& b) { return a.index() == b.index(); }

}  // namespace

bool natural_less(std::string_view a, std::string_view b) { return compare_natural(a, b) < 0; }

bool value_less(const Value& a, const Value& b) {
  const auto* left = std::get_if<std::string>(&a);
  const auto* right = std::get_if<std::string>(&b);
  if (left != nullptr && right != nullptr) return natural_less(*left, *right);
  return a < b;
}

Result<RowFilter> RowFilter::compile(const Definition* definition, std::vector<Filter> filters) {
  RowFilter out;
  out.definition_ = definition;
  for (Filter& filter : filters) {
    Test test;
    test.field = definition == nullptr ? nullptr : definition->find_field(filter.field);
    test.folded = fold_label(filter.text);
    test.value = filter.text.empty() ? Value(NoValue{}) : Value(filter.text);
    if (test.field != nullptr) test.value = parse_field(*test.field, filter.text, kFarDay).value;
    bool by_size = filter.op == FilterOp::kLess || filter.op == FilterOp::kGreater;
    if (by_size &&
        (is_empty(test.value) || (test.field != nullptr && !is_measure(*test.field, test.value)))) {
      return fail(Errc::kInvalidArgument,
                  "field " + filter.field + " can't be compared with \"" + filter.text + "\"");
    }
    test.filter = std::move(filter);
    out.tests_.push_back(std::move(test));
  }
  return out;
}

bool RowFilter::holds(const Test& test, const FieldDefinition* field, const Value& value) {
  switch (test.filter.op) {
    case FilterOp::kEqual:
    case FilterOp::kNotEqual:
      return value == test.value || value == Value(test.filter.text);
    case FilterOp::kLess:
      return same_type(value, test.value) && value_less(value, test.value);
    case FilterOp::kGreater:
      return same_type(value, test.value) && value_less(test.value, value);
    case FilterOp::kContains:
      break;
  }
  auto has = [&](const std::string& text) {
    return fold_label(text).find(test.folded) != std::string::npos;
  };
  if (const auto* text = std::get_if<std::string>(&value); text != nullptr && has(*text))
    return true;
  if (const auto* number = std::get_if<std::int64_t>(&value); number != nullptr && field == nullptr)
    return has(std::to_string(*number));
  if (field == nullptr) return false;
  return has(format_value(*field, value, Language::kChinese)) ||
         has(format_value(*field, value, Language::kEnglish));
}

bool RowFilter::contains(const Test& test, const RecordRow& row) const {
  return std::ranges::any_of(row.values, [&](const FieldValue& value) {
    if (test.filter.field.empty()) {
      const FieldDefinition* field =
          definition_ == nullptr ? nullptr : definition_->find_field(value.first);
      return holds(test, field, value.second);
    }
    return value.first == test.filter.field && holds(test, test.field, value.second);
  });
}

bool RowFilter::matches(const RecordRow& row) const {
  return std::ranges::all_of(tests_, [&](const Test& test) {
    bool negative = test.filter.op == FilterOp::kNotEqual;
    bool equality = negative || test.filter.op == FilterOp::kEqual;
    bool found = equality && test.filter.text.empty() ? row.find(test.filter.field) == nullptr
                                                      : contains(test, row);
    return found != negative;
  });
}

bool row_before(const std::vector<SortKey>& sort, const RecordRow& a, const RecordRow& b) {
  for (const SortKey& key : sort) {
    const Value* left = a.find(key.field);
    const Value* right = b.find(key.field);
    if (left == nullptr && right == nullptr) continue;
    if (left == nullptr || right == nullptr) return left != nullptr;
    if (value_less(*left, *right)) return !key.descending;
    if (value_less(*right, *left)) return key.descending;
  }
  return a.id < b.id;
}

void FirstRows::add(RecordRow row) {
  ++total_;
  const auto before = [this](const RecordRow& a, const RecordRow& b) {
    return row_before(sort_, a, b);
  };
  if (most_ == 0 || rows_.size() < most_) {
    rows_.push_back(std::move(row));
    if (rows_.size() == most_) std::ranges::make_heap(rows_, before);
    return;
  }
  if (!before(row, rows_.front())) return;
  std::ranges::pop_heap(rows_, before);
  rows_.back() = std::move(row);
  std::ranges::push_heap(rows_, before);
}

std::vector<RecordRow> FirstRows::take() {
  std::ranges::sort(
      rows_, [this](const RecordRow& a, const RecordRow& b) { return row_before(sort_, a, b); });
  return std::move(rows_);
}

}  // namespace cunju::registry
