// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_passed.h"

#include <algorithm>

#include "crdt/base/limits.h"

namespace cunju {
namespace {

constexpr std::size_t kRangeBytes = 2 * ChangeId::kSize;

}  // namespace

Bytes encode_text_passed(const TextPassed& passed) {
  Bytes out;
  for (const TextPassedRange& range : passed.ranges) {
    append(out, range.first.view());
    append(out, range.last.view());
  }
  return out;
}

Result<TextPassed> decode_text_passed(ByteView bytes) {
  if (bytes.empty() || bytes.size() % kRangeBytes != 0)
    return fail(Errc::kMalformed, "text passed: size");
  if (bytes.size() / kRangeBytes > limits::kMaxTextPassed)
    return fail(Errc::kLimit, "kMaxTextPassed");
  TextPassed out;
  ByteReader in(bytes);
  while (!in.at_end()) {
    TextPassedRange range;
    std::ranges::copy(in.take(ChangeId::kSize), range.first.value.begin());
    std::ranges::copy(in.take(ChangeId::kSize), range.last.value.begin());
    if (!out.ranges.empty() && out.ranges.back().first >= range.first)
      return fail(Errc::kMalformed, "text passed: order");
    out.ranges.push_back(range);
  }
  return out;
}

Operation passed_operation(const TextPassed& passed) {
  return make_operation(OperationKind::kTextPassed, std::string(kFreezeField),
                        encode_text_passed(passed));
}

TextPassed read_text_passed(std::span<const Operation> operations) {
  for (const Operation& operation : operations) {
    const auto* bytes = std::get_if<Bytes>(&operation.value);
    if (operation.kind != static_cast<std::uint16_t>(OperationKind::kTextPassed) ||
        operation.field != kFreezeField || bytes == nullptr)
      continue;
    Result<TextPassed> passed = decode_text_passed(*bytes);
    if (passed.has_value()) return std::move(passed).value();
  }
  return {};
}

}  // namespace cunju
