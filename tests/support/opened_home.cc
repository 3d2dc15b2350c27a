// SPDX-License-Identifier: Apache-2.0
#include "tests/support/opened_home.h"

#include <catch2/catch.hpp>

#include "crdt/change/part_codec.h"
#include "crdt/types/text/text_edits_codec.h"
#include "node/attachments/want_book.h"
#include "node/audit/export.h"
#include "node/keys/value_keys.h"
#include "node/node.h"
#include "node/replica/books.h"
#include "node/replica/tables.h"
#include "tests/support/planted.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> data_tables() {
  std::vector<std::string> out = replica::Tables::names();
  for (std::string& name : attachments::WantBook::table_names()) out.push_back(std::move(name));
  return out;
}

std::unique_ptr<store::Environment> open_store(const fs::path& folder,
                                               std::vector<std::string> tables) {
  auto opened = store::Environment::open({.folder = folder, .tables = std::move(tables)});
  INFO((opened ? "" : opened.error().context));
  REQUIRE(opened);
  return std::move(opened).value();
}

/// Packed words as they were before, as far as the bytes are that.
std::string unpacked(ByteView packed) {
  std::string out;
  const std::string_view in = as_text(packed);
  for (std::size_t at = 0; at < in.size();) {
    const auto tag = static_cast<unsigned char>(in[at++]);
    for (unsigned bit = 0; bit < 8; ++bit) {
      const bool is_there = (tag >> bit & 1u) != 0;
      if (is_there && at == in.size()) return out;
      out += is_there ? in[at++] : '\0';
    }
    if ((tag != 0 && tag != 0xFF) || at == in.size()) continue;
    const std::size_t words = static_cast<unsigned char>(in[at++]);
    if (tag == 0) {
      out.append(words * 8, '\0');
    } else {
      const std::string_view raw = in.substr(at, words * 8);
      out += raw;
      at += raw.size();
    }
  }
  return out;
}

void add_value(const Value& value, std::string& out) {
  if (const auto* text = std::get_if<std::string>(&value)) out += *text + '\0';
  const auto* bytes = std::get_if<Bytes>(&value);
  if (bytes == nullptr) return;
  out += as_text(*bytes);
  if (auto edits = decode_text_edits(*bytes)) out += edits.value().text();
  out += '\0';
}

/// All that a change says to whoever has these keys.
std::string said_by(Change change, const ScopeKeys& keys) {
  std::string out;
  open_parts(keys, change);
  for (const Part& part : change.parts) {
    out += unpacked(part.links) + unpacked(part.body);
    if (auto body = decode_body(part.body)) {
      for (const Operation& operation : body.value().operations) {
        add_value(operation.value, out);
        add_value(operation.previous, out);
      }
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> HomeKeys::all() const {
  std::vector<std::string> out = device;
  out.insert(out.end(), epochs.begin(), epochs.end());
  return out;
}

HomeKeys keys_of(const fs::path& home, const fs::path& key_file) {
  HomeKeys out;
  auto node = node::Node::open(home);
  REQUIRE(node);
  REQUIRE(node.value()->unlock("", keys::Unlock(keys::KeyFile{key_file})));
  const keys::UnlockedKeys& open = node.value()->unlocked();
  out.storage = open.storage.clone();
  out.device.emplace_back(as_text(open.storage.view()));
  out.device.emplace_back(as_text(open.wire.secret().view()));
  for (const crypto::SigningKey* signing : {&open.node, &open.author}) {
    const crypto::Secret<32> seed = signing->seed();
    out.device.emplace_back(as_text(seed.view()));
  }
  replica::Replica& replica = node.value()->replica();
  const std::vector<SpaceId> spaces = replica.spaces().value();
  for (const SpaceId& space : spaces) {
    const std::vector<Change> changes = audit::read_logs(replica, space).value();
    for (const Change& change : changes)
      out.scopes.take_wraps(space, change.header.author, handed_epochs(change), open.author);
  }
  for (const auto& [scope, epoch] : out.scopes.ids())
    out.epochs.emplace_back(as_text(out.scopes.find(scope, epoch)->secret.view()));
  return out;
}

std::map<std::string, std::set<std::string>> readable_words(const fs::path& data,
                                                            const fs::path& keys,
                                                            const HomeKeys& home,
                                                            const std::vector<std::string>& words) {
  const auto key_store = open_store(keys, keys::ValueKeys::table_names());
  auto value_keys = keys::ValueKeys::open(*key_store, home.storage, crypto::system_random(), false);
  REQUIRE(value_keys);
  keys::KeyedSealer sealer(*value_keys.value(), crypto::system_random());
  const auto store = open_store(data, data_tables());
  const WordSearch search(words);
  std::map<std::string, std::set<std::string>> out;
  const auto read = store->read([&](store::ReadTransaction& txn) -> Result<void> {
    Bytes scratch;
    for (const std::string& name : data_tables()) {
      CUNJU_TRY(const store::Table table, store->table(name));
      std::set<std::string>& found = out[name];
      CUNJU_TRYV(txn.scan(table, {}, [&](ByteView key, ByteView stored) {
        search.look(as_text(stored), found);
        auto opened = sealer.open(replica::place_of(name, key), stored, scratch);
        if (!opened) return true;
        search.look(as_text(opened.value()), found);
        search.look(unpacked(opened.value()), found);
        if (name != "changes" && name != "pool") return true;
        if (auto change = replica::parse_stored(opened.value()))
          search.look(said_by(std::move(change.value().change), home.scopes), found);
        return true;
      }));
    }
    return ok();
  });
  REQUIRE(read);
  return out;
}

void compact(const fs::path& home) {
  const fs::path from = home / "data", to = home / "data.compact";
  {
    const auto old = open_store(from, data_tables()), fresh = open_store(to, data_tables());
    const auto copied = old->read([&](store::ReadTransaction& in) -> Result<void> {
      return fresh->write([&](store::WriteTransaction& out) -> Result<void> {
        for (const std::string& name : data_tables()) {
          CUNJU_TRY(const store::Table source, old->table(name));
          CUNJU_TRY(const store::Table target, fresh->table(name));
          Result<void> put = ok();
          CUNJU_TRYV(in.scan(source, {}, [&](ByteView key, ByteView value) {
            put = out.put(target, key, value);
            return put.has_value();
          }));
          CUNJU_TRYV(std::move(put));
        }
        return ok();
      });
    });
    REQUIRE(copied);
  }
  fs::remove_all(from);
  fs::rename(to, from);
}

}  // namespace cunju::test
