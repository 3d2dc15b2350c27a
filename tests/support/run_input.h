// SPDX-License-Identifier: Apache-2.0
//
// What the fuzzer does with batches of runs in columns, and inputs to begin from.
//   input := space[32] | u8 (1: the dictionary was agreed on, 2: salts are derived)
//            | (length u16 little endian | batch)*
#pragma once

#include <utility>
#include <vector>

#include "crdt/base/check.h"
#include "net/run/dictionary.h"
#include "net/run/run_decoder.h"
#include "net/run/run_encoder.h"
#include "net/wire/varint.h"
#include "tests/support/random_runs.h"

namespace cunju::testing {

/// How many batches of the input were taken. What decodes comes back the same from this program's
/// own encoder.
inline std::size_t check_run_input(ByteView input) {
  ByteReader in(input);
  const SpaceId space{in.array<SpaceId::kSize>()};
  const std::uint8_t agreed = in.u8();
  const ByteView dictionary = (agreed & 1) != 0 ? run::dictionary() : ByteView();
  const run::Salts salts = (agreed & 2) != 0 ? run::Salts::kDerived : run::Salts::kSent;
  run::RunDecoder decoder(dictionary, salts), again(dictionary, salts);
  run::RunEncoder encoder(dictionary, salts);
  std::size_t taken = 0;
  while (in.ok() && !in.at_end()) {
    Result<std::vector<wire::Run>> runs = decoder.decode(space, in.take(in.u16()));
    // As a session does, which ends then.
    if (runs.has_error()) break;
    Result<Bytes> bytes = encoder.encode(space, runs.value());
    CUNJU_CHECK(bytes.has_value(), "what was read within the limits can be sent within them");
    Result<std::vector<wire::Run>> back = again.decode(space, bytes.value());
    CUNJU_CHECK(back.has_value() && back.value() == runs.value(), "runs come back");
    ++taken;
  }
  return taken;
}

/// Sessions of some batches, with columns as they travel and plain, where changed bytes reach
/// further.
inline std::vector<Bytes> run_inputs() {
  std::vector<Bytes> out;
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    RunStream stream(seed, 2);
    const bool has_dictionary = seed % 2 == 1, is_plain = seed % 4 >= 2;
    stream.derives_salts = seed > 8;
    run::RunEncoder encoder(has_dictionary ? run::dictionary() : ByteView(),
                            stream.derives_salts ? run::Salts::kDerived : run::Salts::kSent);
    Bytes input = to_bytes(stream.world.space().view());
    put_u8(input,
           static_cast<std::uint8_t>((has_dictionary ? 1 : 0) | (stream.derives_salts ? 2 : 0)));
    for (int batch = 0; batch < 3; ++batch) {
      Bytes bytes = encoder.encode(stream.world.space(), stream.next(1 + seed % 3)).value();
      if (is_plain) {
        bytes = {0};
        for (std::size_t i = 0; i < run::kPackedColumns; ++i)
          wire::put_varint(bytes, encoder.columns()[i].size());
        for (const Bytes& column : encoder.columns()) append(bytes, column);
      }
      put_u16(input, static_cast<std::uint16_t>(bytes.size()));
      append(input, bytes);
    }
    out.push_back(std::move(input));
  }
  return out;
}

}  // namespace cunju::testing
