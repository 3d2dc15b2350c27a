// SPDX-License-Identifier: Apache-2.0
//
// The seam through which every value passes on its way into the `data` environment and back.
// What is stored := format u8 | the rest as the format says. Format 0: the value as it is.
// An implementation states its own thread rule; OpenSealer has no state.
#pragma once

#include <cstdint>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"

namespace cunju::keys {

/// First byte of every stored value.
enum class ValueFormat : std::uint8_t { kOpen = 0 };

class ValueSealer {
 public:
  virtual ~ValueSealer() = default;

  /// Appends to `out` what is to be stored for `value` at `place` (table and key), so that the
  /// same bytes moved to another place don't open.
  virtual Result<void> seal(ByteView place, ByteView value, Bytes& out) = 0;

  /// The value that was sealed at `place`: a view into `sealed` or into `scratch`, valid until
  /// either changes. Errors: kMalformed (empty), kUnsupported (a newer program's format),
  /// kTampered, kNotFound (its key is gone: erased).
  virtual Result<ByteView> open(ByteView place, ByteView sealed, Bytes& scratch) = 0;
};

/// Seals nothing: values are stored readable. For stores that hold nothing confidential.
class OpenSealer final : public ValueSealer {
 public:
  Result<void> seal(ByteView place, ByteView value, Bytes& out) override;
  Result<ByteView> open(ByteView place, ByteView sealed, Bytes& scratch) override;
};

}  // namespace cunju::keys
