// SPDX-License-Identifier: Apache-2.0
//
// With the program: a register becomes confidential by a definition that comes by exchange, and its
// readers go on with what they see.
#include <fstream>

#include "tests/end_to_end/scope_desks.h"
#include "tests/support/desk_words.h"

namespace cunju::test {
namespace {

/// Two clerks who read the scope, the first of them the chair, and an office that does not.
struct Readers {
  TempFolder folder;
  Desk a{folder, "village"}, c{folder, "clerk"}, o{folder, "office"};
  std::string record;

  Readers() {
    a.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "主任"});
    pair_desks(a, c, "clerk", "文书");
    pair_desks(a, o, "office", "街道");
    define("", "");
    record = Desk::text_of(c.json({"add", "fam", "no=1", "people=张三;李四"}).front(), "id");
  }
  void all_meet() const {
    for (const Desk* desk : {&c, &o, &c}) meet(a, *desk);
  }
  void define(const std::string& home, const std::string& of_fields) const {
    const auto scope = [](const std::string& name) {
      return name.empty() ? std::string() : "scope = \"" + name + "\"\n";
    };
    const std::string file = a.home() + ".toml";
    std::ofstream(file) << "format = 1\nid = \"fam\"\nversion = 1\nlabel = \"户情\"\n"
                        << scope(home) << "[[field]]\nid = \"no\"\nlabel = \"号\"\n"
                        << "[[field]]\nid = \"people\"\nkind = \"set\"\nlabel = \"成员\"\n"
                        << scope(of_fields)
                        << "[[field]]\nid = \"scan\"\nkind = \"blob\"\nrepeated = true\nlabel = "
                           "\"扫描\"\n"
                        << scope(of_fields)
                        << "[[field]]\nid = \"body\"\nkind = \"text\"\nlabel = \"正文\"\n";
    a.run({"define", file});
    all_meet();
  }
  std::string file(const std::string& name, const std::string& content) const {
    const std::string path = a.home() + "." + name;
    std::ofstream(path) << content;
    return path;
  }
  boost::json::object fields(const Desk& desk) const {
    return desk.json({"show", "fam", record}).front().at("fields").as_object();
  }
  std::string people(const Desk& desk) const {
    std::string out;
    const boost::json::object shown = fields(desk);
    const boost::json::value* people = shown.if_contains("people");
    if (people == nullptr) return out;
    for (const boost::json::value& each : people->as_array())
      out += (out.empty() ? "" : ";") + std::string(each.as_string());
    return out;
  }
  std::string body(const Desk& desk) const {
    return Desk::text_of(desk.json({"text", "show", "fam", record, "body"}).front(), "text");
  }
};

}  // namespace

TEST_CASE(
    "What readers see of a set and of attachments that became confidential stays when they edit",
    "[scopes]") {
  const Readers all;
  const std::string pdf = "%PDF-1.7 ";
  for (const char* name : {"a", "b"})
    all.c.run({"attach", "fam", all.record, "scan", all.file(name, pdf + name)});
  all.define("", "rental_persons");
  CHECK(all.people(all.c) == "张三;李四");
  all.c.run({"set", "fam", all.record, "people-=张三"});
  all.a.run({"set", "fam", all.record, "people+=王五"});
  all.c.run({"attach", "fam", all.record, "scan", all.file("c", pdf + "c")});
  all.all_meet();
  for (const Desk* desk : {&all.a, &all.c}) CHECK(all.people(*desk) == "李四;王五");
  // Who has no key is shown what everybody was, and nothing of what came and went since.
  CHECK(all.people(all.o) == "张三;李四");
  const std::string to = all.a.home() + ".out";
  for (const auto& [field, letter] :
       {std::pair("scan.1", "a"), std::pair("scan.2", "b"), std::pair("scan.3", "c")}) {
    all.c.run({"open", "fam", all.record, field, "--to", to + letter});
    CHECK(read_text_file(to + letter) == pdf + letter);
  }
  CHECK(all.a.json({"conflicts"}).empty());
}

TEST_CASE("A text of a register that became confidential is read, and begun anew with what it said",
          "[scopes]") {
  const Readers all;
  const std::string old = "走访记录：三口人，漏水。";
  all.c.run({"text", "set", "fam", all.record, "body", all.file("1", old)});
  all.all_meet();
  all.define("rental_persons", "");
  all.c.run({"set", "fam", all.record, "no=2"});
  const auto shown = all.c.json({"text", "show", "fam", all.record, "body"}).front();
  CHECK(Desk::text_of(shown, "text") == old);
  CHECK(all.body(all.o) == old);
  // A file without the old words says that they go, and with them that they stay.
  const auto saved =
      all.c.json({"text", "set", "fam", all.record, "body", all.file("2", old + "已修。"),
                  "--version", Desk::text_of(shown, "version")});
  CHECK(boost::json::serialize(saved.front().at("findings")).find("text_begun") !=
        std::string::npos);
  CHECK(all.body(all.c) == old + "已修。");
  // The version of before is still read, and no file that was made from it is saved over this.
  CHECK(Desk::text_of(all.c
                          .json({"text", "show", "fam", all.record, "body", "--version",
                                 Desk::text_of(shown, "version")})
                          .front(),
                      "text") == old);
  all.c.run({"text", "set", "fam", all.record, "body", all.file("3", old), "--version",
             Desk::text_of(shown, "version")},
            3);
  // Another reader begins it apart: both stand there, and somebody is asked to read.
  all.a.run({"text", "set", "fam", all.record, "body", all.file("4", old + "已报。")});
  all.all_meet();
  CHECK(all.body(all.o) == old);
  const auto conflicts = all.c.json({"conflicts"});
  REQUIRE(conflicts.size() == 1);
  CHECK(all.body(all.c).find("已修") != std::string::npos);
  CHECK(all.body(all.c).find("已报") != std::string::npos);
  const auto& taken = conflicts.front().at("candidates").as_array().at(1).as_object();
  all.c.run({"text", "confirm", "fam", all.record, "body", "--version",
             Desk::text_of(conflicts.front(), "version"), "--take",
             Desk::text_of(taken, "version")});
  all.all_meet();
  CHECK(all.a.json({"conflicts"}).empty());
  CHECK(all.body(all.a) == Desk::text_of(taken, "value"));
}

}  // namespace cunju::test
