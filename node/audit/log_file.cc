// SPDX-License-Identifier: Apache-2.0
#include "node/audit/log_file.h"

#include "crdt/base/limits.h"

namespace cunju::audit {

void append_log_entry(Bytes& out, const Change& change) {
  const std::size_t start = out.size();
  put_u32(out, 0);
  append_change(out, change);
  const std::size_t size = out.size() - start - 4;
  for (std::size_t i = 0; i < 4; ++i) out[start + i] = static_cast<std::uint8_t>(size >> (8 * i));
}

LogFile parse_log_file(ByteView bytes) {
  LogFile out;
  ByteReader in(bytes);
  while (!in.at_end()) {
    out.fault_offset = in.offset();
    const std::size_t size = in.u32();
    if (size > limits::kMaxChangeBytes) {
      out.fault = "kMaxChangeBytes";
      return out;
    }
    const ByteView one = in.take(size);
    if (!in.ok()) {
      out.fault = "the file is cut short";
      return out;
    }
    Result<Change> change = parse_change(one);
    if (change.has_error()) {
      out.fault = change.error().context;
      return out;
    }
    out.changes.push_back(std::move(change).value());
  }
  return out;
}

}  // namespace cunju::audit
