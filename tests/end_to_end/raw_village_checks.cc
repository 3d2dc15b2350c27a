// SPDX-License-Identifier: Apache-2.0
//
// What is looked at in a RawVillage before, while and after it erases.
#include <algorithm>
#include <filesystem>
#include <set>
#include <thread>

#include "node/keys/unlock.h"
#include "tests/end_to_end/person_desks.h"
#include "tests/end_to_end/raw_village.h"
#include "tests/end_to_end/village_tables.h"
#include "tests/support/desk_words.h"
#include "tests/support/planted.h"
#include "tests/support/process_memory.h"

namespace cunju::test {
namespace {

using namespace std::chrono_literals;

const Words kRegisters{"tenancy", "rental", "minutes", "mediation"};

void append(std::vector<std::string>& words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
}

std::size_t count_in(const std::string& text, const std::vector<std::string>& words) {
  return static_cast<std::size_t>(
      std::ranges::count_if(words, [&](const auto& word) { return has(text, word); }));
}

bool wait_until_locked(const ServerProcess& server) {
  for (int i = 0; i < 300; ++i) {
    if (has(server.out(), "\"locked\"")) return true;
    std::this_thread::sleep_for(50ms);
  }
  return false;
}

}  // namespace

std::vector<std::string> RawVillage::all_gone() const {
  std::vector<std::string> out;
  for (const ErasedThing& thing : erased_) {
    append(out, thing.open_words);
    append(out, thing.secret_words);
  }
  return out;
}

std::vector<std::string> RawVillage::all_words() const {
  std::vector<std::string> out = all_gone();
  append(out, kept_tenants_);
  append(out, kept_cases_);
  out.emplace_back(kScanned);
  return out;
}

void RawVillage::look(const std::string& when) const {
  INFO(when);
  for (const Desk* desk : all()) check_absent(desk->home(), all_words(), 4);
}

void RawVillage::check_before() {
  CHECK(kept_tenants_.size() + kept_cases_.size() == 50);
  look("nobody runs");
  {
    auto server = village_.serve();
    const std::string address = server->wait_until_listening();
    for (const Desk* desk : {&colleague_, &supervisors_, &office_}) desk->run({"sync", address});
    look("the village serves");
    server->kill_now();
  }
  look("the village was killed");
  // A command that is killed in the middle of a table leaves nothing readable either.
  const std::string table = (folder_ / "again.csv").string();
  std::ofstream(table) << cases_csv(size_.cases);
  village_.try_run({"import", "mediation", table, "--map", (folder_ / "mediation.toml").string()},
                   60ms);
  look("an import was killed");
  check_memory("before erasing");
  check_reach("before erasing", false);
  check_readers();
  const std::string scan = (folder_ / "scan").string();
  village_.run({"open", erased_[0].registry, erased_[0].id, "contract_scan.1", "--to", scan});
  CHECK(has(read_text_file(scan), kScanned));
  CHECK(PersonDesks::blobs(village_) == 1);
}

void RawVillage::check_memory(const std::string& when) const {
  INFO(when);
  const HomeKeys opens = keys_of(village_.home(), village_.key_file());
  REQUIRE_FALSE(opens.epochs.empty());
  auto key = keys::read_key_file(village_.key_file());
  REQUIRE(key);
  std::vector<std::string> words = in_all_spellings(all_words());
  append(words, opens.all());
  words.emplace_back(as_text(key.value().view()));
  words.push_back(village_.home());
  auto server = village_.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  colleague_.run({"sync", address});
  // The search finds what there is.
  const MemorySearch open = search_memory(server->pid(), words);
  for (const std::string& secret : opens.device)
    if (open.bytes > 0) CHECK(open.found.contains(secret));
  CHECK(run_program(program_path(), {"--home", village_.home(), "lock"}).exit_code == 0);
  REQUIRE(wait_until_locked(*server));
  const MemorySearch locked = search_memory(server->pid(), words);
  if (locked.bytes == 0) {
    WARN("skipped: this user may not read the memory of a process that keeps it to itself");
  } else {
    CHECK(locked.found == std::set<std::string>{village_.home()});
  }
  CHECK(server->stop() == 0);
}

void RawVillage::check_reach(const std::string& when, bool is_erased) const {
  INFO(when);
  const std::vector<std::string> words = all_words();
  for (const Desk* desk : all()) {
    CAPTURE(desk->home());
    const bool reads_tenants = desk == &village_ || desk == &colleague_;
    std::set<std::string> expected;
    const auto expect = [&](const std::vector<std::string>& more, bool is_read) {
      if (is_read) expected.insert(more.begin(), more.end());
    };
    expect(kept_tenants_, reads_tenants);
    expect(kept_cases_, desk == &village_);
    for (const ErasedThing& thing : erased_) {
      if (is_erased) break;
      expect(thing.open_words, true);
      expect(thing.secret_words, thing.registry == "mediation" ? desk == &village_ : reads_tenants);
    }
    const HomeKeys opens = keys_of(desk->home(), desk->key_file());
    const auto found = readable_words(desk->home() + "/data", desk->home() + "/keys", opens, words);
    std::set<std::string> anywhere;
    for (const auto& [table, here] : found) anywhere.insert(here.begin(), here.end());
    CHECK(anywhere == expected);
    // Every word was written once; what was written over is in no view.
    CHECK(found.at("changes") == expected);
    // Whoever took a copy before, and the keys after, has no more.
    if (!is_erased) continue;
    const auto copied =
        readable_words(desk->home() + ".before", desk->home() + "/keys", opens, words);
    const std::vector<std::string> gone = all_gone();
    for (const auto& [table, here] : copied) {
      CAPTURE(table);
      for (const std::string& word : here) CHECK(std::ranges::find(gone, word) == gone.end());
    }
    // What stays has kept its keys, so that the search has found what there is.
    CHECK(copied.at("views") == expected);
  }
}

void RawVillage::check_readers() const {
  const auto list = [](const Desk& desk, const char* registry) {
    return desk.run({"list", registry, "--json"}).out;
  };
  CHECK(count_in(list(village_, "mediation"), kept_cases_) == kept_cases_.size());
  CHECK(count_in(list(village_, "tenancy"), kept_tenants_) == kept_tenants_.size());
  CHECK(count_in(list(colleague_, "tenancy"), kept_tenants_) == kept_tenants_.size());
  CHECK(count_in(list(colleague_, "mediation"), kept_cases_) == 0);
  for (const Desk* desk : {&supervisors_, &office_})
    for (const char* registry : {"mediation", "tenancy"}) {
      const std::string shown = list(*desk, registry);
      CHECK(count_in(shown, kept_cases_) + count_in(shown, kept_tenants_) == 0);
    }
}

std::string RawVillage::shown(const Desk& desk, const ErasedThing& thing) const {
  std::string out = said(desk.try_run({"show", thing.registry, thing.id}));
  if (thing.registry == "minutes")
    out += said(desk.try_run({"text", "show", "minutes", thing.id, "discussion"}));
  return out;
}

bool RawVillage::is_shown(const Desk& desk) const {
  return std::ranges::any_of(erased_, [&](const ErasedThing& thing) {
    const std::string out = shown(desk, thing);
    return count_in(out, thing.open_words) + count_in(out, thing.secret_words) > 0;
  });
}

bool RawVillage::check_glimpse() const {
  std::set<std::string> known;
  for (const auto& each : colleague_.json({"erase", "status"}))
    known.insert(Desk::text_of(each, "erasure"));
  for (const ErasedThing& thing : erased_) {
    if (!known.contains(thing.erasure)) continue;
    const std::string out = shown(colleague_, thing);
    INFO(out);
    CHECK(count_in(out, thing.open_words) == 0);
    CHECK(count_in(out, thing.secret_words) == 0);
  }
  return known.size() == erasures().size();
}

void RawVillage::check_after() {
  look("all have erased");
  for (const Desk* desk : all()) {
    CAPTURE(desk->home());
    check_says_nothing(*desk);
    check_exports_nothing(*desk);
    check_receipts(*desk);
    CHECK(PersonDesks::blobs(*desk) == 0);
    CHECK(desk->run({"doctor"}).exit_code == 0);
  }
  check_readers();
  check_reach("all have erased", true);
  check_memory("after erasing");
  // Next to what went everything stays.
  const std::string letting = village_.run({"show", "tenancy", erased_[4].id}).out;
  CHECK(has(letting, tenant(1)));
  CHECK(village_.field("rental", erased_[5].id, "premises_id") == "R-1");
}

void RawVillage::check_says_nothing(const Desk& desk) const {
  std::string out;
  const auto add = [&](const RunResult& result) { out += said(result); };
  for (const std::string& registry : kRegisters)
    add(desk.run({"list", registry, "--deleted", "--json"}));
  for (const ErasedThing& thing : erased_) {
    const int exit_code = thing.field.empty() ? 3 : 0;
    add(desk.run({"show", thing.registry, thing.id}, exit_code));
    add(desk.run({"history", thing.registry, thing.id}, exit_code));
  }
  for (const Words& version : {Words{}, {"--version", old_version_}})
    add(desk.run(with({"text", "show", "minutes", erased_[2].id, "discussion"}, version), 3));
  desk.run({"open", "tenancy", erased_[0].id, "contract_scan.1", "--to", desk.home() + ".scan"}, 3);
  add(desk.run({"conflicts"}));
  add(desk.run({"late", "list"}));
  add(desk.run({"erase", "status"}));
  CHECK(desk.json({"list", "tenancy", "tenant_phone=13611110000"}).empty());
  CHECK(desk.json({"list", "rental", "address~蓝门"}).empty());
  if (desk.home() == village_.home() || desk.home() == colleague_.home()) {
    const auto found = desk.json({"subject", "find", "--identity", identity_number(0)}).front();
    CHECK(found.at("records").as_array().empty());
  }
  for (const std::string& word : all_gone())
    if (has(out, word)) FAIL_CHECK("a command says " + word);
}

void RawVillage::check_exports_nothing(const Desk& desk) const {
  const std::string out = desk.home() + ".export";
  desk.run({"export", "--out", out});
  const RunResult verified = run_program(program_path(), {"verify", "--deep", out});
  INFO(verified.out);
  CHECK(verified.exit_code == 0);
  // Of confidential fields nothing is in it, whoever writes it.
  check_absent(out, all_words(), 3);
}

void RawVillage::check_receipts(const Desk& desk) const {
  const auto known = desk.json({"erase", "status"});
  REQUIRE(known.size() == erasures().size());
  for (const boost::json::object& erasure : known) {
    INFO(erasure);
    CHECK(Desk::text_of(erasure, "state") == "erased");
    CHECK(Desk::number_of(erasure, "present") == 0);
    const auto& nodes = erasure.at("nodes").as_array();
    CHECK(nodes.size() == all().size());
    for (const auto& node : nodes) CHECK_FALSE(node.as_object().at("confirmed_ms").is_null());
  }
}

}  // namespace cunju::test
