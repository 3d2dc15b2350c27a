// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"
#include "cli/verbs.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--new-passphrase-file",
     "FILE",
     {"新口令所在的文件（第一行）", "file whose first line is the new passphrase"}},
    {"--new-key-file",
     "FILE",
     {"改用钥匙文件，没有就新建", "use a key file from now on; made if there is none"}},
};

Result<keys::Unlock> ask_new(Invocation& call) {
  if (auto file = call.value("--new-key-file")) {
    keys::KeyFile key_file{*file};
    if (!std::filesystem::exists(key_file.path)) {
      CUNJU_TRYV(keys::create_key_file(key_file.path, crypto::system_random()));
    }
    return keys::Unlock(std::move(key_file));
  }
  if (auto file = call.value("--new-passphrase-file")) {
    CUNJU_TRY(keys::Passphrase passphrase, keys::read_passphrase_file(*file));
    return keys::Unlock(std::move(passphrase));
  }
  CUNJU_TRY(keys::Passphrase passphrase,
            ask_new_passphrase(call.terminal, {"新口令", "New passphrase"}));
  return keys::Unlock(std::move(passphrase));
}

Result<ExitCode> run(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, node::Node::open(call.home));
  CUNJU_TRY(keys::Unlock old, ask_unlock(call, false));
  CUNJU_TRYV(node->unlock(call.clerk, old));
  CUNJU_TRY(keys::Unlock fresh, ask_new(call));
  CUNJU_TRYV(node->keystore().change_passphrase(node->unlocked(), fresh, node->random(),
                                                keys::calibrated_cost()));
  const std::string clerk = node->unlocked().clerk;
  call.terminal.say({clerk + " 的口令已改，旧口令不再有效。数据没有改动。",
                     "Changed the passphrase of " + clerk +
                         "; the old one opens nothing any more. No record was rewritten."});
  call.terminal.object({{"clerk", clerk}});
  return ExitCode::kOk;
}

}  // namespace

const Verb kPassphraseVerb{
    .name = "passphrase",
    .arguments = "",
    .min_arguments = 0,
    .max_arguments = 0,
    .summary = {"修改自己的口令", "change your own passphrase"},
    .details = {"只改这一位工作人员的；别人的口令不变。旧的备份仍用旧口令能打开。",
                "Only this clerk's; others keep theirs. An older backup still opens with the old "
                "one."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
