// SPDX-License-Identifier: Apache-2.0
#include "cli/subject_wider.h"

#include <algorithm>
#include <set>

namespace cunju::cli {
namespace {

/// Each costs a search through all records.
constexpr std::size_t kMaxWiderPhones = 8;

using Records = std::set<RecordId>;

Result<council::PersonSearch> search(const OpenRequest& request,
                                     const registry::PersonQuery& person) {
  return council::find_person(request.node->replica(), *request.found.book.catalog, request.space(),
                              person, today());
}

/// Those in whose fields the person is. The register of requests has what was typed at the desk.
Records records_of(const council::PersonSearch& found) {
  Records out;
  for (const council::PersonRecord& record : found.records)
    if (record.place == council::PersonPlace::kFields && record.registry != kRequestsRegistry)
      out.insert(record.record);
  return out;
}

/// Telephone numbers of the same party as the identity number and the name.
Result<std::set<std::string>> phones_beside(const OpenRequest& request,
                                            const council::PersonSearch& found,
                                            const registry::PersonQuery& person) {
  std::set<std::string> out;
  const Book& book = request.found.book;
  for (const council::PersonRecord& record : found.records) {
    if (record.place != council::PersonPlace::kFields || record.registry == kRequestsRegistry)
      continue;
    CUNJU_TRY(const registry::RecordRow row, book.records->get(record.record, record.registry));
    for (const auto& [party, terms] :
         registry::terms_by_party(book.catalog->find(record.registry), row.values, today()))
      if (terms.identities.contains(person.identity) && terms.names.contains(person.name))
        out.insert(terms.phones.begin(), terms.phones.end());
  }
  return out;
}

void say(Invocation& call, const OpenRequest& request, const registry::PersonQuery& wider,
         std::size_t count) {
  const std::string records = std::to_string(count);
  const Label found{"只按证件号查，漏了 " + records + " 条：它们没有证件号，有同一姓名和电话 " +
                        wider.phone + "。",
                    "By the number alone " + records +
                        " records are left out: they have no number, but the same name and the "
                        "telephone number " +
                        wider.phone + ". "};
  registry::PersonTerms own;
  own.add(request.text("applicant_phone"), today());
  Label next{"核实是同一人的，加 --name " + shell_word(wider.name) + " --phone " + wider.phone +
                 " 一并办理。",
             "If that is the same person, add --name " + shell_word(wider.name) + " --phone " +
                 wider.phone + "."};
  if (request.text("asked_by") != "self") {
    next = {"代别人请求的不凭电话认人：请人工核对后另行答复。",
            "Of whom somebody else asks for, a telephone number proves nothing: look at them by "
            "hand."};
  } else if (!own.phones.contains(wider.phone)) {
    const std::string command = call.terminal.command("set requests " + short_id(request.id()) +
                                                      " applicant_phone=" + wider.phone);
    next = {"核实是同一人的，先登记电话：" + command + "，再加 --name " + shell_word(wider.name) +
                " --phone " + wider.phone + " 一并办理。",
            "If that is the same person, enter the telephone number first: " + command +
                ", then add --name " + shell_word(wider.name) + " --phone " + wider.phone + "."};
  }
  call.terminal.warn({found.zh + next.zh, found.en + next.en});
}

}  // namespace

Result<boost::json::array> warn_of_wider(Invocation& call, const OpenRequest& request,
                                         const registry::PersonQuery& person) {
  boost::json::array out;
  if (person.identity.empty() || !person.name.empty()) return out;
  registry::PersonQuery named = person;
  named.name = name_of_meant(request);
  if (named.name.empty()) return out;
  CUNJU_TRY(const council::PersonSearch found, search(request, person));
  const Records known = records_of(found);
  CUNJU_TRY(const std::set<std::string> phones, phones_beside(request, found, named));
  std::size_t looked = 0;
  for (const std::string& phone : phones) {
    if (++looked > kMaxWiderPhones) break;
    named.phone = phone;
    CUNJU_TRY(const council::PersonSearch wider, search(request, named));
    Records more = records_of(wider);
    std::erase_if(more, [&](const RecordId& record) { return known.contains(record); });
    if (more.empty()) continue;
    say(call, request, named, more.size());
    out.push_back(boost::json::object{{"phone", phone}, {"records", more.size()}});
  }
  return out;
}

}  // namespace cunju::cli
