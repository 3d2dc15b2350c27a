// SPDX-License-Identifier: Apache-2.0
#include "net/wire/sketch_codec.h"

namespace cunju::wire {
namespace {

void put(Bytes& out, const HeadItem& item) {
  put_u32(out, item.author);
  put_u32(out, item.head);
  put_u32(out, item.seq);
}

HeadItem read_item(ByteReader& in) {
  HeadItem out;
  out.author = in.u32();
  out.head = in.u32();
  out.seq = in.u32();
  return out;
}

Symbol read_symbol(ByteReader& in) {
  Symbol out;
  out.sum = read_item(in);
  const std::uint32_t rest = in.u32();
  out.check = rest & 0xFFFFFF;
  out.count = static_cast<std::uint8_t>(rest >> 24);
  return out;
}

HeadName read_name(ByteReader& in) {
  HeadName out;
  out.author = in.u32();
  out.head = in.u32();
  return out;
}

template <class T>
Result<std::vector<T>> decode_all(ByteView bytes, std::size_t size, std::size_t max,
                                  T (*read)(ByteReader&)) {
  if (bytes.size() % size != 0) return fail(Errc::kMalformed, "a part of a sketch's entry");
  if (bytes.size() / size > max) return fail(Errc::kLimit, "entries of a sketch");
  std::vector<T> out;
  out.reserve(bytes.size() / size);
  ByteReader in(bytes);
  while (!in.at_end()) out.push_back(read(in));
  return out;
}

}  // namespace

Bytes encode_items(std::span<const HeadItem> items) {
  Bytes out;
  out.reserve(items.size() * kItemBytes);
  for (const HeadItem& item : items) put(out, item);
  return out;
}

Bytes encode_symbols(std::span<const Symbol> symbols) {
  Bytes out;
  out.reserve(symbols.size() * kSymbolBytes);
  for (const Symbol& symbol : symbols) {
    put(out, symbol.sum);
    put_u32(out, symbol.check | std::uint32_t{symbol.count} << 24);
  }
  return out;
}

Bytes encode_names(std::span<const HeadName> names) {
  Bytes out;
  out.reserve(names.size() * kNameBytes);
  for (const HeadName& name : names) {
    put_u32(out, name.author);
    put_u32(out, name.head);
  }
  return out;
}

Result<std::vector<HeadItem>> decode_items(ByteView bytes, std::size_t max) {
  return decode_all<HeadItem>(bytes, kItemBytes, max, read_item);
}

Result<std::vector<Symbol>> decode_symbols(ByteView bytes, std::size_t max) {
  return decode_all<Symbol>(bytes, kSymbolBytes, max, read_symbol);
}

Result<std::vector<HeadName>> decode_names(ByteView bytes, std::size_t max) {
  return decode_all<HeadName>(bytes, kNameBytes, max, read_name);
}

}  // namespace cunju::wire
