// SPDX-License-Identifier: Apache-2.0
#include "node/registry/text_operations.h"

#include "crdt/base/check.h"
#include "crdt/base/limits.h"
#include "crdt/types/text/text_edits_codec.h"
#include "node/text/text_diff.h"

namespace cunju::registry {
namespace {

/// Bytes inserted by one operation: its encoding stays below limits::kMaxValueBytes even if it
/// does not compress.
constexpr std::size_t kPieceBytes = 24 * 1024;

/// Bytes of the longest prefix of well-formed UTF-8 that has at most `most` bytes.
std::size_t prefix_bytes(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text.size();
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return most;
}

std::size_t scalars(std::string_view text) {
  std::size_t out = 0;
  for (char c : text) out += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return out;
}

/// Edits that are full go into an operation, and the next begin.
class OperationWriter {
 public:
  explicit OperationWriter(std::string_view field) : field_(field) {}

  void erase(std::size_t position, std::size_t count) {
    if (!edits_.erase(position, count)) {
      flush();
      CUNJU_CHECK(edits_.erase(position, count), "an empty list has room for one edit");
    }
    flush_if_long();
  }
  void insert(std::size_t position, std::string_view text) {
    while (!text.empty()) {
      const std::string_view piece = text.substr(0, prefix_bytes(text, kPieceBytes));
      if (edits_.text().size() + piece.size() > kPieceBytes) flush();
      CUNJU_CHECK(edits_.insert(position, piece), "an empty list has room for one piece");
      position += scalars(piece);
      text.remove_prefix(piece.size());
      flush_if_long();
    }
  }
  std::vector<Operation> take() {
    flush();
    return std::move(out_);
  }

 private:
  /// A run takes at most ten bytes.
  static constexpr std::size_t kMostRuns = 3000;

  void flush_if_long() {
    if (edits_.runs().size() >= kMostRuns) flush();
  }
  void flush() {
    if (edits_.empty()) return;
    Bytes bytes = encode_text_edits(edits_);
    CUNJU_CHECK(bytes.size() <= limits::kMaxValueBytes, "a piece fits an operation");
    out_.push_back(make_operation(OperationKind::kTextEdit, field_, std::move(bytes)));
    edits_ = TextEdits();
  }

  std::string field_;
  TextEdits edits_;
  std::vector<Operation> out_;
};

}  // namespace

std::vector<Operation> plan_text(std::string_view field, std::string_view before,
                                 std::string_view after) {
  OperationWriter writer(field);
  Result<std::vector<text::Replacement>> edits = text::diff_texts(before, after);
  if (edits.has_error()) {
    // Too long to be compared: replaced as a whole.
    if (!before.empty()) writer.erase(0, scalars(before));
    writer.insert(0, after);
    return writer.take();
  }
  for (const text::Replacement& edit : edits.value()) {
    if (edit.deleted > 0) writer.erase(edit.position, edit.deleted);
    writer.insert(edit.position, edit.inserted);
  }
  return writer.take();
}

std::string plain_lines(std::string_view text) {
  // Beside a text that ends with a line's end nothing is taken off this one's end.
  Result<std::string> out = text::text_from_editor(text, "\n");
  return out.has_value() ? std::move(out).value() : std::string(text);
}

Operation confirm_operation(std::string_view field) {
  return make_operation(OperationKind::kTextConfirm, std::string(field), NoValue{});
}

}  // namespace cunju::registry
