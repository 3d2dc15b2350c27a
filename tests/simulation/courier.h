// SPDX-License-Identifier: Apache-2.0
//
// People who carry bundles on USB sticks: blocks as net/bundle seals them, written from what the
// receiver last receipted to the sender and never from what was last sent. Sticks get lost, are
// read twice, late, by the wrong node, cut off or with a bit flipped; receipts come late, in any
// order, or not at all, and whichever came last counts, which is less than a node's book knows.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "net/bundle/reader.h"
#include "net/bundle/writer.h"
#include "tests/simulation/node.h"

namespace cunju::simulation {

class Couriers {
 public:
  Couriers(Context& context, Nodes& nodes)
      : context_(context), nodes_(nodes), random_(context.scenario.seed ^ kSealing) {}

  /// Somebody copies what `to` lacks, as far as `from` knows, and sets out.
  void send(std::size_t from, std::size_t to);

 private:
  static constexpr std::uint64_t kSealing = 0x5EA1;
  struct Stick {
    std::size_t from = 0;
    std::size_t to = 0;      ///< Whom it is for.
    std::size_t reader = 0;  ///< Who gets it.
    std::vector<Bytes> blocks;
    bool is_damaged = false;  ///< Also: cut off.
  };

  /// Its blocks; none: nothing to bring, or the sender's disk failed.
  std::vector<Bytes> write(Node& sender, std::size_t to, std::size_t max_chunks);
  void harm(Stick& stick);
  void read(const Stick& stick);
  void read_chunks(Node& node, const Stick& stick, const bundle::Opener& opener,
                   std::uint32_t chunks);
  void judge(const Stick& stick, const bundle::Taken& taken);
  void send_receipt(const Node& from, std::size_t to);

  Context& context_;
  Nodes& nodes_;
  crypto::SeededRandom random_;  ///< Of its own, so that sealing moves nobody else's dice.
  /// (who sends, who receives) -> what the receiver says it has.
  std::map<std::pair<std::size_t, std::size_t>, bundle::KnownSpaces> receipts_;
};

}  // namespace cunju::simulation
