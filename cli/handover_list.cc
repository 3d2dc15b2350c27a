// SPDX-License-Identifier: Apache-2.0
#include "cli/handover_list.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "cli/act_report.h"
#include "cli/late_texts.h"
#include "node/registry/import_report.h"

namespace cunju::cli {
namespace {

/// A screen is no file: programs get all of them.
constexpr std::size_t kScreenItems = 200;

using boost::json::array;
using boost::json::object;

/// Names of registries as the catalog has them; those of the program itself have no definition.
Label registry_label(const Book& book, const std::string& id) {
  if (const registry::Definition* definition = book.catalog->find(id)) return definition->label;
  if (id == kRosterRegistry) return {"名册", "the roster"};
  if (id == kDefinitionRegistry) return {"登记簿定义", "definitions"};
  if (id == kWitnessRegistry) return {"签收见证（由其电脑）", "witness statements of their nodes"};
  if (id == kErasuresRegistry) return {"删除", "erasures"};
  return {id, id};
}

Label roles_label(const std::vector<std::string>& roles) {
  std::vector<Label> out;
  out.reserve(roles.size());
  for (const std::string& role : roles)
    out.push_back({role_label(role, Language::kChinese), role_label(role, Language::kEnglish)});
  return joined(out);
}

array show_roles(Terminal& terminal, const council::Handover& handover) {
  array out;
  for (const RoleGrant& role : handover.roles) {
    Label line{"  角色 " + role_label(role.role, Language::kChinese),
               "  role " + role_label(role.role, Language::kEnglish)};
    if (!role.term_from.empty()) {
      line.zh += "，" + role.term_from + " 起";
      line.en += ", from " + role.term_from;
    }
    if (!role.term_until.empty()) {
      line.zh += "，到 " + role.term_until;
      line.en += ", until " + role.term_until;
    }
    terminal.say(line);
    out.push_back(object{
        {"role", role.role}, {"term_from", role.term_from}, {"term_until", role.term_until}});
  }
  return out;
}

/// What the old holder can do afterwards.
void say_what_stays(Terminal& terminal, const Book& book, const std::string& who,
                    const HandoverList& list) {
  std::vector<Label> lost;
  for (const std::string& id : list.reach.read_only) lost.push_back(registry_label(book, id));
  if (!lost.empty()) {
    const Label names = joined(lost);
    terminal.say({"  " + who + " 从此不能再登记：" + names.zh,
                  "  " + who + " can no longer write: " + names.en});
  }
  const Label kept = roles_label(list.handover.kept_roles);
  terminal.say(
      {"  " + who + " 仍在名册里" + (kept.zh.empty() ? "，不再担任角色" : "，仍担任 " + kept.zh) +
           "；钥匙一把也不停用，电脑照常交换、可以查看。要请人离开：" +
           terminal.command("member remove " + shell_word(who)),
       "  " + who + " stays a member " +
           (kept.en.empty() ? "without a role" : "and still is " + kept.en) +
           "; no key is retired, the nodes go on exchanging and can be read. To take them out: " +
           terminal.command("member remove " + shell_word(who))});
}

std::string title_text(const Book& book, const council::OpenRecord& record, Language language) {
  std::string out;
  for (const auto& [field, value] : record.title)
    out += "  " + shown(book.catalog->find(record.registry), field, value, language);
  return out;
}

array show_records(Terminal& terminal, const Book& book,
                   const std::vector<council::OpenRecord>& records) {
  array out;
  for (const council::OpenRecord& record : records) {
    const registry::Definition* definition = book.catalog->find(record.registry);
    auto line = [&](Language language) {
      return "  " + registry_label(book, record.registry).in(language) + " " +
             short_id(record.id.hex()) + title_text(book, record, language) + "  " +
             field_label(definition, record.field, language) + " " +
             shown(definition, record.field, record.state, language);
    };
    if (out.size() < kScreenItems)
      terminal.say({line(Language::kChinese), line(Language::kEnglish)});
    object title;
    for (const auto& [field, value] : record.title) title[field] = registry::value_json(value);
    out.push_back(object{{"registry", record.registry},
                         {"id", record.id.hex()},
                         {"field", record.field},
                         {"state", registry::value_json(record.state)},
                         {"title", std::move(title)}});
  }
  return out;
}

array show_conflicts(Terminal& terminal, const Book& book,
                     const std::vector<registry::ConflictRow>& conflicts) {
  array out;
  for (const registry::ConflictRow& row : conflicts) {
    const bool is_text = row.kind == cunju::FieldKind::kText;
    const registry::Definition* definition = book.catalog->find(row.registry);
    auto line = [&](Language language) {
      const Label what = is_text
                             ? Label{"合并过，等待通读", "merged, waits to be read"}
                             : Label{"几种说法，等待决定", "several values, wait for a decision"};
      const Label life{"是否删除", "deleted or not"};
      return "  " + registry_label(book, row.registry).in(language) + " " +
             short_id(row.record.hex()) + "  " +
             (row.field.empty() ? life.in(language)
                                : field_label(definition, row.field, language)) +
             "  " + what.in(language);
    };
    if (out.size() < kScreenItems)
      terminal.say({line(Language::kChinese), line(Language::kEnglish)});
    out.push_back(object{{"registry", row.registry},
                         {"id", row.record.hex()},
                         {"field", row.field},
                         {"merged_text", is_text}});
  }
  return out;
}

array show_late(Terminal& terminal, const Book& book, const Roster& roster,
                const council::OpenItems& open) {
  array out;
  auto add = [&](const ChangeId& change, const AuthorKey& author, const std::string& registry,
                 const RecordId& record) {
    const std::string who = author_name(roster, author), id = short_id(change.hex());
    const Label name = registry_label(book, registry);
    if (out.size() < kScreenItems)
      terminal.say({"  迟到 " + id + "  " + who + "  " + name.zh + " " + short_id(record.hex()),
                    "  late " + id + "  " + who + "  " + name.in(Language::kEnglish) + " " +
                        short_id(record.hex())});
    out.push_back(object{{"change", change.hex()},
                         {"author", author.hex()},
                         {"name", who},
                         {"registry", registry},
                         {"id", record.hex()}});
  };
  for (const replica::LatePart& part : open.late)
    add(part.change, part.author, part.registry, part.record);
  for (const registry::LateText& text : open.late_texts)
    add(text.edit.change, text.edit.author, text.name.registry, text.name.record);
  return out;
}

void show_open(Terminal& terminal, const Book& book, const Roster& roster, const HandoverList& list,
               object& out) {
  const council::OpenItems& open = list.open;
  const std::string records = std::to_string(open.records.size());
  const std::string conflicts = std::to_string(open.conflicts.size());
  const std::string late = std::to_string(open.late.size() + open.late_texts.size());
  terminal.say({"未办结事项：" + records + " 项未办结，" + conflicts + " 处待决定或通读，" + late +
                    " 份在迟到箱",
                "Open items: " + records + " records, " + conflicts + " to decide or to read, " +
                    late + " in the late tray"});
  out["open"] = show_records(terminal, book, open.records);
  out["conflicts"] = show_conflicts(terminal, book, open.conflicts);
  out["late"] = show_late(terminal, book, roster, open);
  const std::size_t most = std::max({open.records.size(), open.conflicts.size(), open.late.size()});
  if (most > kScreenItems)
    terminal.say({"  每类只显示前 " + std::to_string(kScreenItems) + " 项；--json 列出全部。",
                  "  The first " + std::to_string(kScreenItems) +
                      " of each kind are shown; --json has all."});
  out["invitations"] = list.invitations;
  if (list.invitations > 0) {
    const std::string count = std::to_string(list.invitations);
    const std::string command = terminal.command("invite");
    terminal.say({"  发出还没用过的邀请 " + count +
                      " 份，移交人从此不能凭它让人加入，请接收人重新邀请：" + command,
                  "  " + count +
                      " invitations are unused and admit nobody any more; the new holder "
                      "invites anew: " +
                      command});
  }
  out["waiting"] = list.waiting;
  if (list.waiting > 0) {
    const std::string count = std::to_string(list.waiting);
    terminal.say({"  另有 " + count + " 份在等先到的内容，请先交换。",
                  "  " + count + " changes wait for what they depend on; exchange first."});
  }
}

void show_date(Terminal& terminal, const std::optional<registry::Date>& elected, object& out) {
  const std::string days = std::to_string(council::kHandoverDays.count());
  const Label law{"法定：新一届产生之日起 " + days +
                      " 日内移交（村委会组织法第二十四条、居委会组织法"
                      "第二十五条）",
                  "Law: within " + days +
                      " days of the new committee's coming about (VCL art. 24, RCL art. 25)"};
  if (!elected) {
    terminal.say({law.zh + "；用 --elected 写明当选日期，即算出期限。",
                  law.en + "; --elected DATE tells which day that is."});
    return;
  }
  const registry::Date due{std::chrono::sys_days{*elected} + council::kHandoverDays};
  const std::string from = registry::format_date(*elected), until = registry::format_date(due);
  const bool is_over = today() > due;
  terminal.say({law.zh + "：" + from + " 当选，期限 " + until + "，" +
                    (is_over ? "已过。" : "未过。") + "日期只供显示，过期也可以办理。",
                law.en + ": elected " + from + ", due " + until + ", " +
                    (is_over ? "passed" : "not passed") +
                    ". The date decides nothing and forbids nothing."});
  out["elected"] = from;
  out["due"] = until;
  out["overdue"] = is_over;
}

}  // namespace

Result<boost::json::object> show_handover(Invocation& call, node::Node& node, const Book& book,
                                          const HandoverList& list) {
  Terminal& terminal = call.terminal;
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node.replica().roster(book.space));
  const council::Handover& handover = list.handover;
  const std::string& from = roster->members.at(handover.from).name;
  const std::string& to = roster->members.at(handover.to).name;
  terminal.say({"交接清单  " + roster->space_name, "List of the handover  " + roster->space_name});
  terminal.say({"  移交人 " + from + "（" + short_id(handover.from.hex()) + "），接收人 " + to +
                    "（" + short_id(handover.to.hex()) + "）",
                "  from " + from + " (" + short_id(handover.from.hex()) + ") to " + to + " (" +
                    short_id(handover.to.hex()) + ")"});
  object out{{"from", object{{"member", handover.from.hex()}, {"name", from}}},
             {"to", object{{"member", handover.to.hex()}, {"name", to}}}};
  out["roles"] = show_roles(terminal, handover);
  array keys, kept, read_only;
  for (const AuthorKey& key : list.successors) {
    terminal.say(
        {"  接收人的钥匙 " + short_id(key.hex()), "  key of " + to + " " + short_id(key.hex())});
    keys.emplace_back(key.hex());
  }
  for (const std::string& role : handover.kept_roles) kept.emplace_back(role);
  for (const std::string& id : list.reach.read_only) read_only.emplace_back(id);
  out["to"].as_object()["devices"] = std::move(keys);
  out["kept_roles"] = std::move(kept);
  out["read_only"] = std::move(read_only);
  say_what_stays(terminal, book, from, list);
  terminal.say({"移交人的电脑与冻结点（各本日志到此为止）：",
                "Devices of whoever hands over, and where each log is pinned:"});
  CUNJU_TRY(out["devices"], show_devices(call, node, book.space, handover.act.devices, list.forks,
                                         handover.change.has_value()));
  show_open(terminal, book, *roster, list, out);
  show_date(terminal, list.elected, out);
  return out;
}

}  // namespace cunju::cli
