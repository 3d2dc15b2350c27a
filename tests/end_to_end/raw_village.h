// SPDX-License-Identifier: Apache-2.0
//
// A village whose files are looked through byte by byte while a person, two records and two fields
// of it are erased. Four computers:
//   village     keeps everything and reads everything;
//   supervisors relay: keep everything, and have the key of no confidential scope; they approve;
//   office      was full, and is a shell from then on: it keeps nothing confidential;
//   colleague   reads the rental registers, and is away while the others erase.
// Its words: `kept`, fifty of its tables, and `gone`, of what is erased. Each step fails the
// running test where it finds one of them that must not be there.
#pragma once

#include <array>
#include <random>
#include <string>
#include <vector>

#include "tests/support/opened_home.h"
#include "tests/support/village_process.h"

namespace cunju::test {

/// Stands in an attachment.
inline constexpr const char* kScanned = "第九条写明每月初一以大米折抵租金";

struct VillageSize {
  int cases = 0, tenancies = 0;
  /// How often each of them is killed where it can hit something.
  int kills = 0;
};

/// A record that goes, or one of which a field goes.
struct ErasedThing {
  std::string registry, id;
  std::string field;  ///< Empty: all of it.
  /// What stood there once or in the end, in parts that everybody may read, and in confidential
  /// ones.
  std::vector<std::string> open_words, secret_words;
  std::string erasure = "";
};

class RawVillage {
 public:
  RawVillage(const VillageSize& size, std::uint64_t seed);

  /// Imports, types, attaches, and narrows the office.
  void plant();
  /// No file of any home has any word, nor has memory of a locked node; each reads what it may, in
  /// its commands and below them.
  void check_before();
  /// Asks, and approves while commands and nodes are killed; all but the colleague hear of it.
  void erase();
  /// The colleague comes back over links that are cut, and over a slow one while somebody looks.
  void bring_back_colleague();
  /// Nothing of what is erased is in any command's output, export, file, memory, or anywhere that
  /// the keys of a home reach, also of copies from before; all the rest is there; all have
  /// receipts.
  void check_after();
  /// The same of stores that are written anew.
  void compact_all();

 private:
  std::string id_of(const std::string& registry, const std::string& filter) const;
  void plant_person();
  void plant_minutes();
  void plant_case();
  void plant_fields();
  /// All exchange with the village, and have the same then.
  void meet(int rounds) const;
  /// Both exchange until they have the same.
  void exchange(const Desk& host, const Desk& guest) const;
  /// Killed at any time, as often as the village's size says, and at last not.
  void exchange_killed(const Desk& host, const Desk& guest);
  void sync_while_server_dies(const Desk& host, const Desk& guest);
  Milliseconds any_time();
  void run_killed(const Desk& desk, const Words& words);
  void ask_for_all();
  void approve_killed(const std::string& erasure);
  std::vector<std::string> erasures() const;

  /// No word in any file of any home, whoever runs.
  void look(const std::string& when) const;
  void check_memory(const std::string& when) const;
  /// What the keys of a home reach of its words: `kept` and, before they are erased, `gone`.
  void check_reach(const std::string& when, bool is_erased) const;
  void check_readers() const;
  void check_says_nothing(const Desk& desk) const;
  void check_exports_nothing(const Desk& desk) const;
  void check_receipts(const Desk& desk) const;
  /// While or before it hears: whatever it knows of is shown no more. Whether it knows of all.
  bool check_glimpse() const;
  /// What its commands show of a thing.
  std::string shown(const Desk& desk, const ErasedThing& thing) const;
  bool is_shown(const Desk& desk) const;
  std::vector<std::string> all_gone() const;
  std::vector<std::string> all_words() const;
  std::array<const Desk*, 4> all() const {
    return {&village_, &supervisors_, &office_, &colleague_};
  }

  VillageSize size_;
  std::mt19937_64 dice_;
  Milliseconds typical_{0};  ///< What an approval that destroys takes.
  int killed_ = 0;
  TempFolder folder_;
  Desk village_{folder_, "village"}, supervisors_{folder_, "supervisors"},
      office_{folder_, "office"}, colleague_{folder_, "colleague"};
  /// Of the tables, in confidential fields of tenancies and of mediation files.
  std::vector<std::string> kept_tenants_, kept_cases_;
  std::vector<ErasedThing> erased_;
  std::string old_version_;  ///< Of the minutes' text.
};

}  // namespace cunju::test
