// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/village.h"

#include <stdlib.h>

#include <algorithm>
#include <array>
#include <system_error>

#include "tests/bench/measure.h"

namespace cunju::bench {

Folder::Folder(const std::filesystem::path& parent) {
  std::string name = (parent / "cunju-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) give_up({Errc::kIo, "no folder below " + parent.string()});
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Store::Store(const std::filesystem::path& parent, std::uint64_t seed, Sealing sealing)
    : folder(parent), random(seed) {
  keys::ValueSealer* sealer = &open_sealer;
  if (sealing == Sealing::kSealed) {
    must(keys.open(folder.path() / "keys"));
    sealer = &keys.sealer();
  }
  open(*sealer);
}

Store::Store(const std::filesystem::path& parent, const Store& other, std::uint64_t seed)
    : folder(parent), random(seed) {
  std::filesystem::copy(other.folder.path(), folder.path(),
                        std::filesystem::copy_options::recursive);
  must(keys.open(folder.path() / "keys"));
  open(keys.sealer());
}

void Store::open(keys::ValueSealer& sealer) {
  data = must(store::Environment::open(
      {.folder = folder.path() / "data", .tables = replica::Tables::names()}));
  sealer_ = &sealer;
  restart();
}

void Store::restart() {
  replica.reset();
  replica = must(replica::Replica::open(*data, *sealer_, random));
}

Village::Village(const std::filesystem::path& parent, std::size_t author_count, Sealing sealing)
    : Store(parent, 7, sealing),
      own_wire(crypto::DhKey::generate(random).wire()),
      peer_wire(crypto::DhKey::generate(random).wire()) {
  for (std::size_t i = 0; i < author_count; ++i)
    authors.push_back(crypto::SigningKey::generate(random));
  const auto member = random.make<MemberId>();
  std::vector<RosterOperation> operations{
      FoundSpace{"清水村", "330100000000"}, AdmitMember{member, "王主任"},
      GrantRole{member, "chair", {}, {}}, GrantRole{member, "clerk", {}, {}}};
  for (const crypto::SigningKey& author : authors)
    operations.push_back(device_entry(author, SpaceId{}, member));
  for (const WireKey& wire : {own_wire, peer_wire}) {
    const auto node = crypto::SigningKey::generate(random);
    operations.push_back(AddNode{.node = node.node(),
                                 .wire = wire,
                                 .name = "村委会电脑",
                                 .member = member,
                                 .signature = sign_node_entry(node, SpaceId{}, wire, member)});
  }
  space = must(replica->found(authors.front(), operations, claimed_ms));
}

std::string Village::random_text(std::size_t bytes) {
  std::string text(bytes, ' ');
  std::vector<std::uint8_t> noise(bytes);
  random.fill(noise);
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + noise[i] % 26);
  return text;
}

void Village::fill(std::size_t count, std::size_t turn, std::size_t value_bytes) {
  static constexpr std::array kFields{"address", "community", "landlord", "remark", "rooms"};
  for (std::size_t made = 0; made < count;) {
    const crypto::SigningKey& author = authors[made / turn % authors.size()];
    const std::size_t size = std::min(turn, count - made);
    std::vector<replica::ChangeDraft> drafts;
    for (std::size_t i = 0; i < size; ++i) {
      const bool is_new = i % 2 == 0 || records.empty();
      if (is_new) records.push_back(random.make<RecordId>());
      const auto& record = is_new
                               ? records.back()
                               : records[get_u32_be(random.make<Hash>().view()) % records.size()];
      drafts.push_back(
          {{{record,
             "rental",
             kOpenScope,
             {make_operation(OperationKind::kRegisterSet, kFields[(made + i) % kFields.size()],
                             random_text(value_bytes))}}}});
    }
    claimed_ms += 60'000;
    must(replica->append(space, author, drafts, claimed_ms));
    made += size;
  }
}

void Village::write(const RecordId& record, std::string_view field, std::size_t value_bytes) {
  const replica::ChangeDraft draft{
      {{record,
        "rental",
        kOpenScope,
        {make_operation(OperationKind::kRegisterSet, std::string(field),
                        random_text(value_bytes))}}}};
  must(replica->append(space, authors.front(), {&draft, 1}, claimed_ms));
}

std::vector<sync::Run> Village::runs_of(const AuthorKey& author, std::size_t length) {
  std::vector<sync::Run> out;
  must(replica->scan_log(space, author, Seq{0}, [&](const Change& change) {
    if (out.empty() || out.back().changes.size() == length) out.emplace_back();
    out.back().changes.push_back(change);
    return true;
  }));
  return out;
}

}  // namespace cunju::bench
