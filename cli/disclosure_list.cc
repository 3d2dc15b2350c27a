// SPDX-License-Identifier: Apache-2.0
#include "cli/disclosure_list.h"

#include <algorithm>

#include "cli/roster_words.h"

namespace cunju::cli {
namespace {

using audit::Disclosure;
using boost::json::array;
using boost::json::object;

/// Copies that a person is shown; a program gets all.
constexpr std::size_t kShownCopies = 20;

/// A code as its definition words it.
Label code_label(const registry::Definition* definition, std::string_view field,
                 const std::string& code) {
  const registry::FieldDefinition* known =
      definition == nullptr ? nullptr : definition->find_field(field);
  const registry::Code* found = known == nullptr ? nullptr : known->find_code(code);
  return found == nullptr ? Label{code, code} : found->label;
}

/// Everybody in the village reads what --to says.
Result<void> require_no_open_name(const Invocation& call, const Disclosure& said) {
  if (said.recipient.empty()) return ok();
  if (said.recipient_kind == audit::kOwnRecipient)
    return refused(call, Errc::kInvalidArgument,
                   {"给了别的单位就不是本会自用：去掉 --recipient-kind own，或去掉 --to",
                    "what --to names is not the committee itself: leave out --to, or "
                    "--recipient-kind own"});
  if (said.recipient_kind != audit::kPersonRecipient &&
      said.recipient_kind != audit::kIndividualRecipient)
    return ok();
  return refused(
      call, Errc::kInvalidArgument,
      {"--to 只写单位，全村看得到；个人姓名用 disclose note 的 --person 写（保密）",
       "--to is for organisations and is open to the village; a person's name goes into --person "
       "of `disclose note`, which is confidential"});
}

}  // namespace

Result<Disclosure> read_recipient(const Invocation& call, const Book& book) {
  Disclosure out;
  out.kind = audit::kExportKind;
  out.recipient_kind = audit::kOwnRecipient;
  out.recipient = call.value("--to").value_or("");
  out.purpose = call.value("--purpose").value_or("");
  out.legal_basis = call.value("--basis").value_or("");
  CUNJU_TRY(out.until, read_day(call, "--until"));
  const std::optional<std::string> kind = call.value("--recipient-kind");
  for (const char* option : {"--to", "--purpose"})
    if (call.has(option) && call.value(option).value_or("").empty())
      return refused(call, Errc::kInvalidArgument,
                     {std::string(option) + " 是空的", std::string(option) + " is empty"});
  if (out.recipient.empty() && !kind) {
    if (out.purpose.empty()) out.purpose = Label{"本会自用", "own use"}.in(call.terminal.language);
    return out;
  }
  out.recipient_kind = kind.value_or("organisation");
  CUNJU_TRYV(require_no_open_name(call, out));
  const registry::Definition* definition = book.catalog->find(audit::kDisclosuresRegistry);
  const registry::FieldDefinition* field =
      definition == nullptr ? nullptr : definition->find_field("recipient_kind");
  if (field != nullptr && field->find_code(out.recipient_kind) == nullptr)
    return refused(call, Errc::kInvalidArgument,
                   {"--recipient-kind 没有这一类：" + out.recipient_kind,
                    "--recipient-kind: no such kind: " + out.recipient_kind});
  if (out.purpose.empty())
    return refused(call, Errc::kInvalidArgument,
                   {"给了别人就要写 --purpose 目的，记入披露登记",
                    "what is given to somebody needs a --purpose, for the ledger"});
  if (out.recipient.empty() && out.recipient_kind != audit::kOwnRecipient &&
      out.recipient_kind != audit::kPersonRecipient &&
      out.recipient_kind != audit::kIndividualRecipient)
    return refused(call, Errc::kInvalidArgument,
                   {"要写 --to 哪个单位", "--to: which organisation?"});
  return out;
}

Result<RecordId> book_disclosure(Invocation& call, node::Node& node, const Book& book,
                                 const Disclosure& disclosure) {
  const std::vector<registry::Edit> edits = audit::edits_of(disclosure, today());
  const Result<registry::Saved> saved =
      book.records->add(act_of(node), audit::kDisclosuresRegistry, edits);
  if (saved.has_error()) {
    explain_refusal(call, book, audit::kDisclosuresRegistry);
    return saved.error();
  }
  node.wake_server();
  return saved.value().record;
}

bool unbook_disclosure(node::Node& node, const Book& book, const RecordId& disclosure) {
  const registry::Edit edit{
      .field = "copy", .action = registry::EditAction::kSet, .text = "destroyed"};
  return book.records->set(act_of(node), audit::kDisclosuresRegistry, disclosure, {&edit, 1})
      .has_value();
}

std::string BookedCopy::recipient(Language language) const {
  std::string out = recipient_kind.in(language);
  if (!disclosure.recipient.empty()) out += " " + visible(disclosure.recipient, false);
  return out;
}

Result<std::vector<BookedCopy>> read_copies(node::Node& node, const SpaceId& space) {
  CUNJU_TRY(const Book book, open_book(node, space));
  const registry::Definition* definition = book.catalog->find(audit::kDisclosuresRegistry);
  CUNJU_TRY(std::vector<Disclosure> all, audit::read_disclosures(*book.records));
  std::vector<BookedCopy> out;
  for (Disclosure& each : all) {
    if (each.kind == audit::kOralKind || each.kind == audit::kGrantKind) continue;
    CUNJU_TRY(const auto entries, book.records->history(each.id, audit::kDisclosuresRegistry));
    out.push_back({.id = each.id,
                   .disclosure = each,
                   .kind = code_label(definition, "kind", each.kind),
                   .recipient_kind = code_label(definition, "recipient_kind", each.recipient_kind),
                   .claimed_ms = entries.empty() ? 0 : entries.front().claimed_ms,
                   .is_out = audit::is_out(each)});
  }
  return out;
}

void show_copies(Invocation& call, const std::vector<BookedCopy>& copies, array& out) {
  if (copies.empty()) return;
  call.terminal.say({"披露登记中可能还含有这些内容的（请收回或请对方删除）：",
                     "By the disclosure ledger these may still contain it (get them back, or have "
                     "them destroyed):"});
  std::size_t count = 0;
  for (auto at = copies.rbegin(); at != copies.rend(); ++at) {
    const BookedCopy& copy = *at;
    const std::string purpose = visible(copy.disclosure.purpose, false);
    if (count++ < kShownCopies)
      call.terminal.say({"  " + local_time(copy.claimed_ms) + "  " + copy.kind.zh + "  " +
                             copy.recipient(Language::kChinese) + "  " + purpose,
                         "  " + local_time(copy.claimed_ms) + "  " +
                             copy.kind.in(Language::kEnglish) + "  " +
                             copy.recipient(Language::kEnglish) + "  " + purpose});
    array names;
    for (const std::string& registry : copy.disclosure.registries) names.emplace_back(registry);
    out.push_back(object{{"at_ms", copy.claimed_ms},
                         {"kind", copy.disclosure.kind},
                         {"to", copy.disclosure.recipient},
                         {"registries", std::move(names)},
                         {"disclosure", copy.id.hex()}});
  }
  if (count > kShownCopies) {
    const std::string more = std::to_string(count - kShownCopies);
    call.terminal.say({"  另有 " + more + " 份更早的", "  and " + more + " earlier ones"});
  }
}

}  // namespace cunju::cli
