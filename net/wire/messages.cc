// SPDX-License-Identifier: Apache-2.0
#include "net/wire/messages.h"

#include <algorithm>

#include "crdt/attachment/attachment_limits.h"
#include "crdt/attachment/pieces.h"
#include "net/wire/news_limits.h"
#include "net/wire/packed_fields.h"
#include "net/wire/sync.capnp.h"
#include "net/wire/varint.h"

namespace cunju::wire {
namespace {

using Builder = schema::SessionMessage::Builder;

/// Upper bounds of one entry in bytes: its pointers, numbers and padded data.
constexpr std::size_t kSummaryBytes = 16 + 16 + 16;
constexpr std::size_t kHeadBytes = 8 + 16 + 32 + 32;
constexpr std::size_t kSampleBytes = 8 + 8 + 32;
constexpr std::size_t kPlanBytes = 16 + 8 + 16;
constexpr std::size_t kSpaceNewsBytes = 32 + 4;

template <class T>
bool is_ascending(const std::vector<T>& entries) {
  return std::ranges::adjacent_find(
             entries, [](const T& a, const T& b) { return !(a.token < b.token); }) == entries.end();
}

unsigned size_of(const auto& list) { return static_cast<unsigned>(list.size()); }

/// Printable ASCII only: the text is foreign and ends in a terminal.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, limits::kMaxByeTextBytes));
  for (char& c : out)
    if (c < 0x20 || c > 0x7E) c = '?';
  return out;
}

// --- writing -------------------------------------------------------------------------------------

std::size_t content_bytes(const Message& message) {
  if (const auto* spaces = std::get_if<Spaces>(&message))
    return spaces->spaces.size() * kSummaryBytes;
  if (const auto* heads = std::get_if<Heads>(&message)) return heads->entries.size() * kHeadBytes;
  if (const auto* samples = std::get_if<Samples>(&message))
    return samples->entries.size() * kSampleBytes;
  if (const auto* plan = std::get_if<Plan>(&message)) return plan->spaces.size() * kPlanBytes;
  if (const auto* runs = std::get_if<Runs>(&message)) return runs->runs.size();
  if (const auto* chunk = std::get_if<Chunk>(&message))
    return chunk->chunk.size() + chunk->path.size() * Hash::kSize;
  if (const auto* piece = std::get_if<Piece>(&message))
    return piece->bytes.size() + piece->path.size() * Hash::kSize;
  if (const auto* ask = std::get_if<AskParts>(&message)) return ask->span.bits.size();
  if (const auto* parts = std::get_if<Parts>(&message)) return parts->parts.size();
  if (const auto* ask = std::get_if<AskHeld>(&message)) return ask->ids.size() * ChangeId::kSize;
  if (const auto* held = std::get_if<Held>(&message)) return held->bits.size();
  if (const auto* news = std::get_if<News>(&message)) {
    std::size_t out = 0;
    for (const SpaceNews& space : news->spaces)
      out += kSpaceNewsBytes + space.heads.size() * kItemBytes;
    return out;
  }
  if (const auto* symbols = std::get_if<Symbols>(&message))
    return symbols->symbols.size() * kSymbolBytes;
  if (const auto* difference = std::get_if<Difference>(&message))
    return (difference->changed.size() + difference->added.size()) * kItemBytes +
           difference->lacking.size() * kNameBytes;
  return 0;
}

Bytes joined(const std::vector<Hash>& path) {
  Bytes out;
  for (const Hash& hash : path) append(out, hash.view());
  return out;
}

/// Of AskChunks and AskPieces.
template <class Ask, class To>
void write_range(const Ask& ask, To to) {
  to.setToken(packed::to_kj(ask.token.view()));
  to.setAddress(packed::to_kj(ask.blob.address.view()));
  to.setBytes(ask.blob.bytes);
  to.setFirst(ask.first);
  to.setCount(ask.count);
}

struct Writer {
  Builder out;

  void operator()(const Hello& hello) {
    auto to = out.initHello();
    to.setVersion(hello.version);
    to.setFeatures(hello.features);
    to.setFingerprint(packed::to_kj(hello.fingerprint.view()));
    to.setHeads(hello.heads);
    to.setOldest(hello.oldest);
    to.setClaimedMs(hello.claimed_ms);
    to.setDictionary(hello.dictionary);
    if (hello.sum) to.setSum(packed::to_kj(hello.sum->view()));
    if (hello.meeting) to.setMeeting(packed::to_kj(hello.meeting->view()));
    to.setNews(hello.news);
  }
  void operator()(const News& news) {
    auto to = out.initNews();
    Bytes spaces, counts;
    std::vector<HeadItem> items;
    for (const SpaceNews& space : news.spaces) {
      append(spaces, space.space.view());
      put_u32(counts, size_of(space.heads));
      items.insert(items.end(), space.heads.begin(), space.heads.end());
    }
    to.setSpaces(packed::to_kj(spaces));
    to.setCounts(packed::to_kj(counts));
    to.setItems(packed::to_kj(encode_items(items)));
  }
  void operator()(const Symbols& symbols) {
    auto to = out.initSymbols();
    to.setItems(symbols.items);
    to.setSymbols(packed::to_kj(encode_symbols(symbols.symbols)));
  }
  void operator()(const MoreSymbols& more) { out.setMoreSymbols(more.count); }
  void operator()(const Difference& difference) {
    auto to = out.initDifference();
    to.setChanged(packed::to_kj(encode_items(difference.changed)));
    to.setAdded(packed::to_kj(encode_items(difference.added)));
    to.setLacking(packed::to_kj(encode_names(difference.lacking)));
  }
  void operator()(const Spaces& spaces) {
    auto to = out.initSpaces().initSpaces(size_of(spaces.spaces));
    for (unsigned i = 0; i < to.size(); ++i) {
      to[i].setToken(packed::to_kj(spaces.spaces[i].token.view()));
      to[i].setHeads(packed::to_kj(spaces.spaces[i].heads.view()));
    }
  }
  void operator()(const Heads& heads) {
    auto to = out.initHeads();
    to.setToken(packed::to_kj(heads.token.view()));
    to.setIsLast(heads.is_last);
    auto entries = to.initEntries(size_of(heads.entries));
    for (unsigned i = 0; i < entries.size(); ++i) {
      entries[i].setAuthor(packed::to_kj(heads.entries[i].author.view()));
      entries[i].setSeq(heads.entries[i].seq.value);
      entries[i].setId(packed::to_kj(heads.entries[i].id.view()));
    }
  }
  void operator()(const Samples& samples) {
    auto to = out.initSamples();
    to.setToken(packed::to_kj(samples.token.view()));
    to.setAuthor(packed::to_kj(samples.author.view()));
    to.setIsAnswer(samples.is_answer);
    auto entries = to.initEntries(size_of(samples.entries));
    for (unsigned i = 0; i < entries.size(); ++i) {
      entries[i].setSeq(samples.entries[i].seq.value);
      entries[i].setId(packed::to_kj(samples.entries[i].id.view()));
    }
  }
  void operator()(const Plan& plan) {
    if (plan.is_in_columns) {
      Bytes tokens, amounts;
      for (const SpacePlan& space : plan.spaces) {
        append(tokens, space.token.view());
        put_varint(amounts, space.changes);
        put_varint(amounts, space.bytes);
      }
      auto to = out.initPlan();
      to.setTokens(packed::to_kj(tokens));
      to.setAmounts(packed::to_kj(amounts));
      return;
    }
    auto to = out.initPlan().initSpaces(size_of(plan.spaces));
    for (unsigned i = 0; i < to.size(); ++i) {
      to[i].setToken(packed::to_kj(plan.spaces[i].token.view()));
      to[i].setChanges(plan.spaces[i].changes);
      to[i].setBytes(plan.spaces[i].bytes);
    }
  }
  void operator()(const Runs& runs) {
    auto to = out.initRuns();
    to.setBatch(runs.batch);
    to.setToken(packed::to_kj(runs.token.view()));
    to.setRuns(packed::to_kj(runs.runs));
  }
  void operator()(const Ack& ack) {
    auto to = out.initAck();
    to.setBatch(ack.batch);
    to.setAdmitted(ack.admitted);
    to.setKnown(ack.known);
    to.setHeld(ack.held);
    to.setRefused(ack.refused);
  }
  void operator()(const CaughtUp&) { out.setCaughtUp(); }
  void operator()(const AskChunks& ask) { write_range(ask, out.initAskChunks()); }
  void operator()(const Chunk& chunk) {
    auto to = out.initChunk();
    to.setChunk(packed::to_kj(chunk.chunk));
    to.setPath(packed::to_kj(joined(chunk.path)));
  }
  void operator()(const AskPieces& ask) { write_range(ask, out.initAskPieces()); }
  void operator()(const Piece& piece) {
    auto to = out.initPiece();
    to.setBytes(packed::to_kj(piece.bytes));
    to.setPath(packed::to_kj(joined(piece.path)));
  }
  void operator()(const FetchDone&) { out.setFetchDone(); }
  void operator()(const AskParts& ask) {
    auto to = out.initAskParts();
    to.setToken(packed::to_kj(ask.token.view()));
    to.setAuthor(packed::to_kj(ask.span.author.view()));
    to.setFirst(ask.span.first.value);
    to.setBits(packed::to_kj(ask.span.bits));
    to.setIsOpen(ask.is_open);
    to.setBytes(ask.bytes);
  }
  void operator()(const Parts& parts) {
    auto to = out.initParts();
    to.setNext(parts.next);
    to.setParts(packed::to_kj(parts.parts));
  }
  void operator()(const AskHeld& ask) {
    auto to = out.initAskHeld();
    to.setToken(packed::to_kj(ask.token.view()));
    Bytes ids;
    for (const ChangeId& id : ask.ids) append(ids, id.view());
    to.setIds(packed::to_kj(ids));
  }
  void operator()(const Held& held) { out.setHeld(packed::to_kj(held.bits)); }
  void operator()(const PartsDone& done) { out.setPartsDone(done.has_more); }
  void operator()(const Ping& ping) { out.setPing(ping.number); }
  void operator()(const Pong& pong) { out.setPong(pong.number); }
  void operator()(const Bye& bye) {
    auto to = out.initBye();
    to.setCode(static_cast<std::uint16_t>(bye.code));
    to.setText(packed::to_kj_text(printable(bye.text)));
  }
};

// --- reading -------------------------------------------------------------------------------------

Result<Message> read(schema::Hello::Reader in) {
  Hello hello{.version = in.getVersion(),
              .features = in.getFeatures(),
              .fingerprint = {},
              .heads = in.getHeads(),
              .oldest = in.getOldest(),
              .claimed_ms = in.getClaimedMs(),
              .dictionary = in.getDictionary()};
  CUNJU_TRY(hello.fingerprint, read_fixed<Hash>(in.getFingerprint()));
  if (in.getSum().size() > 0) {
    CUNJU_TRY(hello.sum, read_fixed<Hash>(in.getSum()));
  }
  if (in.getMeeting().size() > 0) {
    CUNJU_TRY(hello.meeting, read_fixed<MeetingToken>(in.getMeeting()));
  }
  hello.news = in.getNews();
  return Message(hello);
}

Result<Message> read(schema::News::Reader in) {
  const ByteView spaces = packed::from_kj(in.getSpaces());
  if (spaces.size() % SpaceId::kSize != 0) return fail(Errc::kMalformed, "a part of a space's id");
  const std::size_t count = spaces.size() / SpaceId::kSize;
  if (count > kMaxNewsLogs) return fail(Errc::kLimit, "kMaxNewsLogs");
  const ByteView counts = packed::from_kj(in.getCounts());
  if (counts.size() != 4 * count) return fail(Errc::kMalformed, "counts of news");
  CUNJU_TRY(const std::vector<HeadItem> items,
            decode_items(packed::from_kj(in.getItems()), kMaxNewsItems));
  News out;
  ByteReader sizes(counts);
  std::size_t at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    SpaceNews space{.space = *SpaceId::from(spaces.subspan(i * SpaceId::kSize, SpaceId::kSize)),
                    .heads = {}};
    const std::size_t size = sizes.u32();
    if (size == 0 || size > items.size() - at) return fail(Errc::kMalformed, "counts of news");
    if (i > 0 && !(out.spaces.back().space < space.space))
      return fail(Errc::kMalformed, "news are not ascending");
    space.heads.assign(items.begin() + static_cast<std::ptrdiff_t>(at),
                       items.begin() + static_cast<std::ptrdiff_t>(at + size));
    at += size;
    out.spaces.push_back(std::move(space));
  }
  if (at != items.size()) return fail(Errc::kMalformed, "counts of news");
  return Message(std::move(out));
}

Result<Message> read(schema::Symbols::Reader in) {
  Symbols out{.items = in.getItems(), .symbols = {}};
  CUNJU_TRY(out.symbols,
            decode_symbols(packed::from_kj(in.getSymbols()), limits::kMaxSketchSymbols));
  return Message(std::move(out));
}

Result<Message> read(schema::Difference::Reader in) {
  Difference out;
  constexpr std::size_t kMax = limits::kMaxSketchSymbols;
  CUNJU_TRY(out.changed, decode_items(packed::from_kj(in.getChanged()), kMax));
  CUNJU_TRY(out.added, decode_items(packed::from_kj(in.getAdded()), kMax));
  CUNJU_TRY(out.lacking, decode_names(packed::from_kj(in.getLacking()), kMax));
  return Message(std::move(out));
}

Result<Message> read(schema::Spaces::Reader in) {
  if (in.getSpaces().size() > limits::kMaxSpacesPerPeer)
    return fail(Errc::kLimit, "kMaxSpacesPerPeer");
  Spaces out;
  for (auto space : in.getSpaces()) {
    CUNJU_TRY(SpaceToken token, read_fixed<SpaceToken>(space.getToken()));
    CUNJU_TRY(HeadsFingerprint heads, read_fixed<HeadsFingerprint>(space.getHeads()));
    out.spaces.push_back({.token = token, .heads = heads});
  }
  if (!is_ascending(out.spaces)) return fail(Errc::kMalformed, "spaces are not ascending");
  return Message(std::move(out));
}

Result<Message> read(schema::Heads::Reader in) {
  if (in.getEntries().size() > limits::kMaxHeadsPerMessage)
    return fail(Errc::kLimit, "kMaxHeadsPerMessage");
  Heads out{.token = {}, .entries = {}, .is_last = in.getIsLast()};
  CUNJU_TRY(out.token, read_fixed<SpaceToken>(in.getToken()));
  for (auto entry : in.getEntries()) {
    CUNJU_TRY(AuthorKey author, read_fixed<AuthorKey>(entry.getAuthor()));
    CUNJU_TRY(ChangeId id, read_fixed<ChangeId>(entry.getId()));
    out.entries.push_back({.author = author, .seq = {entry.getSeq()}, .id = id});
  }
  return Message(std::move(out));
}

Result<Message> read(schema::Samples::Reader in) {
  if (in.getEntries().size() > limits::kMaxSamples) return fail(Errc::kLimit, "kMaxSamples");
  Samples out{.token = {}, .author = {}, .entries = {}, .is_answer = in.getIsAnswer()};
  CUNJU_TRY(out.token, read_fixed<SpaceToken>(in.getToken()));
  CUNJU_TRY(out.author, read_fixed<AuthorKey>(in.getAuthor()));
  for (auto entry : in.getEntries()) {
    CUNJU_TRY(ChangeId id, read_fixed<ChangeId>(entry.getId()));
    out.entries.push_back({.seq = {entry.getSeq()}, .id = id});
  }
  return Message(std::move(out));
}

Result<Message> read_columns(schema::Plan::Reader in) {
  const ByteView tokens = packed::from_kj(in.getTokens());
  if (tokens.size() % SpaceToken::kSize != 0 || in.getSpaces().size() > 0)
    return fail(Errc::kMalformed, "tokens of a plan");
  if (tokens.size() / SpaceToken::kSize > limits::kMaxSpacesPerPeer)
    return fail(Errc::kLimit, "kMaxSpacesPerPeer");
  Plan out{.spaces = {}, .is_in_columns = true};
  ByteReader amounts(packed::from_kj(in.getAmounts()));
  for (std::size_t at = 0; at < tokens.size(); at += SpaceToken::kSize) {
    SpacePlan space{.token = *SpaceToken::from(tokens.subspan(at, SpaceToken::kSize))};
    CUNJU_TRY(space.changes, read_varint(amounts));
    CUNJU_TRY(space.bytes, read_varint(amounts));
    out.spaces.push_back(space);
  }
  if (!amounts.at_end()) return fail(Errc::kMalformed, "amounts of a plan");
  if (!is_ascending(out.spaces)) return fail(Errc::kMalformed, "planned spaces are not ascending");
  return Message(std::move(out));
}

Result<Message> read(schema::Plan::Reader in) {
  if (in.getTokens().size() > 0) return read_columns(in);
  if (in.getSpaces().size() > limits::kMaxSpacesPerPeer)
    return fail(Errc::kLimit, "kMaxSpacesPerPeer");
  Plan out;
  for (auto space : in.getSpaces()) {
    CUNJU_TRY(SpaceToken token, read_fixed<SpaceToken>(space.getToken()));
    out.spaces.push_back(
        {.token = token, .changes = space.getChanges(), .bytes = space.getBytes()});
  }
  if (!is_ascending(out.spaces)) return fail(Errc::kMalformed, "planned spaces are not ascending");
  return Message(std::move(out));
}

Result<Message> read(schema::Runs::Reader in) {
  Runs out{.batch = in.getBatch(), .token = {}, .runs = to_bytes(packed::from_kj(in.getRuns()))};
  CUNJU_TRY(out.token, read_fixed<SpaceToken>(in.getToken()));
  return Message(std::move(out));
}

Message read(schema::Ack::Reader in) {
  return Ack{.batch = in.getBatch(),
             .admitted = in.getAdmitted(),
             .known = in.getKnown(),
             .held = in.getHeld(),
             .refused = in.getRefused()};
}

/// AskChunks or AskPieces: of an attachment that has `count_of(bytes)` of what is asked for.
template <class Ask, class Reader, class CountOf>
Result<Ask> read_range(Reader in, CountOf count_of) {
  Ask out{.token = {},
          .blob = {.address = {}, .bytes = in.getBytes()},
          .first = in.getFirst(),
          .count = in.getCount()};
  CUNJU_TRY(out.token, read_fixed<SpaceToken>(in.getToken()));
  CUNJU_TRY(out.blob.address, read_fixed<attachment::Address>(in.getAddress()));
  if (out.count == 0) return fail(Errc::kMalformed, "nothing is asked for");
  if (!attachment::is_possible_size(out.blob.bytes))
    return fail(Errc::kLimit, "kMaxAttachmentBytes");
  const std::uint32_t all = count_of(out.blob.bytes);
  if (out.first >= all || out.count > all - out.first)
    return fail(Errc::kMalformed, "what lies beyond the attachment's end");
  return out;
}

Result<std::vector<Hash>> read_path(capnp::Data::Reader in) {
  const ByteView path = packed::from_kj(in);
  if (path.size() > limits::kMaxAttachmentTreeDepth * Hash::kSize)
    return fail(Errc::kLimit, "kMaxAttachmentTreeDepth");
  if (path.size() % Hash::kSize != 0) return fail(Errc::kMalformed, "the path of a chunk");
  std::vector<Hash> out;
  for (std::size_t at = 0; at < path.size(); at += Hash::kSize)
    out.push_back(*Hash::from(path.subspan(at, Hash::kSize)));
  return out;
}

Result<Message> read(schema::AskChunks::Reader in) {
  if (in.getCount() > limits::kMaxAskedChunks) return fail(Errc::kLimit, "kMaxAskedChunks");
  CUNJU_TRY(const AskChunks out, read_range<AskChunks>(in, attachment::chunk_count));
  return Message(out);
}

Result<Message> read(schema::Chunk::Reader in) {
  const ByteView chunk = packed::from_kj(in.getChunk());
  if (chunk.size() > limits::kAttachmentChunkBytes)
    return fail(Errc::kLimit, "kAttachmentChunkBytes");
  Chunk out{.chunk = to_bytes(chunk), .path = {}};
  CUNJU_TRY(out.path, read_path(in.getPath()));
  if (chunk.empty() && !out.path.empty()) return fail(Errc::kMalformed, "the path of a chunk");
  return Message(std::move(out));
}

Result<Message> read(schema::AskPieces::Reader in) {
  if (in.getCount() > limits::kMaxAskedPieces) return fail(Errc::kLimit, "kMaxAskedPieces");
  CUNJU_TRY(const AskPieces out, read_range<AskPieces>(in, attachment::piece_count));
  return Message(out);
}

Result<Message> read(schema::Piece::Reader in) {
  const ByteView bytes = packed::from_kj(in.getBytes());
  if (bytes.size() > limits::kAttachmentPieceBytes)
    return fail(Errc::kLimit, "kAttachmentPieceBytes");
  Piece out{.bytes = to_bytes(bytes), .path = {}};
  CUNJU_TRY(out.path, read_path(in.getPath()));
  if (bytes.empty() && !out.path.empty()) return fail(Errc::kMalformed, "the path of a chunk");
  return Message(std::move(out));
}

Result<Message> read(schema::AskParts::Reader in) {
  AskParts out{.token = {},
               .span = {.author = {}, .first = {in.getFirst()}, .bits = {}},
               .is_open = in.getIsOpen(),
               .bytes = in.getBytes()};
  CUNJU_TRY(out.token, read_fixed<SpaceToken>(in.getToken()));
  CUNJU_TRY(out.span.author, read_fixed<AuthorKey>(in.getAuthor()));
  out.span.bits = to_bytes(packed::from_kj(in.getBits()));
  if (out.span.bits.size() > limits::kMaxSpanSeqs / 8) return fail(Errc::kLimit, "kMaxSpanSeqs");
  if (out.bytes > limits::kMaxAskedPartsBytes) return fail(Errc::kLimit, "kMaxAskedPartsBytes");
  if (out.bytes == 0 || out.span.bits.empty() || out.span.bits.back() == 0 ||
      out.span.first.value > UINT64_MAX - limits::kMaxSpanSeqs)
    return fail(Errc::kMalformed, "a span of a log");
  return Message(std::move(out));
}

Message read(schema::Parts::Reader in) {
  return Parts{.next = in.getNext(), .parts = to_bytes(packed::from_kj(in.getParts()))};
}

Result<Message> read(schema::AskHeld::Reader in) {
  AskHeld out;
  CUNJU_TRY(out.token, read_fixed<SpaceToken>(in.getToken()));
  const ByteView ids = packed::from_kj(in.getIds());
  if (ids.size() > limits::kMaxAskedHeld * ChangeId::kSize)
    return fail(Errc::kLimit, "kMaxAskedHeld");
  if (ids.empty() || ids.size() % ChangeId::kSize != 0)
    return fail(Errc::kMalformed, "which changes are held");
  for (std::size_t at = 0; at < ids.size(); at += ChangeId::kSize)
    out.ids.push_back(*ChangeId::from(ids.subspan(at, ChangeId::kSize)));
  return Message(std::move(out));
}

Result<Message> read_held(ByteView bits) {
  if (bits.size() > limits::kMaxAskedHeld / 8) return fail(Errc::kLimit, "kMaxAskedHeld");
  return Message(Held{.bits = to_bytes(bits)});
}

Message read(schema::Bye::Reader in) {
  std::uint16_t code = in.getCode();
  if (code > static_cast<std::uint16_t>(ByeCode::kIo))
    code = static_cast<std::uint16_t>(ByeCode::kProtocol);
  return Bye{.code = static_cast<ByeCode>(code), .text = printable(packed::from_kj(in.getText()))};
}

Result<Message> read(schema::SessionMessage::Reader in) {
  switch (in.which()) {
    case schema::SessionMessage::HELLO:
      return read(in.getHello());
    case schema::SessionMessage::NEWS:
      return read(in.getNews());
    case schema::SessionMessage::SYMBOLS:
      return read(in.getSymbols());
    case schema::SessionMessage::MORE_SYMBOLS:
      return Message(MoreSymbols{in.getMoreSymbols()});
    case schema::SessionMessage::DIFFERENCE:
      return read(in.getDifference());
    case schema::SessionMessage::SPACES:
      return read(in.getSpaces());
    case schema::SessionMessage::HEADS:
      return read(in.getHeads());
    case schema::SessionMessage::SAMPLES:
      return read(in.getSamples());
    case schema::SessionMessage::PLAN:
      return read(in.getPlan());
    case schema::SessionMessage::RUNS:
      return read(in.getRuns());
    case schema::SessionMessage::ACK:
      return read(in.getAck());
    case schema::SessionMessage::CAUGHT_UP:
      return Message(CaughtUp{});
    case schema::SessionMessage::ASK_CHUNKS:
      return read(in.getAskChunks());
    case schema::SessionMessage::CHUNK:
      return read(in.getChunk());
    case schema::SessionMessage::ASK_PIECES:
      return read(in.getAskPieces());
    case schema::SessionMessage::PIECE:
      return read(in.getPiece());
    case schema::SessionMessage::FETCH_DONE:
      return Message(FetchDone{});
    case schema::SessionMessage::ASK_PARTS:
      return read(in.getAskParts());
    case schema::SessionMessage::PARTS:
      return read(in.getParts());
    case schema::SessionMessage::ASK_HELD:
      return read(in.getAskHeld());
    case schema::SessionMessage::HELD:
      return read_held(packed::from_kj(in.getHeld()));
    case schema::SessionMessage::PARTS_DONE:
      return Message(PartsDone{.has_more = in.getPartsDone()});
    case schema::SessionMessage::PING:
      return Message(Ping{in.getPing()});
    case schema::SessionMessage::PONG:
      return Message(Pong{in.getPong()});
    case schema::SessionMessage::BYE:
      return read(in.getBye());
    case schema::SessionMessage::UNKNOWN:
      return fail(Errc::kProtocol, "a message of no kind");
  }
  return fail(Errc::kUnsupported,
              "unknown kind of message " + std::to_string(static_cast<unsigned>(in.which())));
}

}  // namespace

ByeCode bye_code(Errc error) {
  switch (error) {
    case Errc::kMalformed:
      return ByeCode::kMalformed;
    case Errc::kLimit:
      return ByeCode::kLimit;
    case Errc::kBadSignature:
      return ByeCode::kBadSignature;
    case Errc::kTampered:
      return ByeCode::kTampered;
    case Errc::kUnsupported:
      return ByeCode::kUnsupported;
    case Errc::kDiskFull:
      return ByeCode::kDiskFull;
    case Errc::kProtocol:
      return ByeCode::kProtocol;
    default:
      return ByeCode::kIo;
  }
}

Errc bye_error(ByeCode code) {
  switch (code) {
    case ByeCode::kMalformed:
      return Errc::kMalformed;
    case ByeCode::kLimit:
      return Errc::kLimit;
    case ByeCode::kBadSignature:
      return Errc::kBadSignature;
    case ByeCode::kTampered:
      return Errc::kTampered;
    case ByeCode::kUnsupported:
      return Errc::kUnsupported;
    case ByeCode::kDiskFull:
      return Errc::kDiskFull;
    case ByeCode::kIo:
      return Errc::kIo;
    case ByeCode::kProtocol:
      return Errc::kProtocol;
    case ByeCode::kDone:
      break;
  }
  CUNJU_CHECK(code != ByeCode::kDone, "a clean end has no error");
  return Errc::kProtocol;
}

Result<Bytes> encode_message(const Message& message) {
  if (const auto* spaces = std::get_if<Spaces>(&message))
    if (spaces->spaces.size() > limits::kMaxSpacesPerPeer)
      return fail(Errc::kLimit, "kMaxSpacesPerPeer");
  return write_message<schema::SessionMessage>(
      content_bytes(message), [&](Builder out) { std::visit(Writer{out}, message); });
}

Result<Message> decode_message(ByteView bytes) {
  if (bytes.size() > limits::kMaxMessageBytes) return fail(Errc::kLimit, "kMaxMessageBytes");
  return packed::read_packed<schema::SessionMessage>(
      bytes, kMaxMessageWords, [](schema::SessionMessage::Reader in) { return read(in); });
}

}  // namespace cunju::wire
