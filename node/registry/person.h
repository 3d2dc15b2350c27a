// SPDX-License-Identifier: Apache-2.0
//
// By what a person is found in records, and told from others: the identity number, or the name
// together with a telephone number. Names alone are nobody's. What a record or a row of a table has
// of these is read from all of its short texts, whatever their fields: definitions differ, and
// columns that no definition knows hold people too. Pure.
//   words of a text := the whole of it, and what stands between spaces and marks of punctuation
//   key             := "identity:" number | "name:" name "|phone:" number      compared as bytes
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/result.h"
#include "node/registry/date.h"
#include "node/registry/definition.h"

namespace cunju::registry {

/// Who is looked for; canonical. The identity number is there, or name and telephone number, or
/// all.
struct PersonQuery {
  std::string identity;
  std::string name;
  std::string phone;
};

/// As typed; what is not given is empty. Errors: kInvalidArgument (an identity or telephone number
/// that is none; nothing that tells a person from others).
Result<PersonQuery> parse_person(std::string_view identity, std::string_view name,
                                 std::string_view phone, Date today);

/// What the short texts of a record or row have of persons.
struct PersonTerms {
  std::set<std::string> identities;
  std::set<std::string> names;  ///< And every other word that could be one.
  std::set<std::string> phones;
  /// Numbers that stand within a word, behind other letters or with hyphens in them. They make
  /// nothing somebody's, but marks know them, and a record that has one is to be read.
  std::set<std::string> identities_within, phones_within;
  /// The first names and telephone numbers, of words or within: each pair of them is held against
  /// marks (person_limits.h). Nothing else is bounded.
  std::vector<std::string> marked_names, marked_phones;

  void add(std::string_view text, Date today);
  /// Short texts first: a list of names must not keep the one name of a field from the marks.
  void add(FieldValues values, Date today);

 private:
  void add_within(const std::vector<std::string>& words, Date today);
};
PersonTerms terms_of(const FieldValues& values, Date today);

/// The same by what persons of the record the definition says its fields are about; what is about
/// none of them is under the empty name. Without a definition all is.
std::map<std::string, PersonTerms> terms_by_party(const Definition* definition,
                                                  const FieldValues& values, Date today);

bool is_of(const PersonQuery& person, const PersonTerms& terms);
/// What of a person stands in prose, looked at piece by piece.
class PersonSight {
 public:
  explicit PersonSight(const PersonQuery& person) : person_(person) {}
  /// `text` is of any length. What spaces part is one word here, and a number with hyphens in it is
  /// that number.
  void look(std::string_view text);
  /// What short texts have, numbers within words among it.
  void add(const PersonTerms& terms);
  /// The identity number was seen, or name and telephone number.
  bool is_mentioned() const { return has_identity_ || (has_name_ && has_phone_); }

 private:
  const PersonQuery& person_;
  bool has_identity_ = false, has_name_ = false, has_phone_ = false;
};
/// Tells quickly of most texts that nothing of a person stands in them.
class PersonSieve {
 public:
  explicit PersonSieve(const PersonQuery& person);
  /// False: neither the terms of the text nor a sight of it has the person's identity number, name
  /// or telephone number. True says nothing.
  bool passes(std::string_view text) const;

 private:
  std::string name_;
  /// Digits that stand together, but for marks, wherever the number is written.
  std::string identity_begin_, phone_end_;
};

/// Whether a text of any length has the identity number, or name and telephone number, in it.
bool mentions(const PersonQuery& person, std::string_view text);

/// Under which keys the person is known again; one or two.
std::vector<std::string> keys_of(const PersonQuery& person);
/// All keys that the terms may stand for, but those of a person who is in `before`.
std::vector<std::string> keys_of(const PersonTerms& terms, const PersonTerms& before = {});

}  // namespace cunju::registry
