// SPDX-License-Identifier: Apache-2.0
#include "node/registry/definition.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "crdt/base/limits.h"
#include "node/registry/builtin.h"
#include "node/registry/definition_toml.h"
#include "node/registry/person_tags.h"
#include "tests/node/registry/sample.h"

using namespace cunju;
using namespace cunju::registry;

namespace {

// The sample with one piece replaced; the piece must be there.
std::string changed(std::string_view piece, std::string_view by) {
  std::string text(testing::kSampleToml);
  std::size_t at = text.find(piece);
  REQUIRE(at != std::string::npos);
  return text.replace(at, piece.size(), by);
}

std::string problem_of(const std::string& toml) {
  Result<Definition> result = parse_definition(toml);
  REQUIRE_FALSE(result.has_value());
  return result.error().context;
}

}  // namespace

TEST_CASE("a definition is read with its fields in the order of the file") {
  Definition sample = testing::sample();
  CHECK(sample.id == "sample");
  CHECK(sample.version == 3);
  CHECK(sample.label.in(Language::kEnglish) == "Sample");
  REQUIRE(sample.fields.size() == 15);
  CHECK(sample.fields[1].id == "count");
  CHECK(sample.fields[1].maximum == 5000);
  CHECK(sample.fields[2].scale == 2);
  CHECK(sample.find_field("person")->personal == PersonalData::kSensitive);
  CHECK(sample.find_field("names")->kind == registry::FieldKind::kSet);
  CHECK(sample.find_field("other")->type == FieldType::kRef);
  CHECK(sample.find_field("nothing") == nullptr);
  const FieldDefinition& state = *sample.find_field("state");
  CHECK(state.may_begin_in("draft"));
  CHECK_FALSE(state.may_begin_in("final"));
  CHECK(state.may_move("draft", "final"));
  CHECK_FALSE(state.may_move("draft", "archived"));
  CHECK(state.is_pending("draft"));
  CHECK_FALSE(state.is_pending("final"));     // Leads on, and is marked as done.
  CHECK_FALSE(state.is_pending("archived"));  // Leads nowhere.
  CHECK(state.is_pending("unheard of"));
}

TEST_CASE("every mistake in a definition is refused with its line") {
  struct Mistake {
    std::string_view piece, by, problem;
  };
  const Mistake mistakes[] = {
      {"max = 5000", "maxx = 5000", "line 19: field \"count\": unknown key \"maxx\""},
      {"max = 5000", "max = -1", "\"min\" is above \"max\""},
      {"scale = 2", "scale = 9", "\"scale\" from 1 to 6"},
      {"scale = 2\n", "", "\"scale\" from 1 to 6"},
      {"kind = \"set\"", "kind = \"word\"", "kind \"word\" is not known to this version"},
      {"kind = \"set\"", "kind = \"stamp\"", "kind \"stamp\" is not known to this version"},
      {"type = \"money\"", "type = \"float\"", "type \"float\" is not known to this version"},
      {"id = \"area\"", "id = \"count\"", "field \"count\" is there twice"},
      {"id = \"area\"", "id = \"Area\"", "small letter"},
      {"id = \"area\"", "id = \"ethnicity\"", "tag on persons"},
      {"zh = \"面积\"", "zh = \"民族\"", "tag on persons"},
      {"display = [\"no\"", "display = [\"nope\"", "which is not a field"},
      {"key = [\"no\"]", "key = [\"names\"]", "not a register"},
      {"code = \"02\"", "code = \"01\"", "stands for two codes"},
      {"zh = \"住房\"", "zh = \"宿舍\"", "stands for two codes"},
      {"initial = \"draft\"", "initial = \"drafts\"", "does not exist"},
      {"to = [\"archived\"]", "to = [\"gone\"]", "which does not exist"},
      {"version = 3", "version = 0", "\"version\" must be 1 or more"},
      {"version = 3", "version = 3.5", "dates and fractions"},
      {"required = true", "required = \"yes\"", "must be true or false"},
      {"personal = \"sensitive\"", "personal = \"secret\"", "none, ordinary or sensitive"},
      {"type = \"date\"", "type = \"phone\"", "unknown key \"not_future\""},
      {"registry = \"sample\"", "", "\"registry\" is missing"},
      {"label = { zh = \"样例\", en = \"Sample\" }", "", "\"label\" is missing"},
      {"format = 1", "format = 1\n[", "line 2"},
  };
  for (const Mistake& mistake : mistakes) {
    CAPTURE(mistake.piece, mistake.by);
    std::string problem = problem_of(changed(mistake.piece, mistake.by));
    CAPTURE(problem);
    CHECK(problem.find(mistake.problem) != std::string::npos);
    CHECK(problem.starts_with("line "));
  }
}

TEST_CASE("a definition of a later format is told apart from a broken one") {
  Result<Definition> later = parse_definition(changed("format = 1", "format = 2"));
  REQUIRE_FALSE(later.has_value());
  CHECK(later.error().code == Errc::kUnsupported);
}

TEST_CASE("a definition has named limits") {
  std::string large(limits::kMaxDefinitionBytes + 1, '#');
  CHECK(parse_definition(large).error().code == Errc::kLimit);
  std::string many = "format=1\nid=\"a\"\nversion=1\nlabel=\"甲\"\n";
  for (std::size_t i = 0; i <= limits::kMaxDefinitionFields; ++i) {
    many += "[[field]]\nid=\"f" + std::to_string(i) + "\"\nlabel=\"" + std::to_string(i) + "\"\n";
  }
  CHECK(parse_definition(many).error().code == Errc::kLimit);
  std::string deep = "a = " + std::string(200, '[') + std::string(200, ']');
  CHECK(parse_definition(deep).error().code == Errc::kLimit);
}

TEST_CASE("a mutilated definition is refused or read, never a crash") {
  unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    std::string text(testing::kSampleToml);
    for (int edit = 0; edit < 4; ++edit) {
      std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, random() % 20);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 20));
          break;
      }
    }
    Result<Definition> result = parse_definition(text);
    if (!result) CHECK_FALSE(result.error().context.empty());
  }
}

TEST_CASE("the seven built-in registries parse, have display columns and speak both languages") {
  std::vector<Definition> all = builtin_definitions();
  std::vector<std::string> ids;
  for (const Definition& definition : all) {
    CAPTURE(definition.id);
    ids.push_back(definition.id);
    CHECK_FALSE(definition.display.empty());
    CHECK_FALSE(definition.key.empty());
    CHECK_FALSE(definition.legal_basis.zh.empty());
    CHECK_FALSE(definition.retention.rule.zh.empty());
    for (const FieldDefinition& field : definition.fields) {
      CAPTURE(field.id);
      CHECK_FALSE(field.label.zh.empty());
      CHECK_FALSE(field.label.en.empty());
      if (field.type == FieldType::kIdentityNumber) {
        CHECK(field.personal == PersonalData::kSensitive);
      }
      if (field.type == FieldType::kRef) {
        CHECK(std::ranges::find(all, field.registry, &Definition::id) != all.end());
      }
    }
  }
  CHECK(ids == std::vector<std::string>{"minutes", "votes", "mediation", "rental", "tenancy",
                                        "requests", "disclosures"});
  for (const EmbeddedDefinition& embedded : embedded_definitions()) {
    CHECK(parse_definition(embedded.toml).value().id == embedded.id);
  }
}

TEST_CASE("the built-in registries hold what the law and the forms ask for") {
  std::vector<Definition> all = builtin_definitions();
  CHECK(all[3].key == std::vector<std::string>{"premises_id"});
  const FieldDefinition& minutes = *all[0].find_field("state");
  const char* path[] = {"draft", "checked", "final", "signed", "published", "archived"};
  for (std::size_t i = 0; i + 1 < std::size(path); ++i)
    CHECK(minutes.may_move(path[i], path[i + 1]));
  CHECK_FALSE(minutes.may_move("final", "draft"));
  for (const char* id : {"yes", "no", "abstain", "invalid", "not_returned", "roster_count"}) {
    CHECK(all[1].find_field(id)->type == FieldType::kInteger);
  }
  CHECK(all[2].find_field("brief")->scope == "mediation");
  // Three lights, each with its own date.
  for (const char* id : {"community_registered", "contract_filed", "police_registered"}) {
    CHECK(all[4].find_field(id)->type == FieldType::kBoolean);
    CHECK(all[4].find_field(std::string(id) + "_on")->type == FieldType::kDate);
  }
}

TEST_CASE("tags on persons are refused by name, classes of disputes are not") {
  CHECK(is_refused_person_tag("民族"));
  CHECK(is_refused_person_tag(" Religion "));
  CHECK(is_refused_person_tag("信访史"));
  CHECK_FALSE(is_refused_person_tag("涉民族宗教类"));
  CHECK_FALSE(is_refused_person_tag("nation"));
}
