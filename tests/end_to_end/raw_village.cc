// SPDX-License-Identifier: Apache-2.0
#include "tests/end_to_end/raw_village.h"
#include "tests/end_to_end/scope_desks.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "tests/end_to_end/village_tables.h"
#include "tests/support/cutting_proxy.h"
#include "tests/support/desk_words.h"
#include "tests/support/planted.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Ten rows of either table are planted: a name, a number and a telephone of each letting, a name
/// and a sentence of each case.
constexpr int kPlantedRows = 10;

const Words kGrounds{"--reason", "本人要求", "--basis", "个保法第四十七条"};

boost::json::object erasure_of(const Desk& desk, const std::string& erasure) {
  return desk.json({"erase", "status", erasure}).front();
}

}  // namespace

RawVillage::RawVillage(const VillageSize& size, std::uint64_t seed) : size_(size), dice_(seed) {
  village_.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  village_.run({"member", "grant", "文书甲", "--role", "mediator", "--yes"});
  pair_desks(village_, colleague_, "clerk");
  pair_desks(village_, supervisors_, "supervisor");
  pair_desks(village_, office_, "office");
  for (int i = 0; i < kPlantedRows; ++i) {
    // The first two rows are others: they are what is erased.
    const int letting = i * (size.tenancies - 2) / kPlantedRows + 2,
              file = i * (size.cases - 2) / kPlantedRows + 2;
    for (std::string word : {tenant(letting), identity_number(letting), phone(letting)})
      kept_tenants_.push_back(std::move(word));
    for (std::string word : {party(file), sentence(file)}) kept_cases_.push_back(std::move(word));
  }
}

std::string RawVillage::id_of(const std::string& registry, const std::string& filter) const {
  return Desk::text_of(village_.json({"list", registry, filter}).front(), "id");
}

void RawVillage::plant() {
  import_table(village_, folder_, "mediation", cases_csv(size_.cases), size_.cases);
  import_table(village_, folder_, "tenancy", tenancies_csv(size_.tenancies), size_.tenancies);
  plant_person();
  plant_minutes();
  plant_case();
  plant_fields();
  meet(2);
  // What the office has had of confidential parts it destroys.
  std::string node;
  for (const auto& each : office_.json({"node", "list"}))
    if (each.at("own").as_bool()) node = Desk::text_of(each, "node");
  village_.run({"node", "scope", node, "shell", "--yes"});
  exchange(village_, office_);
  CHECK(Desk::number_of(office_.json({"status"}).front(), "withheld") > 0);
}

/// In a letting with a scan, in values that were written over and taken out, and in a house.
void RawVillage::plant_person() {
  ErasedThing letting{
      .registry = "tenancy", .id = id_of("tenancy", "premises_id=FW-0"), .field = ""};
  letting.secret_words = {tenant(0),          phone(0),       "13611110000",
                          identity_number(0), "司徒长风之妹", "押金条上写着不要告诉房东",
                          "端木小楼合同"};
  village_.run({"set", "tenancy", letting.id, "tenant_phone=13611110000", "occupants+=司徒长风之妹",
                "remarks=押金条上写着不要告诉房东"});
  village_.run({"set", "tenancy", letting.id, "occupants-=司徒长风之妹", "remarks=另有说明"});
  const std::string scan = (folder_ / "端木小楼合同.pdf").string();
  std::ofstream(scan, std::ios::binary) << "%PDF-1.7 " << kScanned << std::string(100'000, 'x');
  village_.run({"attach", "tenancy", letting.id, "contract_scan", scan});
  ErasedThing house{.registry = "rental", .id = "", .field = ""};
  house.open_words = {"七巷深处第三扇蓝门", "七巷口拆后新门牌九十九"};
  house.secret_words = {identity_number(0)};
  house.id = village_.add({"rental", "premises_id=R-0", "address=" + house.open_words[0],
                           "owner_identity_number=" + identity_number(0)});
  village_.run({"set", "rental", house.id, "address=" + house.open_words[1]});
  erased_.push_back(std::move(letting));
  erased_.push_back(std::move(house));
}

/// Minutes whose class is of ten years, which are over, with an older version of their text.
void RawVillage::plant_minutes() {
  ErasedThing minutes{.registry = "minutes", .id = "", .field = ""};
  minutes.open_words = {"皇甫家祠堂修缮之会", "南宫二叔公", "令狐大娘说她家漏雨已经十年",
                        "西门家出了木料三百斤"};
  minutes.id = village_.add({"minutes", "title=" + minutes.open_words[0], "body=council",
                             "start=2010-05-01 09:00", "archive_class=years_10",
                             "observers+=" + minutes.open_words[1]});
  const std::string file = (folder_ / "typed").string();
  const auto write = [&](const std::string& text) {
    std::ofstream(file) << text << "。\n";
    village_.run({"text", "set", "minutes", minutes.id, "discussion", file});
  };
  write(minutes.open_words[2]);
  old_version_ = Desk::text_of(
      village_.json({"text", "show", "minutes", minutes.id, "discussion"}).front(), "version");
  write(minutes.open_words[3]);
  village_.run({"set", "minutes", minutes.id, "observers-=" + minutes.open_words[1]});
  erased_.push_back(std::move(minutes));
}

void RawVillage::plant_case() {
  ErasedThing file{
      .registry = "mediation", .id = id_of("mediation", "case_no=2026-0"), .field = ""};
  file.secret_words = {party(0), sentence(0), "又说檐水打湿了过年的腊肉", "13522220000"};
  village_.run({"set", "mediation", file.id, "brief=" + file.secret_words[2],
                "applicant_phone=" + file.secret_words[3]});
  erased_.push_back(std::move(file));
}

/// A telephone number, which goes alone, and an address, whose neighbours are written again.
void RawVillage::plant_fields() {
  ErasedThing number{
      .registry = "tenancy", .id = id_of("tenancy", "premises_id=FW-1"), .field = "tenant_phone"};
  number.secret_words = {phone(1), "13700001111"};
  village_.run({"set", "tenancy", number.id, "tenant_phone=" + number.secret_words[1]});
  ErasedThing address{.registry = "rental", .id = "", .field = "address"};
  address.open_words = {"石榴树下的旧祠堂后院", "改口说是祠堂前院东厢"};
  address.id = village_.add({"rental", "premises_id=R-1", "address=" + address.open_words[0]});
  village_.run({"set", "rental", address.id, "address=" + address.open_words[1]});
  erased_.push_back(std::move(number));
  erased_.push_back(std::move(address));
}

void RawVillage::exchange(const Desk& host, const Desk& guest) const {
  test::meet(host, guest);
  REQUIRE(host.state_hash() == guest.state_hash());
}

void RawVillage::meet(int rounds) const {
  auto server = village_.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  for (int round = 0; round < rounds; ++round)
    for (const Desk* desk : {&colleague_, &supervisors_, &office_}) desk->run({"sync", address});
  CHECK(server->stop() == 0);
  const std::string hash = village_.state_hash();
  for (const Desk* desk : {&colleague_, &supervisors_, &office_})
    REQUIRE(desk->state_hash() == hash);
}

Milliseconds RawVillage::any_time() {
  return Milliseconds{1 + dice_() % static_cast<std::uint64_t>(typical_.count() * 5 / 4 + 1)};
}

void RawVillage::run_killed(const Desk& desk, const Words& words) {
  const RunResult result = desk.try_run(words, any_time());
  CHECK((result.signal == 9 || result.exit_code == 0));
  killed_ += result.signal == 9 ? 1 : 0;
}

void RawVillage::exchange_killed(const Desk& host, const Desk& guest) {
  {
    auto server = host.serve();
    const std::string address = server->wait_until_listening();
    for (int i = 0; i < size_.kills; ++i) {
      run_killed(guest, {"sync", address});
      look("a guest was killed");
    }
    server->kill_now();
  }
  for (int i = 0; i < size_.kills; ++i) sync_while_server_dies(host, guest);
  exchange(host, guest);
}

void RawVillage::sync_while_server_dies(const Desk& host, const Desk& guest) {
  auto server = host.serve();
  const std::string address = server->wait_until_listening();
  ServerProcess syncing(program_path(), guest.at_home({"sync", address}), guest.environment(),
                        guest.home() + ".sync");
  std::this_thread::sleep_for(any_time());
  server->kill_now();
  for (int i = 0; i < 600 && syncing.is_running(); ++i) std::this_thread::sleep_for(50ms);
  CHECK_FALSE(syncing.is_running());
  look("a serving node was killed");
}

void RawVillage::ask_for_all() {
  for (ErasedThing& thing : erased_) {
    if (!thing.erasure.empty()) continue;
    Words words;
    const bool is_person = &thing == &erased_[0];
    if (is_person) {
      words = {"erase", "person", "--identity", identity_number(0)};
    } else if (thing.field.empty()) {
      words = {"erase", "record", thing.registry, thing.id, "--against-retention"};
    } else {
      words = {"erase", "field", thing.registry, thing.id, thing.field, "--carry"};
    }
    thing.erasure =
        Desk::text_of(village_.json(with(with(words, kGrounds), {"--yes"})).front(), "erasure");
    if (is_person) erased_[1].erasure = thing.erasure;
  }
}

std::vector<std::string> RawVillage::erasures() const {
  std::set<std::string> out;
  for (const ErasedThing& thing : erased_) out.insert(thing.erasure);
  return {out.begin(), out.end()};
}

void RawVillage::approve_killed(const std::string& erasure) {
  for (int i = 0; i < size_.kills; ++i) {
    run_killed(supervisors_, {"erase", "approve", erasure, "--yes"});
    check_absent(supervisors_.home(), all_words(), 4);
  }
  // Said and durable, or not said at all.
  if (Desk::text_of(erasure_of(supervisors_, erasure), "state") != "erased")
    supervisors_.run({"erase", "approve", erasure, "--yes"});
  const auto done = erasure_of(supervisors_, erasure);
  CHECK(Desk::text_of(done, "state") == "erased");
  CHECK(Desk::number_of(done, "present") == 0);
}

void RawVillage::erase() {
  for (const Desk* desk : all())
    fs::copy(desk->home() + "/data", desk->home() + ".before", fs::copy_options::recursive);
  ask_for_all();
  const std::vector<std::string> asked = erasures();
  REQUIRE(asked.size() == erased_.size() - 1);
  // Hidden at once where it was asked for.
  CHECK_FALSE(is_shown(village_));
  for (const std::string& erasure : asked) village_.run({"erase", "approve", erasure, "--yes"});
  exchange(village_, supervisors_);
  // What it takes whole decides when a kill can hit its middle.
  const auto begin = std::chrono::steady_clock::now();
  supervisors_.run({"erase", "approve", asked[0], "--yes"});
  typical_ = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begin);
  for (std::size_t i = 1; i < asked.size(); ++i) approve_killed(asked[i]);
  exchange_killed(supervisors_, village_);
  exchange_killed(village_, office_);
  look("all but the colleague have erased");
}

void RawVillage::bring_back_colleague() {
  REQUIRE(is_shown(colleague_));
  auto server = village_.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  for (int i = 0; i < size_.kills; ++i) {
    run_killed(colleague_, {"sync", address});
    check_glimpse();
  }
  // So narrow that somebody can look while it comes.
  const CuttingProxy line(address, {.cut_after = 300s, .bytes_per_second = 30'000});
  ServerProcess syncing(program_path(), colleague_.at_home({"sync", line.address()}),
                        colleague_.environment(), colleague_.home() + ".sync");
  int glimpses = 0;
  while (syncing.is_running()) {
    check_glimpse();
    ++glimpses;
  }
  CHECK(glimpses > 0);
  // The line is torn where one end hangs up, so this is the first exchange that ends in peace.
  colleague_.run({"sync", address});
  CHECK(check_glimpse());
  CHECK_FALSE(is_shown(colleague_));
  CHECK(server->stop() == 0);
  look("the colleague is back");
  CHECK(killed_ > 0);
  // Everybody's receipts go round.
  meet(2);
}

void RawVillage::compact_all() {
  for (const Desk* desk : all()) {
    const std::string before = desk->state_hash();
    compact(desk->home());
    CHECK(desk->state_hash() == before);
    CHECK(desk->run({"doctor"}).exit_code == 0);
  }
  look("all stores are compact");
  check_reach("all stores are compact", true);
  check_readers();
  exchange(village_, colleague_);
}

}  // namespace cunju::test
