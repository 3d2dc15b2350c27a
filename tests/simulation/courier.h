// SPDX-License-Identifier: Apache-2.0
//
// People who carry changes on USB sticks. There is no bundle format yet: a stick holds batches of
// encoded runs (net/wire/run_codec), chosen by what the receiver last receipted to the sender and
// never by what was last sent. Sticks get lost, are read twice, late, by the wrong node, with
// their batches swapped or a bit flipped; and so do the receipts on their way back.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "tests/simulation/node.h"

namespace cunju::simulation {

class Couriers {
 public:
  Couriers(Context& context, Nodes& nodes) : context_(context), nodes_(nodes) {}

  /// Somebody copies what `to` lacks, as far as `from` knows, and sets out.
  void send(std::size_t from, std::size_t to);

 private:
  struct Stick {
    std::size_t from = 0;
    std::size_t to = 0;
    std::vector<Bytes> batches;
    bool is_damaged = false;
  };

  void read(const Stick& stick);
  void read_batch(Node& node, const Stick& stick, ByteView batch);
  void send_receipt(const Node& from, std::size_t to);

  Context& context_;
  Nodes& nodes_;
  /// (who sends, who receives) -> what the receiver says it has.
  std::map<std::pair<std::size_t, std::size_t>, sync::Have> receipts_;
};

}  // namespace cunju::simulation
