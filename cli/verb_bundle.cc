// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>

#include "cli/attachments.h"
#include "cli/bundle_json.h"
#include "cli/bundle_recipients.h"
#include "cli/bundle_words.h"
#include "cli/record_lookup.h"
#include "cli/verbs.h"
#include "node/peers/bundle_book.h"
#include "node/peers/peer_book.h"
#include "node/registry/attachment_text.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--to",
     "NODE",
     {"给哪台电脑（名称、使用人或编号开头），可重复；all：全部",
      "for which node: its name, its member's, or the beginning of its key; may repeat; all: every "
      "one"}},
    {"--dry-run", "", {"只算有多少、占多大，不写", "only count what would be written"}},
    {"--continue", "", {"接着上一支盘写下一部分", "go on where the last stick ended"}},
    {"--everything",
     "",
     {"全部重写，不看回执（对方电脑重装、或说缺内容时）",
      "all of it, whatever was receipted: for a computer that was set up anew or lacks something"}},
    {"--attachments",
     "WHICH",
     {"附件：small 小的和点名要的（平时）、all 全部、none 不带不收",
      "attachments: small ones and those that were asked for (as a rule), all, or none"}},
    {"--accept-unknown",
     "",
     {"也收名册上没有的电脑写的（每份改动照样核验签名）",
      "also take what a node wrote that no roster here names; every change is verified as ever"}},
    {"--no-receipt", "", {"读完不在盘上写回执", "put no receipt on the stick"}},
};
const ActionOptions kActions[] = {
    {"write", {"--to", "--dry-run", "--continue", "--everything", "--attachments"}},
    {"read", {"--no-receipt", "--accept-unknown", "--attachments"}},
    {"show", {}},
    {"receipt", {"--to"}}};

/// A node with what its bundles need, as long as the verb runs.
struct Desk {
  Desk(std::unique_ptr<node::Node> opened, std::unique_ptr<attachments::BlobFolder> folder)
      : node(std::move(opened)),
        blobs(std::move(folder)),
        attachments(node->replica(), *blobs, node->want_book(), node->unlocked().author.author()) {}
  static Result<std::unique_ptr<Desk>> open(Invocation& call) {
    CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
    CUNJU_TRY(std::unique_ptr<attachments::BlobFolder> blobs, open_blobs(*node));
    return std::make_unique<Desk>(std::move(node), std::move(blobs));
  }
  peers::BundleContext context() {
    return {.replica = node->replica(),
            .keys = node->unlocked(),
            .book = node->bundle_book(),
            .random = node->random(),
            .claimed_ms = node::Node::now_ms(),
            .attachments = &attachments};
  }

  std::unique_ptr<node::Node> node;
  std::unique_ptr<attachments::BlobFolder> blobs;
  peers::BundleAttachments attachments;
};

/// Nothing when nobody said; an error in words when it is no choice.
Result<std::optional<attachments::CarryChoice>> chosen_attachments(Invocation& call) {
  using attachments::CarryChoice;
  const std::optional<std::string> word = call.value("--attachments");
  if (!word) return std::optional<CarryChoice>();
  constexpr std::pair<std::string_view, CarryChoice> kChoices[] = {
      {"none", CarryChoice::kNone}, {"small", CarryChoice::kSmall}, {"all", CarryChoice::kAll}};
  for (const auto& [name, choice] : kChoices)
    if (*word == name) return std::optional(choice);
  return refused(call, Errc::kInvalidArgument,
                 {"--attachments " + *word + "；可用 small、all、none",
                  "--attachments " + *word + "; there are small, all, none"});
}

peers::BundleProgress progress_of(Invocation& call) {
  return [&call](std::uint64_t done, std::uint64_t total) {
    call.terminal.progress(registry::byte_size_text(done) + " / " +
                           registry::byte_size_text(total));
  };
}

/// The stick, the second word of the line.
Result<std::string> stick_of(Invocation& call) {
  if (call.arguments.size() < 2)
    return refused(call, Errc::kInvalidArgument,
                   {"没有写明 U 盘的路径", "the path of the stick is missing"});
  return call.arguments[1];
}

/// Also of those for whom a part was waiting before this run: nobody is left out unsaid.
Result<void> say_waiting(Invocation& call, node::Node& node, bool is_full) {
  CUNJU_TRY(const std::vector<peers::BundlePeer> waiting, all_waiting(node));
  show_waiting(call, waiting, is_full);
  return ok();
}

Result<void> say_next_steps(Invocation& call, node::Node& node,
                            const std::vector<peers::WrittenBundle>& bundles) {
  const bool has_letters = std::ranges::any_of(
      bundles, [](const peers::WrittenBundle& bundle) { return !bundle.letters.empty(); });
  CUNJU_TRYV(say_waiting(call, node, !has_letters));
  if (!has_letters) return ok();
  call.terminal.say(
      {"请安全弹出 U 盘带给对方，对方运行 cunju bundle read；读完把盘带回来，在这里也 read "
       "一次，下次就只带新的。",
       "Eject the stick and carry it there; they run cunju bundle read. Bring it back and read it "
       "here too: the next bundle then has only what is new."});
  call.terminal.say({"捆包已加密，只有收件的电脑打得开。",
                     "Bundles are encrypted; only the computers they are for can open them."});
  return ok();
}

Result<ExitCode> write(Invocation& call) {
  const bool is_dry_run = call.has("--dry-run");
  if (call.has("--continue") && call.has("--everything"))
    return refused(call, Errc::kInvalidArgument,
                   {"--continue 只写上一支盘以后的部分，不能与 --everything "
                    "一起用：要全部重写，请去掉 --continue",
                    "--continue writes what comes after the last stick, so it does not go with "
                    "--everything: leave it out to write all of it"});
  std::string dir;
  CUNJU_TRY(const std::optional<attachments::CarryChoice> choice, chosen_attachments(call));
  if (!is_dry_run || call.arguments.size() > 1) {
    CUNJU_TRY(dir, stick_of(call));
  }
  CUNJU_TRY(const std::unique_ptr<Desk> desk, Desk::open(call));
  node::Node* const node = desk->node.get();
  CUNJU_TRY(const std::vector<peers::BundlePeer> recipients, chosen_peers(call, *node));
  const peers::BundleContext context = desk->context();
  if (!is_dry_run) {
    CUNJU_TRYV(refuse_narrowed(call, *node, recipients));
    // The stick may have come back with receipts on it.
    Result<peers::StickReport> back = peers::read_receipts(context, dir);
    if (back.has_error()) {
      explain_stick(call, back.error(), dir);
      return back.error();
    }
    show_stick(call, *node, back.value());
  }
  Result<std::vector<peers::WrittenBundle>> written =
      peers::write_bundles(context, recipients, dir,
                           {.is_dry_run = is_dry_run,
                            .goes_on = call.has("--continue"),
                            .everything = call.has("--everything"),
                            .attachments = choice,
                            .progress = progress_of(call)});
  call.terminal.end_progress();
  if (written.has_error()) {
    explain_stick(call, written.error(), dir);
    return written.error();
  }
  ExitCode out = ExitCode::kOk;
  for (const peers::WrittenBundle& bundle : written.value()) {
    show_written(call, *node, bundle, is_dry_run);
    if (bundle.missing_bytes > 0 || !bundle.unreadable.empty()) out = ExitCode::kNegative;
  }
  if (!is_dry_run) {
    CUNJU_TRYV(say_next_steps(call, *node, written.value()));
  }
  return out;
}

/// Nothing that this node should be able to read.
bool is_of_others(const peers::ReadFile& file) {
  return file.state == peers::FileState::kNotForUs || file.state == peers::FileState::kOwn ||
         file.state == peers::FileState::kForeign;
}

/// Whether all that was for this node came over whole.
bool is_whole(const peers::ReadFile& file) {
  if (is_of_others(file)) return true;
  // One of an unknown writer that was taken is as good.
  const bool is_taken = file.state == peers::FileState::kReadable || !file.taken.spaces.empty();
  return is_taken && !is_early(file) && file.missing_chunks == 0 &&
         file.taken.damaged_chunks == 0 && file.taken.refused_items == 0 &&
         file.taken.passed_over.empty() && file.missing_slots == 0 &&
         file.annex.damaged_slots == 0 && file.annex.refused_items == 0;
}

Result<ExitCode> say_nothing_here(Invocation& call, const std::string& dir) {
  call.terminal.explain_whole(
      {{dir + " 上没有写给本机的捆包。", "There is no bundle for this computer in " + dir + "."},
       {"没有改动任何数据。", "Nothing was changed."},
       {"请核对是不是这支盘；也请对方核对 --to 写的是不是本机（" +
            call.terminal.command("node list") + "）。",
        "Is it the right stick? Let them check that --to named this computer (" +
            call.terminal.command("node list") + ")."}});
  return fail(Errc::kNotFound, "no bundle for this node");
}

bool has_any_for_us(const peers::StickReport& report) {
  return !std::ranges::all_of(report.files, is_of_others);
}

/// Under --json the objects come once, at the end.
Result<peers::StickReport> preview(Invocation& call, Desk& desk, const std::string& dir) {
  Result<peers::StickReport> report = peers::look_at_stick(desk.context(), dir);
  if (report.has_error()) {
    explain_stick(call, report.error(), dir);
    return report;
  }
  for (const peers::ReadFile& file : report.value().files)
    show_file(call, *desk.node, file, call.has("--accept-unknown"));
  return report;
}

void put_objects(Invocation& call, node::Node& node, const peers::StickReport& report) {
  for (const peers::ReadFile& file : report.files) call.terminal.object(file_json(node, file));
  boost::json::array receipts, answered;
  for (const peers::ReadReceipt& receipt : report.receipts)
    receipts.push_back(boost::json::object{{"from", receipt.from.node.hex()},
                                           {"space", receipt.space.hex()},
                                           {"new", receipt.filing == peers::Filing::kNew}});
  for (const auto& [file, peer] : report.answered)
    answered.push_back(boost::json::object{{"file", file}, {"to", peer.node.hex()}});
  call.terminal.object({{"receipts", std::move(receipts)},
                        {"refused_receipts", report.refused_receipts},
                        {"answered", std::move(answered)},
                        {"other_files", report.listing.others},
                        {"unfinished_files", report.listing.unfinished.size()},
                        {"autorun", report.listing.has_autorun}});
}

Result<ExitCode> show(Invocation& call) {
  CUNJU_TRY(const std::string dir, stick_of(call));
  CUNJU_TRY(const std::unique_ptr<Desk> desk, Desk::open(call));
  node::Node* const node = desk->node.get();
  CUNJU_TRY(const peers::StickReport report, preview(call, *desk, dir));
  show_stick(call, *node, report);
  put_objects(call, *node, report);
  if (!has_any_for_us(report)) return say_nothing_here(call, dir);
  return std::ranges::all_of(report.files, is_whole) && !report.not_kept ? ExitCode::kOk
                                                                         : ExitCode::kNegative;
}

void say_answers(Invocation& call, const peers::StickReport& report, const std::string& dir) {
  for (const auto& [file, peer] : report.answered) {
    const std::string to = peer_text(peer);
    call.terminal.say({"已在盘上写了给 " + to + " 的回执，请把盘带回去。",
                       "A receipt for " + to + " is on the stick: bring it back."});
  }
  if (!report.not_answered) return;
  if (report.not_answered->code == Errc::kTampered) {
    call.terminal.warn(
        {dir +
             " 没有留住写上去的回执：这支盘坏了，或者标的容量是假的，别再用它。不要紧：内容已经收下"
             "。"
             "回执写在别的盘上：" +
             call.terminal.command("bundle receipt --to NODE DIR"),
         dir +
             " has not kept the receipt that was put on it: it is broken, or has less room than it "
             "says; don't use it any more. What it held is safe here. Put a receipt on another "
             "stick: " +
             call.terminal.command("bundle receipt --to NODE DIR")});
    return;
  }
  call.terminal.warn(
      {"没能在 " + dir + " 上写回执（只读或已满）。不要紧：内容已经收下。回执可写在别的盘上：" +
           call.terminal.command("bundle receipt --to NODE DIR"),
       "No receipt could be put on " + dir +
           " (read-only, or full). What it held is safe here. Put a receipt on another "
           "stick: " +
           call.terminal.command("bundle receipt --to NODE DIR")});
}

/// Whoever wrote a letter that was read here was met, by this stick.
void note_writers(node::Node& node, const peers::StickReport& report) {
  for (const peers::ReadFile& file : report.files) {
    if (file.from)
      (void)node.peer_book().note_met(file.from->wire, peers::MeetWay::kStick, "",
                                      node::Node::now_ms());
  }
}

/// What a reading leaves behind, which depends on what came of it.
void say_end(Invocation& call, const peers::StickReport& report) {
  const bool took_any = !report.receipts.empty() ||
                        std::ranges::any_of(report.files, [](const peers::ReadFile& file) {
                          const attachments::CarriedReport& carried = file.attachments;
                          return !file.taken.spaces.empty() || !file.annex.parts.empty() ||
                                 carried.bytes > 0 || !carried.known.empty() ||
                                 !carried.whole.empty();
                        });
  if (!took_any) {
    call.terminal.say(
        {"没有收下什么，这里的数据没有变动。", "Nothing was taken, and nothing here has changed."});
    return;
  }
  const bool is_left = report.not_kept || std::ranges::any_of(report.files, [](const auto& file) {
                         return !is_whole(file) || !file.attachments.left.empty();
                       });
  if (is_left) {
    call.terminal.say(
        {"收下的都已存盘，这支盘再读一次也不会重复；没有收的见上面。",
         "What was taken is saved, and nothing of it is taken twice when the stick is "
         "read again. What was not taken is said above."});
  } else {
    call.terminal.say({"收下的都已存盘，这支盘再读一次也不会重复。",
                       "What was taken is saved; reading the stick again takes nothing twice."});
  }
}

Result<ExitCode> read(Invocation& call) {
  CUNJU_TRY(const std::string dir, stick_of(call));
  CUNJU_TRY(const std::optional<attachments::CarryChoice> choice, chosen_attachments(call));
  CUNJU_TRY(const std::unique_ptr<Desk> desk, Desk::open(call));
  node::Node* const node = desk->node.get();
  CUNJU_TRY(const peers::StickReport before, preview(call, *desk, dir));
  if (!has_any_for_us(before)) {
    show_stick(call, *node, before);
    put_objects(call, *node, before);
    return say_nothing_here(call, dir);
  }
  Result<peers::StickReport> taken =
      peers::read_stick(desk->context(), dir,
                        {.answers = !call.has("--no-receipt"),
                         .takes_unknown = call.has("--accept-unknown"),
                         .attachments = choice.value_or(attachments::CarryChoice::kSmall),
                         .progress = progress_of(call)});
  call.terminal.end_progress();
  if (taken.has_error()) {
    explain_stick(call, taken.error(), dir);
    return taken.error();
  }
  const peers::StickReport& report = taken.value();
  node->wake_server();
  note_writers(*node, report);
  for (const peers::ReadFile& file : report.files) show_taken(call, *node, file);
  show_stick(call, *node, report);
  CUNJU_TRY(const replica::ReplicaCounts counts, node->replica().counts());
  if (counts.pooled > 0) {
    const std::string waiting = std::to_string(counts.pooled);
    call.terminal.warn(
        {"有 " + waiting +
             " 份在等更早的内容，到了就自动用上；可能在另一支盘上。没有另一支盘的，请对方用 "
             "--everything 再写。",
         waiting +
             " changes wait for earlier ones, which may be on another stick. If there is none, "
             "let them write with --everything."});
  }
  say_end(call, report);
  say_answers(call, report, dir);
  put_objects(call, *node, report);
  return std::ranges::all_of(report.files, is_whole) && !report.not_kept ? ExitCode::kOk
                                                                         : ExitCode::kNegative;
}

Result<ExitCode> receipt(Invocation& call) {
  CUNJU_TRY(const std::string dir, stick_of(call));
  CUNJU_TRY(const std::unique_ptr<Desk> desk, Desk::open(call));
  node::Node* const node = desk->node.get();
  CUNJU_TRY(const std::vector<peers::BundlePeer> peers, chosen_peers(call, *node));
  for (const peers::BundlePeer& peer : peers) {
    Result<std::string> name = peers::write_receipts(desk->context(), peer, dir);
    if (name.has_error()) {
      explain_stick(call, name.error(), dir);
      return name.error();
    }
    call.terminal.say({"已写给 " + peer_text(peer) + " 的回执：CUNJU/" + name.value(),
                       "A receipt for " + peer_text(peer) + ": CUNJU/" + name.value()});
    call.terminal.object({{"to", peer.node.hex()}, {"file", name.value()}});
  }
  return ExitCode::kOk;
}

Result<ExitCode> run(Invocation& call) {
  const std::string& action = call.arguments[0];
  CUNJU_TRYV(require_options_of(call, action, kActions));
  if (action == "write") return write(call);
  if (action == "read") return read(call);
  if (action == "show") return show(call);
  if (action == "receipt") return receipt(call);
  return refused(call, Errc::kInvalidArgument,
                 {action + "；可用 write、read、show、receipt",
                  action + "; there are write, read, show, receipt"});
}

}  // namespace

const Verb kBundleVerb{
    .name = "bundle",
    .arguments = "write | read | show | receipt [DIR]",
    .min_arguments = 1,
    .max_arguments = 2,
    .summary = {"用 U 盘交换数据：写捆包、读捆包、看盘上有什么",
                "exchange changes on a stick: write a bundle, read one, look what is there"},
    .details =
        {"write 把对方还没有的内容和附件加密写到盘上（DIR/CUNJU），装不下时换一支盘加 --continue "
         "接着写；"
         "read 先说明盘上有什么，再收下，并写回执；show 只看不收；receipt 只写回执。"
         "大的附件对方用 fetch 点名、回执带回来后才写，或写时加 --attachments "
         "all。对方有什么，只看它签名的回执，不看以前送过什么，所以盘丢了也不会缺内容。",
         "write puts what the others lack on the stick (DIR/CUNJU), encrypted, attachments among "
         "it; "
         "what does not fit goes on another one with --continue. read says what is there, takes "
         "it, "
         "and leaves a receipt; show only looks; receipt only leaves a receipt. Large attachments "
         "are written once the others have asked for them (fetch) and their receipt is here, or "
         "with --attachments all. What the others have is known from their "
         "signed receipts, never from what was sent, so a lost stick loses nothing."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
