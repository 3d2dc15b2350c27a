// SPDX-License-Identifier: Apache-2.0
#include "node/registry/validate.h"

#include <optional>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/limits.h"
#include "node/registry/attachment_text.h"
#include "node/registry/identifiers.h"
#include "node/registry/number.h"
#include "node/registry/text_form.h"
#include "node/registry/text_operations.h"

namespace cunju::registry {
namespace {

constexpr std::size_t kShownCharacters = 24;

// The value in quotes for a message, unless it is about a person.
Label shown(const FieldDefinition& field, std::string_view text) {
  if (field.personal != PersonalData::kNone) return {"", ""};
  std::string cut = shorten(text, kShownCharacters);
  return {"“" + cut + "”", " \"" + cut + "\""};
}

// Collects what is found about one text of one field.
class Parser {
 public:
  Parser(const FieldDefinition& field, std::string_view text, Date today)
      : field_(field), text_(text), plain_(plain_form(text)), today_(today) {}

  ParsedField run() {
    if (text_.empty()) return {};
    if (field_.kind == FieldKind::kBlob) {
      add(error("needs_attach", field_.id,
                {"附件不能用文字填写，请用 attach 命令",
                 "an attachment is not typed: use the command attach"}));
      return {NoValue{}, std::move(findings_)};
    }
    const bool is_text = field_.kind == FieldKind::kText;
    if (text_.size() > (is_text ? kMaxTextBytes : limits::kMaxValueBytes)) {
      add(error("too_long", field_.id,
                is_text ? Label{"文字过长，超过 4 MiB", "longer than 4 MiB"}
                        : Label{"内容过长，超过 64 KiB", "longer than 64 KiB"}));
      return {std::string(text_), std::move(findings_)};
    }
    Value value = parse();
    if (is_empty(value)) value = std::string(text_);
    return {std::move(value), std::move(findings_)};
  }

 private:
  void add(Finding finding) { findings_.push_back(std::move(finding)); }
  void warn(std::string_view code, std::string zh, std::string en) {
    add(warning(code, field_.id, {std::move(zh), std::move(en)}));
  }
  // Kept as typed: `zh` and `en` say what is wrong.
  Value keep(std::string_view code, std::string_view zh, std::string_view en) {
    Label quoted = shown(field_, text_);
    warn(code, std::string(zh) + quoted.zh + "，已按原文保留",
         std::string(en) + quoted.en + ", kept as typed");
    return NoValue{};
  }

  Value parse() {
    switch (field_.type) {
      case FieldType::kText:
        return parse_text();
      case FieldType::kInteger:
        return parse_number(0);
      case FieldType::kDecimal:
        return parse_number(field_.scale);
      case FieldType::kMoney:
        return parse_amount();
      case FieldType::kDate:
        return parse_day();
      case FieldType::kDatetime:
        return parse_time();
      case FieldType::kBoolean:
        return parse_boolean();
      case FieldType::kCode:
        return parse_code();
      case FieldType::kIdentityNumber:
        return parse_identity();
      case FieldType::kCreditCode:
        return or_keep(parse_credit_code(plain_), "bad_credit_code", "统一社会信用代码不正确",
                       "not a valid unified social credit code");
      case FieldType::kDivisionCode:
        return or_keep(parse_division_code(plain_), "bad_division_code", "不是 12 位区划代码",
                       "not a 12-digit division code");
      case FieldType::kPhone:
        return or_keep(parse_phone(plain_), "bad_phone", "电话号码不正确",
                       "not a telephone number with area code");
      case FieldType::kRef:
        return parse_ref();
    }
    return NoValue{};
  }

  Value or_keep(std::optional<std::string> parsed, std::string_view code, std::string_view zh,
                std::string_view en) {
    if (!parsed) return keep(code, zh, en);
    return std::move(*parsed);
  }

  Value parse_text() {
    if (field_.max_length &&
        character_count(text_) > static_cast<std::size_t>(*field_.max_length)) {
      std::string most = std::to_string(*field_.max_length);
      warn("long_text", "超过 " + most + " 个字", "more than " + most + " characters");
    }
    if (field_.personal == PersonalData::kNone && contains_identity_number(text_)) {
      warn("identity_number_inside", "文字中含有身份证号码，请确认是否需要",
           "the text holds an identity number; is it needed here?");
    }
    return std::string(text_);
  }

  // The number without its unit: "86.5平方米", "12 户".
  std::string without_unit() const {
    for (const std::string& unit : {field_.unit.zh, field_.unit.en}) {
      std::string plain_unit = half_width(unit);
      if (!unit.empty() && plain_.size() > plain_unit.size() && plain_.ends_with(plain_unit)) {
        std::string_view number = plain_;
        return std::string(trim(number.substr(0, number.size() - plain_unit.size())));
      }
    }
    return plain_;
  }

  Value check_range(std::int64_t number) {
    if ((field_.minimum && number < *field_.minimum) ||
        (field_.maximum && number > *field_.maximum)) {
      warn("out_of_range", "数值超出允许范围", "the number is outside the allowed range");
    }
    return number;
  }

  Value parse_number(int scale) {
    std::optional<std::int64_t> number = parse_scaled(without_unit(), scale);
    if (number) return check_range(*number);
    if (scale == 0) return keep("not_an_integer", "不是整数", "not a whole number");
    std::string places = std::to_string(scale);
    return keep("not_a_decimal", "不是最多 " + places + " 位小数的数",
                "not a number with at most " + places + " decimals");
  }

  Value parse_amount() {
    std::optional<std::int64_t> fen = parse_money(plain_);
    if (fen) return check_range(*fen);
    return keep("not_money", "不是金额（精确到分）", "not a sum of money exact to the fen");
  }

  Value keep_date(DateForm form) {
    switch (form) {
      case DateForm::kNoSuchDay:
        return keep("no_such_day", "没有这一天：", "there is no such day:");
      case DateForm::kCenturyMissing:
        return keep("century_missing", "年份只有两位，请写明哪一年：",
                    "two-digit year, please give all four:");
      case DateForm::kDayMissing:
        return keep("day_missing", "日期不完整：", "the date is incomplete:");
      case DateForm::kOrderUnclear:
        return keep("order_unclear", "月和日的顺序不明：", "day and month in unclear order:");
      default:
        return keep("not_a_date", "不是日期：", "not a date:");
    }
  }

  void check_day(const ParsedDate& parsed) {
    if (parsed.form == DateForm::kSerial) {
      std::string day = format_date(parsed.date);
      warn("excel_serial", "按 Excel 日期序号读作 " + day + "，请核对",
           "read as an Excel day number: " + day + ", please check");
    }
    if (field_.not_future && parsed.date > today_) {
      warn("in_future", "日期晚于今天", "the date is after today");
    }
  }

  Value parse_day() {
    ParsedDate parsed = parse_date(plain_);
    if (parsed.form != DateForm::kExact && parsed.form != DateForm::kSerial) {
      return keep_date(parsed.form);
    }
    check_day(parsed);
    return format_date(parsed.date);
  }

  Value parse_time() {
    ParsedDatetime parsed = parse_datetime(plain_);
    if (parsed.day.form != DateForm::kExact && parsed.day.form != DateForm::kSerial) {
      return keep_date(parsed.day.form);
    }
    check_day(parsed.day);
    return format_datetime(parsed);
  }

  Value parse_boolean() {
    std::string word = fold_label(plain_);
    for (std::string_view yes : {"是", "有", "已", "对", "√", "✓", "yes", "y", "true", "1"}) {
      if (word == yes) return std::int64_t{1};
    }
    for (std::string_view no : {"否", "无", "未", "没有", "×", "✗", "no", "n", "false", "0"}) {
      if (word == no) return std::int64_t{0};
    }
    return keep("not_a_boolean", "应填“是”或“否”：", "expected yes or no:");
  }

  Value parse_code() {
    // Most cells of an import hold the code itself; the words cost more to compare.
    if (const Code* exact = field_.find_code(text_)) return exact->code;
    std::string word = fold_label(text_);
    for (const Code& code : field_.codes) {
      if (word == fold_label(code.code) || word == fold_label(code.label.zh) ||
          (!code.label.en.empty() && word == fold_label(code.label.en))) {
        return code.code;
      }
    }
    return keep("unknown_code", "不在代码表中：", "not in the code list:");
  }

  Value parse_identity() {
    ParsedIdentity parsed = parse_identity_number(plain_, today_);
    switch (parsed.form) {
      case IdentityForm::kGood:
        return parsed.canonical;
      case IdentityForm::kLegacy:
        warn("legacy_identity_number", "15 位旧证件号码", "a 15-digit number of before 1999");
        return parsed.canonical;
      case IdentityForm::kVeryOld:
        warn("over_120_years", "按号码年龄超过 120 岁，请核对", "its holder would be over 120");
        return parsed.canonical;
      case IdentityForm::kLostInExcel:
        add(error(
            "identity_number_lost", field_.id,
            {"身份证号码已被 Excel 改成 15 位有效数字，后三位丢失；请把该列设为“文本”后重新填写",
             "Excel has rounded the identity number to 15 digits and the last three are lost; "
             "format the column as text and enter it again"}));
        return NoValue{};
      case IdentityForm::kBadCheckDigit:
        return keep("bad_check_digit", "身份证号码校验位不对",
                    "the identity number's check digit is wrong");
      case IdentityForm::kBadBirthDate:
        return keep("bad_birth_date", "身份证号码中的出生日期不对",
                    "the birth date in the identity number is wrong");
      case IdentityForm::kNotOne:
        break;
    }
    return keep("not_an_identity_number", "不是身份证号码", "not an identity number");
  }

  Value parse_ref() {
    if (std::optional<RecordId> id = RecordId::from_hex(plain_)) return id->hex();
    return keep("not_a_record", "不是记录编号：", "not a record id:");
  }

  const FieldDefinition& field_;
  std::string_view text_;
  std::string plain_;
  Date today_;
  Findings findings_;
};

std::string format_number(const FieldDefinition& field, std::int64_t number, Language language) {
  switch (field.type) {
    case FieldType::kDecimal:
      return format_scaled(number, field.scale);
    case FieldType::kMoney:
      return format_scaled(number, 2);
    case FieldType::kBoolean:
      if (number != 0 && number != 1) break;
      return Label{number == 1 ? "是" : "否", number == 1 ? "yes" : "no"}.in(language);
    default:
      break;
  }
  return std::to_string(number);
}

std::string format_text(const FieldDefinition& field, const std::string& text, Language language) {
  if (field.type == FieldType::kCode) {
    const Code* code = field.find_code(text);
    return code == nullptr ? text : code->label.in(language);
  }
  if (field.type == FieldType::kDatetime && text.size() == 19 && text[10] == 'T' &&
      parse_datetime(text).has_time) {
    std::string out = text.ends_with(":00") ? text.substr(0, 16) : text;
    out[10] = ' ';
    return out;
  }
  return text;
}

}  // namespace

ParsedField parse_field(const FieldDefinition& field, std::string_view text, Date today) {
  return Parser(field, text, today).run();
}

std::string format_value(const FieldDefinition& field, const Value& value, Language language) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return format_number(field, *number, language);
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    return format_text(field, *text, language);
  }
  if (const auto* bytes = std::get_if<Bytes>(&value)) return bytes_text(*bytes);
  return {};
}

}  // namespace cunju::registry
