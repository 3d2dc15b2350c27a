// SPDX-License-Identifier: Apache-2.0
#include "cli/erase_request.h"

#include <algorithm>

#include "cli/erase_words.h"
#include "cli/erasure_items.h"
#include "cli/may_contain.h"
#include "cli/person_in_grounds.h"
#include "cli/person_options.h"
#include "cli/roster_act.h"
#include "node/council/erasure_acts.h"
#include "node/council/person_erasure.h"
#include "node/council/record_judge.h"
#include "node/council/record_parties.h"
#include "node/registry/erased_persons.h"

namespace cunju::cli {
namespace {

using boost::json::array;
using boost::json::object;
using council::PersonPlace;
using council::PersonRecord;

/// A record that is asked for, and what becomes of it.
struct Item {
  PersonRecord record;
  bool is_restricted = false;
  replica::PartsOfRecord parts;
  std::vector<council::OtherPerson> others;  ///< Whom it concerns as well.
};

/// A record that is left alone, and whether because it proves what was done.
struct Left {
  PersonRecord record;
  bool is_proof = false;
};

/// One request, before it is filed.
struct Request {
  SpaceId space;
  std::vector<Item> items;
  std::optional<registry::PersonQuery> person;
};

/// What of each record is named, and whether a rule keeps it.
Result<std::vector<Item>> make_items(const Invocation& call, node::Node& node, const Book& book,
                                     std::vector<PersonRecord> records, bool only_restricts) {
  const SpaceId& space = book.space;
  const registry::Catalog& catalog = *book.catalog;
  std::set<RecordId> ids;
  for (const PersonRecord& record : records) ids.insert(record.record);
  CUNJU_TRY(auto parts, node.replica().parts_of(space, ids));
  CUNJU_TRY(const council::UnreadParts unread, council::count_unread_parts(node.replica(), space));
  std::vector<Item> out;
  for (PersonRecord& record : records) {
    const bool is_kept =
        only_restricts || (record.retention.is_kept && !call.has("--against-retention"));
    if (is_kept && !record.retention.is_kept)
      record.retention.why = {"按要求限制处理", "as was asked for"};
    replica::PartsOfRecord named = std::move(parts[record.record]);
    // One that is in a change of its own says of no record that it is its.
    CUNJU_TRY(const std::set<std::string> scopes,
              council::scopes_of_records(node.replica(), catalog, space, record.registry));
    named.unreadable = std::max(named.unreadable, unread.of(scopes));
    out.push_back({.record = std::move(record),
                   .is_restricted = is_kept,
                   .parts = std::move(named),
                   .others = {}});
  }
  return out;
}

/// Whom each record concerns besides the person.
Result<void> find_others(const Book& book, const registry::PersonQuery& person,
                         std::vector<Item>& items) {
  for (Item& item : items) {
    CUNJU_TRY(const registry::RecordRow row,
              book.records->get(item.record.record, item.record.registry));
    item.others =
        council::others_in(person, row, book.catalog->find(item.record.registry), today());
  }
  return ok();
}

council::ErasureTargets targets_of(const std::vector<Item>& items) {
  council::ErasureTargets out;
  for (const Item& item : items) {
    auto& named = item.is_restricted ? out.restrict : out.erase;
    named.insert(named.end(), item.parts.targets.begin(), item.parts.targets.end());
  }
  return out;
}

std::string table_name(const Invocation& call, const registry::Catalog& catalog,
                       const std::string& id) {
  const registry::Definition* definition = catalog.find(id);
  return definition == nullptr ? id : std::string(call.terminal.in_language(definition->label));
}

/// A definition that says of no field whose it is has nobody's own record.
bool is_of_all(const registry::Definition* definition) {
  return definition != nullptr &&
         std::ranges::all_of(definition->fields, [](const registry::FieldDefinition& field) {
           return field.party.empty();
         });
}

/// What becomes of one record, why, and what of it can't be reached from here.
void say_item(const Invocation& call, const registry::Catalog& catalog, const Item& item) {
  const std::string name =
      "“" + table_name(call, catalog, item.record.registry) + "” " + item.record.record.hex();
  const std::string count = std::to_string(item.parts.targets.size());
  if (item.is_restricted) {
    call.terminal.say(
        {"只封存、不销毁：" + name + "，" + count + " 处改动。" + item.record.retention.why.zh,
         "kept, restricted: " + name + ", " + count + " parts; " + item.record.retention.why.en});
  } else {
    call.terminal.say({"将销毁：" + name + "，连同全部历史，" + count + " 处改动。" +
                           item.record.retention.why.zh,
                       "goes with all of its history: " + name + ", " + count + " parts; " +
                           item.record.retention.why.en});
  }
  if (!item.is_restricted) say_replaced_rule(call, item.record.retention);
  if (is_of_all(catalog.find(item.record.registry))) {
    if (item.is_restricted) {
      call.terminal.say(
          {"  这是大家的文件，封存后谁都看不到；只想去掉此人的内容，请另行更正。",
           "  It is a document of others as well, and restricted it is hidden from all; to take "
           "out only what is the person's, correct it."});
    } else {
      call.terminal.say(
          {"  这是大家的文件，销毁后谁都没有了；只想去掉此人的内容，请另行更正。",
           "  It is a document of others as well, and nobody has it any more; to take out only "
           "what is the person's, correct it."});
    }
  }
  if (const Label others = roles_label(item.others); !others.zh.empty()) {
    call.terminal.say(
        {"  这条记录也有别人的信息：" + others.zh + "。会一起" +
             (item.is_restricted ? "封存" : "销毁") +
             "；只想去掉此人的内容，请用更正，或 --except 留下这条。",
         "  It has data of others as well: " + others.en + ". These " +
             (item.is_restricted ? "are restricted" : "go") +
             " with it; to take out only what is the person's, correct it, or leave the record "
             "alone with --except."});
  }
  if (item.parts.unreadable == 0) return;
  const std::string sealed = std::to_string(item.parts.unreadable);
  call.terminal.say(
      {"  另有 " + sealed + " 处保密内容本机看不到，可能与它有关，不在其中：请看得到的人另行提出。",
       "  " + sealed +
           " confidential parts that can't be read here may be about it and are not "
           "among them: somebody who reads them has to ask for their erasure."});
}

/// Where else it may still be, as far as this node knows.
Result<array> show_outgoing(Invocation& call, node::Node& node, const Request& request) {
  std::set<std::string> registries;
  for (const Item& item : request.items) registries.insert(item.record.registry);
  return show_may_contain(call, node, request.space, node::Node::now_ms(), registries);
}

/// Signs the acts, and with them what keeps the person out of imports; the erasure's id.
Result<RecordId> file_request(node::Node& node, const Request& request,
                              const council::ErasureGrounds& grounds, std::size_t& marked) {
  const RecordId erasure = node.replica().new_record_id();
  CUNJU_TRY(std::vector<replica::ChangeDraft> drafts,
            council::plan_erasure(erasure, grounds, targets_of(request.items)));
  if (request.person) {
    CUNJU_TRY(std::vector<replica::PartDraft> marks,
              registry::mark_person(node.replica(), request.space, erasure, *request.person,
                                    node.random()));
    marked = marks.size();
    for (replica::PartDraft& part : marks) drafts.front().parts.push_back(std::move(part));
  }
  CUNJU_TRYV(
      node.replica().append(request.space, node.unlocked().author, drafts, node::Node::now_ms()));
  node.wake_server();
  return erasure;
}

object item_json(const Item& item) {
  object out{{"registry", item.record.registry},
             {"record", item.record.record.hex()},
             {"place", place_id(item.record.place)},
             {"outcome", item.is_restricted ? "restrict" : "erase"},
             {"why", item.record.retention.why.en},
             {"until", nullptr},
             {"replaced_rule", replaced_rule_json(item.record.retention)},
             {"deleted", item.record.is_deleted},
             {"parts", item.parts.targets.size()},
             {"unreadable", item.parts.unreadable}};
  array others;
  for (const council::OtherPerson& other : item.others) others.emplace_back(other.id);
  out["concerns"] = std::move(others);
  if (item.record.retention.until)
    out["until"] = registry::format_date(*item.record.retention.until);
  return out;
}

/// What somebody has to look at, and an erasure of the person does not touch by itself.
void say_left(const Invocation& call, const registry::Catalog& catalog,
              const std::vector<Left>& left, array& out) {
  for (const Left& each : left) {
    const PersonRecord& record = each.record;
    const std::string name =
        "“" + table_name(call, catalog, record.registry) + "” " + record.record.hex();
    if (record.place != PersonPlace::kFields) {
      const Label place = place_label(record.place);
      call.terminal.say({"请人工查看（" + place.zh + "，不在其中）：" + name,
                         "to be read by somebody (" + place.en + "; left alone): " + name});
    } else if (each.is_proof) {
      call.terminal.say(
          {"办理的凭据，保管期内不动：" + name,
           "left alone, as proof of what was done, until its period is over: " + name});
    } else {
      call.terminal.say({"按要求不动：" + name, "left alone, as asked: " + name});
    }
    out.push_back(object{{"registry", record.registry},
                         {"record", record.record.hex()},
                         {"place", place_id(record.place)},
                         {"outcome", "none"},
                         {"proof", each.is_proof}});
  }
}

/// Proof stays what it is as long as its period runs, or nobody knows that it is over: no ground of
/// one clerk hides what was done, --against-retention neither.
bool is_kept_proof(const registry::Catalog& catalog, const PersonRecord& record) {
  const registry::Definition* definition = catalog.find(record.registry);
  return definition != nullptr && definition->is_ledger && record.retention.is_kept;
}

/// Those that are the person's and were not excepted; the others go to `left`.
Result<std::vector<PersonRecord>> choose(const Invocation& call, const registry::Catalog& catalog,
                                         std::vector<PersonRecord> found, bool only_restricts,
                                         std::vector<Left>& left) {
  const std::vector<std::string> excepted = call.values("--except");
  std::vector<PersonRecord> out;
  for (PersonRecord& record : found) {
    const std::string id = record.record.hex();
    const bool is_excepted = std::ranges::any_of(
        excepted, [&](const std::string& prefix) { return id.starts_with(prefix); });
    const registry::Definition* definition = catalog.find(record.registry);
    const bool is_proof = is_kept_proof(catalog, record) ||
                          (only_restricts && definition != nullptr && definition->is_ledger);
    if (record.place == PersonPlace::kFields && !is_excepted && !is_proof) {
      out.push_back(std::move(record));
    } else {
      left.push_back({.record = std::move(record), .is_proof = is_proof && !is_excepted});
    }
  }
  for (const std::string& prefix : excepted) {
    if (prefix.size() < council::kFewestDigits || std::ranges::none_of(left, [&](const Left& each) {
          return each.record.record.hex().starts_with(prefix);
        }))
      return refused(call, Errc::kNotFound,
                     {"--except 没有对上任何一条：" + prefix, "--except fits none: " + prefix});
  }
  return out;
}

/// By what marks know the person again, and what goes past them.
struct Recognition {
  Label by;
  Label gap;  ///< Empty: nothing that a person is found by.
  array codes;
};

Recognition recognition_of(const registry::PersonQuery& person) {
  if (person.name.empty())
    return {.by = {"证件号码", "identity number"},
            .gap = {"没有写明姓名和电话：以后只凭姓名、电话再登记此人，拦不住。要一并拦下，请同时"
                    "写明 --name 和 --phone。",
                    "Name and telephone number were not given: whoever enters this person by these "
                    "alone is not refused. To keep that out as well, give --name and --phone too."},
            .codes = {"identity"}};
  if (person.identity.empty())
    return {
        .by = {"姓名加电话", "name and telephone number together"},
        .gap = {"没有写明证件号码：以后只凭证件号码再登记此人，拦不住。要一并拦下，请同时写明 "
                "--identity。",
                "The identity number was not given: whoever enters this person by that alone is "
                "not refused. To keep that out as well, give --identity too."},
        .codes = {"name_and_phone"}};
  return {.by = {"证件号码，或姓名加电话", "identity number, or by name and telephone number"},
          .gap = {},
          .codes = {"identity", "name_and_phone"}};
}

/// kInvalidArgument in words where a text names whom one of the records is about: whoever is
/// looked for by number alone has a name and a telephone there. What is not in force has no row.
Result<void> refuse_found_in(const Invocation& call, node::Node& node, const Book& book,
                             const std::vector<PersonRecord>& records, const GroundTexts& texts) {
  CUNJU_TRY(const registry::RetentionRules rules,
            registry::RetentionRules::load(node.replica(), book.space, *book.catalog));
  for (const PersonRecord& record : records) {
    if (record.place == PersonPlace::kLate) continue;
    CUNJU_TRYV(refuse_record_in(call, book, rules, record.registry, record.record, texts));
  }
  return ok();
}

/// Whether anything keeps the person out from now on, and by what.
void say_marked(const Invocation& call, const Recognition& recognition, std::size_t marked) {
  if (marked > 0) {
    call.terminal.say({"以后再按" + recognition.by.zh + "登记或导入此人，会被拦下。",
                       "Whoever enters or imports this person again by " +
                           std::string(recognition.by.in(Language::kEnglish)) +
                           " is told, and refused."});
    return;
  }
  call.terminal.warn({"这里没有可写的保密范围，以后再登记或导入此人时拦不住。",
                      "No confidential scope can be written in here, so nothing keeps this "
                      "person from being entered or imported again."});
}

}  // namespace

Result<void> require_erasing_right(const Invocation& call, const Roster& roster,
                                   const AuthorKey& author, Right right) {
  if (roster.may(author, kErasuresRegistry, right) && roster.may(author, kErasuresRegistry, kWrite))
    return ok();
  if (right == kApprove)
    return refused(call, Errc::kPermission, {"批准删除", "approve of an erasure"});
  return refused(call, Errc::kPermission, {"提出删除", "ask for an erasure"});
}

Result<ExitCode> erase_record(Invocation& call) {
  if (call.arguments.size() != 3)
    return refused(call, Errc::kInvalidArgument,
                   {"没有写明哪个登记簿的哪一条", "which registry, and which record?"});
  CUNJU_TRY(const council::ErasureGrounds grounds, read_grounds(call));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const FoundRecord found,
            find_record(*node, call, call.arguments[1], call.arguments[2]));
  const SpaceId& space = found.book.space;
  const std::string& registry = call.arguments[1];
  CUNJU_TRY(const registry::RetentionRules rules,
            registry::RetentionRules::load(node->replica(), space, *found.book.catalog));
  CUNJU_TRYV(refuse_values_in(call, rules.describe(registry), found.row.values, texts_of(grounds)));
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, node->replica().roster(space));
  CUNJU_TRYV(require_erasing_right(call, *roster, node->unlocked().author.author(), kWrite));
  CUNJU_TRY(const registry::RetentionVerdict retention,
            council::retention_of(node->replica(), rules, space, registry, found.row.id, today()));
  Request request{.space = space, .items = {}, .person = std::nullopt};
  CUNJU_TRY(request.items, make_items(call, *node, found.book,
                                      {{.registry = registry,
                                        .record = found.row.id,
                                        .is_deleted = found.row.is_deleted,
                                        .retention = retention}},
                                      false));
  const Item& item = request.items.front();
  if (is_kept_proof(*found.book.catalog, item.record)) return refuse_proof(call, retention);
  CUNJU_TRYV(warn_of_lacking(call, *node, space));
  say_item(call, *found.book.catalog, item);
  CUNJU_TRYV(require_whole(call, item.parts.unreadable));
  say_consequences(call);
  if (item.is_restricted) say_how_undone(call, *roster);
  object out{{"space", space.hex()}, {"erasure", nullptr}};
  CUNJU_TRY(out["may_contain"], show_outgoing(call, *node, request));
  for (const auto& [key, value] : item_json(item)) out[key] = value;
  if (is_only_shown(call)) {
    say_nothing_done(call);
    call.terminal.object(out);
    return ExitCode::kOk;
  }
  std::size_t marked = 0;
  CUNJU_TRY(const RecordId erasure, file_request(*node, request, grounds, marked));
  say_filed(call, *roster, erasure.hex());
  out["erasure"] = erasure.hex();
  call.terminal.object(out);
  return ExitCode::kOk;
}

Result<ExitCode> erase_person(Invocation& call) {
  if (call.arguments.size() != 1)
    return refused(call, Errc::kInvalidArgument,
                   {"这个人用 --identity，或 --name 加 --phone 写明",
                    "the person is named by --identity, or --name with --phone"});
  CUNJU_TRY(const council::ErasureGrounds grounds, read_grounds(call));
  CUNJU_TRY(const registry::PersonQuery person, read_person(call));
  CUNJU_TRYV(refuse_person_in(call, person, texts_of(grounds)));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const SpaceId space, chosen_space(*node, call));
  CUNJU_TRYV(ask_for_person(call, *node, {.space = space, .person = person, .grounds = grounds}));
  return ExitCode::kOk;
}

Result<std::optional<RecordId>> ask_for_person(Invocation& call, node::Node& node,
                                               const PersonAsk& ask) {
  CUNJU_TRY(const Book book, open_book(node, ask.space));
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, node.replica().roster(ask.space));
  CUNJU_TRYV(require_erasing_right(call, *roster, node.unlocked().author.author(), kWrite));
  CUNJU_TRY(council::PersonSearch found,
            council::find_person(node.replica(), *book.catalog, ask.space, ask.person, today()));
  CUNJU_TRYV(refuse_found_in(call, node, book, found.records, texts_of(ask.grounds)));
  std::vector<Left> left;
  CUNJU_TRY(std::vector<PersonRecord> taken,
            choose(call, *book.catalog, std::move(found.records), ask.only_restricts, left));
  Request request{.space = ask.space, .items = {}, .person = ask.person};
  CUNJU_TRY(request.items, make_items(call, node, book, std::move(taken), ask.only_restricts));
  CUNJU_TRYV(find_others(book, ask.person, request.items));

  array records;
  for (const Item& item : request.items) {
    say_item(call, *book.catalog, item);
    records.push_back(item_json(item));
  }
  say_left(call, *book.catalog, left, records);
  if (found.unsearched > 0) {
    const std::string count = std::to_string(found.unsearched);
    call.terminal.warn(
        {"有 " + count + " 处保密内容本机看不到，没有查：请看得到的人（如调解员）也查一遍。",
         count + " confidential parts can't be read here and were not searched: whoever reads them "
                 "has to search as well."});
  }
  object out{{"space", ask.space.hex()},
             {"erasure", nullptr},
             {"records", std::move(records)},
             {"unsearched", found.unsearched},
             {"blocks_import", false}};
  if (request.items.empty() && ask.only_restricts) {
    call.terminal.object(out);
    const std::string command = call.terminal.command("erase status");
    call.terminal.explain_whole(
        {{"没有可以限制的记录。", "There is no record to restrict."},
         {"没有改动任何数据。", "Nothing was changed."},
         {"请核对写明的人；已经封存的不再列出（" + command + "）。",
          "Check who was named; what is restricted already is not listed (" + command + ")."}});
    return fail(Errc::kNotFound, "nothing to restrict");
  }
  if (request.items.empty()) {
    call.terminal.say({"没有此人的记录可删。", "There is no record of this person to erase."});
    call.terminal.object(out);
    return std::optional<RecordId>();
  }
  say_consequences(call);
  if (std::ranges::any_of(request.items, &Item::is_restricted)) say_how_undone(call, *roster);
  const Recognition recognition = recognition_of(ask.person);
  if (!recognition.gap.empty()) call.terminal.say(recognition.gap);
  out["known_by"] = recognition.codes;
  CUNJU_TRY(out["may_contain"], show_outgoing(call, node, request));
  if (is_only_shown(call)) {
    say_nothing_done(call);
    call.terminal.object(out);
    return std::optional<RecordId>();
  }
  std::size_t marked = 0;
  CUNJU_TRY(const RecordId erasure, file_request(node, request, ask.grounds, marked));
  say_marked(call, recognition, marked);
  say_filed(call, *roster, erasure.hex());
  out["erasure"] = erasure.hex();
  out["blocks_import"] = marked > 0;
  call.terminal.object(out);
  return std::optional(erasure);
}

}  // namespace cunju::cli
