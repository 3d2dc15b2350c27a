// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "cli/record_lookup.h"
#include "node/agent/agent_client.h"

namespace cunju::cli {
namespace {

void explain_empty_home(const Invocation& call) {
  const std::string init = call.terminal.command("init"), join = call.terminal.command("join");
  const std::string home = call.home.string();
  call.terminal.explain({home + " 里还没有数据；先 " + init + " 建账，或 " + join + " 加入",
                         "nothing is in " + home + " yet; " + init + " founds a space, " + join +
                             " takes an invitation"});
}

}  // namespace

Result<keys::Unlock> ask_unlock(Invocation& call, bool is_new) {
  if (auto file = call.value("--key-file")) {
    keys::KeyFile key_file{*file};
    if (is_new && !std::filesystem::exists(key_file.path)) {
      CUNJU_TRYV(keys::create_key_file(key_file.path, crypto::system_random()));
    }
    return keys::Unlock(std::move(key_file));
  }
  Label prompt = is_new ? Label{"设定口令", "Choose a passphrase"} : Label{"口令", "Passphrase"};
  CUNJU_TRY(keys::Passphrase passphrase, ask_passphrase(call.terminal, prompt, is_new));
  return keys::Unlock(std::move(passphrase));
}

namespace {

/// Whether a node that serves this home lent the clerk's keys. Who named a passphrase file or key
/// file means that one.
Result<bool> borrow_keys(Invocation& call, node::Node& node) {
  const char* named = std::getenv(keys::kPassphraseFileVariable);
  if (call.has("--key-file") || (named != nullptr && *named != '\0')) return false;
  Result<agent::Reply> reply =
      agent::ask(call.home, {.kind = agent::RequestKind::kKeys, .clerk = call.clerk, .keys = {}});
  // Whatever is wrong with the other node, the passphrase opens this one.
  if (reply.has_error()) return false;
  if (reply.value().answer == agent::Answer::kWhichClerk)
    return refused(call, Errc::kInvalidArgument,
                   {"本机已有几位工作人员解锁，请写明是谁：--clerk 姓名",
                    "several clerks have unlocked this node; say who you are: --clerk NAME"});
  if (reply.value().answer != agent::Answer::kDone || !reply.value().keys) return false;
  Result<void> opened = node.unlock(std::move(*reply.value().keys));
  // Keys of before a replacement: the passphrase opens the ones of now.
  if (opened.has_error() && opened.error().code == Errc::kTampered && !node.is_unlocked())
    return false;
  CUNJU_TRYV(opened);
  return true;
}

}  // namespace

Result<std::unique_ptr<node::Node>> open_node(Invocation& call) {
  Result<std::unique_ptr<node::Node>> node = node::Node::open(call.home);
  if (node.has_error()) {
    if (node.error().code == Errc::kNotFound) explain_empty_home(call);
    return node;
  }
  CUNJU_TRY(bool is_open, borrow_keys(call, *node.value()));
  if (is_open) return node;
  CUNJU_TRY(keys::Unlock unlock, ask_unlock(call, false));
  CUNJU_TRYV(node.value()->unlock(call.clerk, unlock));
  return node;
}

std::string space_name(node::Node& node, const SpaceId& space) {
  Result<std::shared_ptr<const Roster>> roster = node.replica().roster(space);
  return roster.has_value() ? roster.value()->space_name : short_id(space.hex());
}

Result<std::vector<SpaceId>> chosen_spaces(node::Node& node, const Invocation& call) {
  CUNJU_TRY(std::vector<SpaceId> all, node.replica().spaces());
  if (call.space.empty()) return all;
  std::vector<SpaceId> out;
  for (const SpaceId& space : all) {
    Result<std::shared_ptr<const Roster>> roster = node.replica().roster(space);
    bool is_named = roster.has_value() && (roster.value()->space_name == call.space ||
                                           roster.value()->space_code == call.space);
    bool is_prefix = call.space.size() >= 4 && space.hex().starts_with(call.space);
    if (is_named || is_prefix) out.push_back(space);
  }
  if (out.empty()) return fail(Errc::kNotFound, "space " + call.space);
  return out;
}

Result<SpaceId> chosen_space(node::Node& node, const Invocation& call) {
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(node, call));
  if (spaces.empty()) {
    explain_empty_home(call);
    return fail(Errc::kNotFound, "space");
  }
  if (spaces.size() == 1) return spaces.front();
  std::vector<SpaceId> own;
  for (const SpaceId& space : spaces) {
    // The founder's log begins with the change whose id is the space's.
    for (const keys::Clerk& clerk : node.keystore().clerks()) {
      CUNJU_TRY(std::optional<ChangeId> first,
                node.replica().find_change(space, clerk.author, Seq{0}));
      if (first && first->value == space.value) own.push_back(space);
    }
  }
  if (own.size() == 1) return own.front();
  std::string names;
  for (const SpaceId& space : spaces) names += " " + space_name(node, space);
  return fail(Errc::kInvalidArgument, "--space:" + names);
}

std::string local_time(std::uint64_t claimed_ms) {
  using namespace std::chrono;
  constexpr hours kChinaOffset{8};
  // A claim may be any 64-bit number; what no calendar shows is shown as it is.
  if (claimed_ms > 253'402'300'799'000ULL) return std::to_string(claimed_ms) + " ms";
  sys_time<milliseconds> time{milliseconds(static_cast<std::int64_t>(claimed_ms)) + kChinaOffset};
  sys_days day = floor<days>(time);
  year_month_day date{day};
  hh_mm_ss clock{floor<minutes>(time - day)};
  char text[64];
  std::snprintf(text, sizeof(text), "%04d-%02u-%02u %02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()));
  return text;
}

registry::Date today() {
  using namespace std::chrono;
  return registry::Date{floor<days>(system_clock::now() + hours(8))};
}

std::string author_name(const Roster& roster, const AuthorKey& author) {
  const std::string_view name = roster.name_of(author);
  return name.empty() ? short_id(author.hex()) : std::string(name);
}

std::string short_id(const std::string& hex) { return hex.substr(0, 12); }

}  // namespace cunju::cli
