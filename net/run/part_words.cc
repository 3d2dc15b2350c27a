// SPDX-License-Identifier: Apache-2.0
#include "net/run/part_words.h"

#include <algorithm>
#include <utility>

#include "crdt/base/limits.h"
#include "net/run/words.h"

namespace cunju::run {
namespace {

// Kinds of pointers and of list elements (capnproto.org/encoding.html).
constexpr std::uint64_t kListPointer = 1;
constexpr std::uint64_t kByteElements = 2;
constexpr std::uint64_t kPointerElements = 6;
constexpr std::uint64_t kStructElements = 7;

constexpr std::size_t kSaltWords = Salt::kSize / kWordBytes;
constexpr std::size_t kRecordWords = RecordId::kSize / kWordBytes;
constexpr std::size_t kParentWords = ChangeId::kSize / kWordBytes;
/// Words before the content: size, root, pointers.
constexpr std::size_t kLinksPointers = 4;
constexpr std::size_t kLinksHeadWords = 2 + kLinksPointers;
constexpr std::size_t kBodyPointers = 2;
constexpr std::size_t kBodyHeadWords = 2 + kBodyPointers;
/// Data, then pointers.
constexpr std::size_t kOperationWords = 1 + 3;
constexpr std::size_t kValueWords = 2 + 1;

std::size_t words_for(std::size_t bytes) { return (bytes + kWordBytes - 1) / kWordBytes; }

/// Words of a message, of which it is known before how many there will be.
class WordWriter {
 public:
  explicit WordWriter(std::size_t words) : out_(words * kWordBytes) {}

  void put(std::uint64_t word) {
    for (unsigned i = 0; i < kWordBytes; ++i)
      out_[at_ + i] = static_cast<std::uint8_t>(word >> 8 * i);
    at_ += kWordBytes;
  }
  /// Zeros fill it to so many words.
  void put_bytes(ByteView bytes, std::size_t words) {
    std::ranges::copy(bytes, out_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ += words * kWordBytes;
  }
  /// To a list that begins so many words behind the pointer.
  void put_list_pointer(std::size_t words_between, std::uint64_t elements, std::uint64_t count) {
    put(std::uint64_t{words_between} << 2 | kListPointer | (count << 3 | elements) << 32);
  }
  void put_struct_pointer(std::size_t words_between, std::uint64_t data, std::uint64_t pointers) {
    put(std::uint64_t{words_between} << 2 | data << 32 | pointers << 48);
  }
  std::size_t words() const { return at_ / kWordBytes; }
  Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
  std::size_t at_ = 0;
};

/// One segment of so many words, whose root is a struct of pointers right behind.
void put_head(WordWriter& out, std::size_t words, std::size_t pointers) {
  out.put(std::uint64_t{words} << 32);
  out.put_struct_pointer(0, 0, pointers);
}

ByteView words_of(ByteView words, std::size_t from, std::size_t count) {
  return words.subspan(from * kWordBytes, count * kWordBytes);
}

/// Elements of the list at which that word points.
std::size_t list_count(ByteView words, std::size_t at) {
  ByteReader in(words_of(words, at, 1).subspan(4));
  return in.u32() >> 3;
}

}  // namespace

Bytes links_words(const LinksFields& fields) {
  const std::size_t text_words = words_for(fields.registry.size() + 1);
  const std::size_t parents = fields.parents.size() / ChangeId::kSize;
  const std::size_t words =
      kLinksHeadWords + kSaltWords + kRecordWords + text_words + parents * (1 + kParentWords);
  WordWriter out(words);
  put_head(out, words - 1, kLinksPointers);
  // Each pointer stands one word nearer to what follows it than the one before.
  std::size_t between = kLinksPointers - 1;
  out.put_list_pointer(between, kByteElements, Salt::kSize);
  between += kSaltWords - 1;
  out.put_list_pointer(between, kByteElements, RecordId::kSize);
  between += kRecordWords - 1;
  out.put_list_pointer(between, kByteElements, fields.registry.size() + 1);
  between += text_words - 1;
  out.put_list_pointer(between, kPointerElements, parents);
  out.put_bytes(fields.salt, kSaltWords);
  out.put_bytes(fields.record, kRecordWords);
  out.put_bytes(fields.registry, text_words);
  for (std::size_t i = 0; i < parents; ++i)
    out.put_list_pointer(parents - 1 + i * (kParentWords - 1), kByteElements, ChangeId::kSize);
  out.put_bytes(fields.parents, parents * kParentWords);
  return out.take();
}

std::optional<LinksFields> find_links_fields(ByteView words) {
  const std::size_t count = words.size() / kWordBytes;
  constexpr std::size_t kRegistryAt = kLinksHeadWords + kSaltWords + kRecordWords;
  if (count <= kRegistryAt) return std::nullopt;
  const std::size_t text = list_count(words, 4);
  const std::size_t parents = list_count(words, 5);
  if (text == 0 || text > limits::kMaxNameBytes + 1 || parents > limits::kMaxParents)
    return std::nullopt;
  const std::size_t parents_at = kRegistryAt + words_for(text);
  if (count != parents_at + parents * (1 + kParentWords)) return std::nullopt;
  const LinksFields out{.salt = words_of(words, kLinksHeadWords, kSaltWords),
                        .record = words_of(words, kLinksHeadWords + kSaltWords, kRecordWords),
                        .registry = words.subspan(kRegistryAt * kWordBytes, text - 1),
                        .parents = words_of(words, parents_at + parents, parents * kParentWords)};
  return equal(links_words(out), words) ? std::optional(out) : std::nullopt;
}

namespace {

bool has_bytes(ValueKind kind) { return kind == ValueKind::kText || kind == ValueKind::kData; }

/// Texts end in a zero.
std::size_t list_bytes(const ValueFields& value) {
  return value.bytes.size() + (value.kind == ValueKind::kText ? 1 : 0);
}

std::size_t value_words(const ValueFields& value) {
  return kValueWords + (has_bytes(value.kind) ? words_for(list_bytes(value)) : 0);
}

void put_value(WordWriter& out, const ValueFields& value) {
  out.put(static_cast<std::uint64_t>(value.kind));
  out.put(value.integer);
  if (!has_bytes(value.kind)) return out.put(0);
  out.put_list_pointer(0, kByteElements, list_bytes(value));
  out.put_bytes(value.bytes, words_for(list_bytes(value)));
}

/// `at`: where the value is; moves behind it. Whatever else stands there is found out by comparing.
std::optional<ValueFields> find_value(ByteView words, std::size_t& at) {
  if (at + kValueWords > words.size() / kWordBytes) return std::nullopt;
  ByteReader in(words_of(words, at, kValueWords));
  const std::uint64_t kind = in.u64();
  if (kind > static_cast<std::uint64_t>(ValueKind::kData)) return std::nullopt;
  ValueFields out{.kind = static_cast<ValueKind>(kind), .integer = in.u64(), .bytes = {}};
  std::size_t size = 0;
  if (has_bytes(out.kind)) {
    size = list_count(words, at + kValueWords - 1);
    if (words_for(size) > words.size() / kWordBytes - at - kValueWords) return std::nullopt;
    if (out.kind == ValueKind::kText && size == 0) return std::nullopt;
    out.bytes = words.subspan((at + kValueWords) * kWordBytes,
                              size - (out.kind == ValueKind::kText ? 1 : 0));
  }
  at += kValueWords + words_for(size);
  return out;
}

}  // namespace

Bytes body_words(const BodyFields& fields) {
  const std::size_t count = fields.operations.size();
  std::size_t words = kBodyHeadWords + kSaltWords + 1 + count * kOperationWords;
  std::size_t next = words;  // Where what belongs to the next operation begins.
  for (const OperationFields& operation : fields.operations)
    words += words_for(operation.field.size() + 1) + value_words(operation.value) +
             value_words(operation.previous);
  WordWriter out(words);
  put_head(out, words - 1, kBodyPointers);
  out.put_list_pointer(kBodyPointers - 1, kByteElements, Salt::kSize);
  out.put_list_pointer(kSaltWords, kStructElements, count * kOperationWords);
  out.put_bytes(fields.salt, kSaltWords);
  out.put_struct_pointer(count, 1, kOperationWords - 1);
  for (const OperationFields& operation : fields.operations) {
    out.put(operation.kind);
    const auto between = [&] { return next - out.words() - 1; };
    out.put_list_pointer(between(), kByteElements, operation.field.size() + 1);
    next += words_for(operation.field.size() + 1);
    out.put_struct_pointer(between(), kValueWords - 1, 1);
    next += value_words(operation.value);
    out.put_struct_pointer(between(), kValueWords - 1, 1);
    next += value_words(operation.previous);
  }
  for (const OperationFields& operation : fields.operations) {
    out.put_bytes(as_bytes(operation.field), words_for(operation.field.size() + 1));
    put_value(out, operation.value);
    put_value(out, operation.previous);
  }
  return out.take();
}

std::optional<BodyFields> find_body_fields(ByteView words) {
  const std::size_t total = words.size() / kWordBytes;
  constexpr std::size_t kTagAt = kBodyHeadWords + kSaltWords;
  if (total <= kTagAt) return std::nullopt;
  const std::size_t count = list_count(words, kBodyHeadWords - 1) / kOperationWords;
  if (count > limits::kMaxOperations || count > (total - kTagAt - 1) / kOperationWords)
    return std::nullopt;
  BodyFields out{.salt = words_of(words, kBodyHeadWords, kSaltWords), .operations = {}};
  std::size_t at = kTagAt + 1 + count * kOperationWords;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t operation_at = kTagAt + 1 + i * kOperationWords;
    ByteReader in(words_of(words, operation_at, 1));
    OperationFields operation{.kind = in.u16(), .field = {}, .value = {}, .previous = {}};
    const std::size_t size = list_count(words, operation_at + 1);
    if (size == 0 || words_for(size) > total - at) return std::nullopt;
    operation.field = as_text(words.subspan(at * kWordBytes, size - 1));
    at += words_for(size);
    for (ValueFields* value : {&operation.value, &operation.previous}) {
      const std::optional<ValueFields> found = find_value(words, at);
      if (!found) return std::nullopt;
      *value = *found;
    }
    out.operations.push_back(std::move(operation));
  }
  return at == total && equal(body_words(out), words) ? std::optional(std::move(out))
                                                      : std::nullopt;
}

}  // namespace cunju::run
