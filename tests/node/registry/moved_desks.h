// SPDX-License-Identifier: Apache-2.0
//
// Two desks at which a registry is written in the open, and becomes confidential then. Both read
// its scope; the founder's is called office.
#pragma once

#include <string>
#include <vector>

#include "tests/node/registry/book_fixture.h"
#include "tests/node/registry/fam_definition.h"

namespace cunju::registry::testing {

inline constexpr std::string_view kMovedScope = "rental_persons";

/// A registry with a field of each kind. `home`: the registry's scope; `scope`: that of its fields
/// but for no and the text. Empty: none is written.
inline std::string moved_toml(const std::string& home, const std::string& scope) {
  const auto line = [](const std::string& name) {
    return name.empty() ? std::string() : "scope = \"" + name + "\"\n";
  };
  const auto field = [&](const std::string& id, const std::string& more, bool moves = true) {
    return "[[field]]\nid = \"" + id + "\"\nlabel = { zh = \"" + id + "\" }\n" + more +
           (moves ? line(scope) : "");
  };
  return "format = 1\nid = \"fam\"\nversion = 1\nlabel = { zh = \"户\" }\nkey = [\"no\"]\n" +
         line(home) + field("no", "", false) + field("x", "") +
         field("people", "kind = \"set\"\n") + field("scan", "kind = \"blob\"\nrepeated = true\n") +
         field("body", "kind = \"text\"\n", false) +
         field("st",
               "kind = \"state\"\ninitial = \"a\"\nstates = [ { code = \"a\", zh = \"a\", to "
               "= [\"b\"] }, { code = \"b\", zh = \"b\", to = [\"c\"], frozen = true }, { "
               "code = \"c\", zh = \"c\", to = [] } ]\n");
}

struct MovedDesks : OfficeAndDesk {
  RecordId record;

  /// The record is written by what is added then.
  explicit MovedDesks(std::vector<Edit> edits) : OfficeAndDesk(moved_toml("", "")) {
    test::open_epoch(*office.replica, village, office.replica.random(), std::string(kMovedScope));
    add_own_devices();
    office.open(village.space);
    record = add("fam", std::move(edits));
    meet();
  }
  void meet() {
    sync();
    test::pull(*desk.replica, *office.replica, village.space);
    office.reload();
    desk.reload();
  }
  void define(const std::string& toml) {
    test::require(
        add_definition(*office.replica, village.space, village.founder.device, toml, 400));
    meet();
  }
  /// The fields become confidential, or the whole registry.
  void move_fields() { define(moved_toml("", std::string(kMovedScope))); }
  void move_registry() { define(moved_toml(std::string(kMovedScope), "")); }

  const test::Person& clerk(const Office& at) const {
    return &at == &office ? village.founder : li;
  }
  Saved edit(Office& at, std::vector<Edit> edits, EditOptions options = {}) {
    return test::require(at.book().set(at.act(clerk(at)), "fam", record, edits, options));
  }
  /// The elements of a set, or the one value, that the record shows.
  std::string shown(Office& at, std::string_view field) {
    std::string out;
    for (const auto& [name, value] : at.row(record).values) {
      const auto* text = std::get_if<std::string>(&value);
      if (name == field) out += (out.empty() ? "" : ";") + (text == nullptr ? "?" : *text);
    }
    return out;
  }
  /// The same on a page of a list, which glances at views.
  std::string listed(Office& at, const std::string& field, const std::string& value) {
    const ListQuery query{.filters = {{field, FilterOp::kContains, value}}, .sort = {}, .limit = 9};
    return std::to_string(test::require(at.book().list("fam", query)).total);
  }
  bool is_open(const std::string& text) {
    return is_in_the_open(*office.replica, village.space, record, text);
  }
  std::size_t open_edits() {
    return test::require(office.replica->edits(village.space, record, kOpenScope)).size();
  }
};

}  // namespace cunju::registry::testing
