// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_passed.h"

#include <algorithm>
#include <tuple>

#include "crdt/base/limits.h"

namespace cunju {
namespace {

constexpr std::size_t kRangeBytes = AuthorKey::kSize + 16;

}  // namespace

bool TextPassed::covers(const Dot& dot) const {
  const auto behind = std::ranges::partition_point(ranges, [&](const TextPassedRange& range) {
    return std::tie(range.line, range.first) <= std::tie(dot.author, dot.seq);
  });
  if (behind == ranges.begin()) return false;
  const TextPassedRange& range = *(behind - 1);
  return range.line == dot.author && dot.seq <= range.last;
}

TextPassed make_text_passed(std::vector<Dot> passed, std::vector<Dot> kept) {
  std::ranges::sort(passed);
  std::ranges::sort(kept);
  TextPassed out;
  for (const Dot& dot : passed) {
    TextPassedRange* before = out.ranges.empty() ? nullptr : &out.ranges.back();
    const auto next_kept = before == nullptr
                               ? kept.end()
                               : std::ranges::upper_bound(kept, Dot{before->line, before->last});
    if (before != nullptr && before->line == dot.author &&
        (next_kept == kept.end() || dot < *next_kept)) {
      before->last = dot.seq;
    } else {
      out.ranges.push_back({.line = dot.author, .first = dot.seq, .last = dot.seq});
    }
  }
  return out;
}

Bytes encode_text_passed(const TextPassed& passed) {
  Bytes out;
  for (const TextPassedRange& range : passed.ranges) {
    append(out, range.line.view());
    put_u64(out, range.first.value);
    put_u64(out, range.last.value);
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
    std::ranges::copy(in.take(AuthorKey::kSize), range.line.value.begin());
    range.first = Seq{in.u64()};
    range.last = Seq{in.u64()};
    if (range.last < range.first) return fail(Errc::kMalformed, "text passed: range");
    if (!out.ranges.empty()) {
      const TextPassedRange& before = out.ranges.back();
      const bool ascends =
          before.line < range.line || (before.line == range.line && before.last < range.first &&
                                       before.last.value + 1 != range.first.value);
      if (!ascends) return fail(Errc::kMalformed, "text passed: order");
    }
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
