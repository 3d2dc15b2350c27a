// SPDX-License-Identifier: Apache-2.0
//
// Batches of runs as they go over a session of version 3: what the receiver can derive, or has been
// told before in this session, stays home; the rest stands in columns (columns.h). docs/formats/
// run.md has the grammar; run_decoder.h reads it. One for each direction of a session, because
// batches are decoded in the order in which they were encoded. Pure; no thread rule.
#pragma once

#include <span>
#include <string>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "net/run/columns.h"
#include "net/run/memory.h"
#include "net/run/part_words.h"
#include "net/run/run_forms.h"
#include "net/wire/rebuilding.h"
#include "net/wire/run.h"

namespace cunju::run {

class RunEncoder {
 public:
  /// `dictionary` outlives it; empty: the receiver has none.
  explicit RunEncoder(ByteView dictionary = {}, Salts salts = Salts::kSent)
      : dictionary_(dictionary), salts_(salts) {}

  /// Errors: kLimit when the batch is over a limit of batches; kInvalidArgument when the changes
  /// are not runs of the space. After an error the encoder is of no use.
  Result<Bytes> encode(const SpaceId& space, std::span<const wire::Run> runs);
  /// The columns of the last batch: what a dictionary is trained on.
  const Columns& columns() const { return columns_; }

 private:
  Result<void> put_run(const SpaceId& space, const wire::Run& run, wire::BatchUse& use);
  void put_run_head(const Change& first);
  void put_change(const Change& change);
  void put_part(const Part& part);
  void put_links_fields(const LinksFields& fields, LinksForm form);
  void put_body_fields(const BodyFields& fields);
  void put_name(const std::string& name);
  void put_value(const ValueFields& value);
  void put_as_stored(Scope scope, ByteView bytes);
  void put_number(Column column, std::uint64_t value);

  ByteView dictionary_;
  Salts salts_;
  Memory memory_{true};
  Columns columns_;
};

}  // namespace cunju::run
