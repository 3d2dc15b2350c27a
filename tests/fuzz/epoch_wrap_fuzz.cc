// SPDX-License-Identifier: Apache-2.0
// Wraps of foreign bytes: as they are if the first byte is even, else laid over a good wrap
// (exclusive or). A wrap opens only as it was made.
#include <algorithm>

#include "crdt/base/check.h"
#include "crdt/crypto/epoch_key.h"

using namespace cunju;

namespace {

struct Desk {
  crypto::SeededRandom random{1};
  crypto::EpochKey key = crypto::EpochKey::generate(random);
  crypto::SigningKey recipient = crypto::SigningKey::generate(random);
  crypto::WrapContext context{.space = {{1}},
                              .scope = {2},
                              .epoch = crypto::epoch_id(key, {{1}}, {2}),
                              .recipient = recipient.author(),
                              .sender = {{3}}};
  Bytes wrap = crypto::wrap_epoch_key(key, context, random).value();
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Desk desk = [] {
    crypto::initialize();
    return Desk();
  }();
  if (size < 1) return 0;
  Bytes wrap(data + 1, data + size);
  if (data[0] % 2 == 1) {
    wrap.resize(std::max(wrap.size(), desk.wrap.size()));
    for (std::size_t i = 0; i < desk.wrap.size(); ++i)
      wrap[i] = static_cast<std::uint8_t>(wrap[i] ^ desk.wrap[i]);
  }
  const Result<crypto::EpochKey> opened =
      crypto::unwrap_epoch_key(desk.recipient, desk.context, wrap);
  CUNJU_CHECK(opened.has_value() == (wrap == desk.wrap), "a wrap opens only as it was made");
  return 0;
}
