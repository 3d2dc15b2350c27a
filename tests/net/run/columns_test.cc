// SPDX-License-Identifier: Apache-2.0
#include "net/run/columns.h"

#include <catch2/catch.hpp>

#include "net/run/dictionary.h"
#include "net/run/frame.h"
#include "net/run/run_limits.h"
#include "net/wire/varint.h"
#include "tests/support/test_world.h"

using namespace cunju;
using run::Columns;
using run::ReceivedColumns;

namespace {

Columns some_columns() {
  Columns out;
  for (std::size_t i = 0; i < run::kColumns; ++i)
    out[i] = Bytes(10 + 30 * i, static_cast<std::uint8_t>('a' + i));
  return out;
}

Columns read_all(ByteView bytes, ByteView dictionary, const Columns& like) {
  ReceivedColumns in = ReceivedColumns::parse(bytes, dictionary).value();
  Columns out;
  for (std::size_t i = 0; i < run::kColumns; ++i)
    out[i] = to_bytes(in[static_cast<run::Column>(i)].take(like[i].size()));
  CHECK(in.require_end().has_value());
  return out;
}

/// By hand: one column of that size, in a form, with a frame.
Bytes stated(std::uint8_t form, std::uint64_t size, ByteView frame) {
  Bytes out{form};
  wire::put_varint(out, size);
  for (std::size_t i = 1; i < run::kPackedColumns; ++i) wire::put_varint(out, 0);
  wire::put_varint(out, frame.size());
  append(out, frame);
  return out;
}

}  // namespace

TEST_CASE("columns come back, with a dictionary, without one and where nothing compresses") {
  const Columns columns = some_columns();
  for (const ByteView dictionary : {run::dictionary(), ByteView()}) {
    const Bytes bytes = run::encode_columns(columns, dictionary);
    CHECK(bytes[0] == (dictionary.empty() ? 1 : 2));
    CHECK(read_all(bytes, dictionary, columns) == columns);
  }
  Columns noise;
  crypto::SeededRandom random(5);
  for (Bytes& column : noise) random.fill(column = Bytes(40));
  const Bytes bytes = run::encode_columns(noise, {});
  CHECK(bytes[0] == 0);
  CHECK(read_all(bytes, {}, noise) == noise);
  const Columns nothing;
  CHECK(read_all(run::encode_columns(nothing, run::dictionary()), {}, nothing) == nothing);
}

TEST_CASE("what is random is not touched by compression") {
  Columns columns;
  columns[run::kRandom] = Bytes(300, 7);
  const Bytes bytes = run::encode_columns(columns, {});
  CHECK(equal(ByteView(bytes).last(300), columns[run::kRandom]));
}

TEST_CASE("the dictionary makes a single edit shorter, and is the one that the hello names") {
  Columns columns;
  columns[run::kTexts] = to_bytes(as_bytes("mediation2026-12-28applicant_address"));
  CHECK(run::encode_columns(columns, run::dictionary()).size() <
        run::encode_columns(columns, {}).size());
  CHECK(run::dictionary().size() <= limits::kMaxDictionaryBytes);
  CHECK(run::dictionary_id() == 0x8975defc796c92fd);
}

TEST_CASE("a dictionary that was not agreed on is refused") {
  const Bytes bytes = run::encode_columns(some_columns(), run::dictionary());
  CHECK(ReceivedColumns::parse(bytes, {}).error().context ==
        "columns under a dictionary that was not agreed on");
}

TEST_CASE("sizes are judged before memory is taken") {
  const auto error_of = [](const Bytes& bytes) {
    Result<ReceivedColumns> read = ReceivedColumns::parse(bytes, {});
    REQUIRE(read.has_error());
    return read.error();
  };
  const Bytes frame(64, 0);
  CHECK(error_of(stated(1, std::uint64_t{1} << 62, frame)).context == "kMaxColumnBytes");
  CHECK(error_of(stated(1, limits::kMaxColumnBytes + 1, frame)).context == "kMaxColumnBytes");
  CHECK(error_of(stated(1, limits::kMaxColumnBytes, frame)).context == "kMaxColumnRatio");
  CHECK(error_of(stated(1, limits::kFreeColumnBytes, frame)).code == Errc::kMalformed);
  CHECK(error_of(stated(3, 1, frame)).code == Errc::kMalformed);
  CHECK(error_of({}).code == Errc::kMalformed);
}

TEST_CASE("a real bomb is refused by its ratio, and a sender does not make one") {
  Columns columns;
  columns[run::kTexts] = Bytes(1'000'000, 'x');
  const std::array pieces{ByteView(columns[run::kTexts])};
  const Bytes frame = run::pack_frame(pieces, {});
  REQUIRE(frame.size() < 1000);
  Bytes bomb{1};
  for (std::size_t i = 0; i < run::kPackedColumns; ++i) wire::put_varint(bomb, columns[i].size());
  wire::put_varint(bomb, frame.size());
  append(bomb, frame);
  CHECK(ReceivedColumns::parse(bomb, {}).error().context == "kMaxColumnRatio");
  const Bytes ours = run::encode_columns(columns, {});
  CHECK(ours[0] == 0);
  CHECK(read_all(ours, {}, columns) == columns);
  // The limit is one of ratio: beside enough that is random the same goes through.
  columns[run::kRandom] = Bytes(60'000, 1);
  const Bytes large = run::encode_columns(columns, {});
  CHECK(large[0] == 1);
  CHECK(read_all(large, {}, columns) == columns);
}

TEST_CASE("a frame must give exactly what the sizes say, and be one frame") {
  const Bytes content(500, 'y');
  const std::array pieces{ByteView(content)};
  const Bytes frame = run::pack_frame(pieces, {});
  Bytes out(500);
  CHECK(run::unpack_frame(frame, {}, out));
  CHECK(out == content);
  for (const std::size_t size : {499u, 501u}) {
    Bytes other(size);
    CHECK_FALSE(run::unpack_frame(frame, {}, other));
  }
  // Two frames, the second with its magic number, that together give what is wanted.
  const std::array half{ByteView(content).first(250)};
  Bytes two = run::pack_frame(half, {});
  append(two, Bytes{0x28, 0xB5, 0x2F, 0xFD});
  append(two, run::pack_frame(half, {}));
  CHECK_FALSE(run::unpack_frame(two, {}, out));
  Bytes longer = frame;
  longer.push_back(0);
  CHECK_FALSE(run::unpack_frame(longer, {}, out));
  for (std::size_t size = 0; size < frame.size(); ++size)
    CHECK_FALSE(run::unpack_frame(ByteView(frame).first(size), {}, out));
}

TEST_CASE("columns that are too short or have something left are found") {
  const Columns columns = some_columns();
  const Bytes bytes = run::encode_columns(columns, {});
  ReceivedColumns in = ReceivedColumns::parse(bytes, {}).value();
  CHECK(in.require_end().has_error());
  for (std::size_t i = 0; i < run::kColumns; ++i)
    (void)in[static_cast<run::Column>(i)].take(columns[i].size());
  CHECK(in.require_end().has_value());
  (void)in[run::kIds].u8();
  CHECK(in.require_end().error().code == Errc::kMalformed);
}
