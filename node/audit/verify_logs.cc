// SPDX-License-Identifier: Apache-2.0
#include "node/audit/verify_logs.h"

#include <map>

#include "crdt/base/limits.h"
#include "node/audit/log_file.h"
#include "node/audit/manifest.h"

namespace cunju::audit {
namespace {

constexpr std::string_view kLogFolder = "log/";
/// Changes between two calls of the progress sink.
constexpr std::uint64_t kProgressStep = 256;

std::string log_path(const SpaceId& space, const AuthorKey& author) {
  return space_folder(space) + std::string(kLogFolder) + author.hex() + ".log";
}

class LogVerifier {
 public:
  LogVerifier(const SpaceId& space, const AuthorKey& author, std::vector<Change>& out,
              VerifyReport& report)
      : space_(space), author_(author), out_(out), report_(report) {}

  /// Changes that belong together are judged together: a chain ends where a link is broken.
  template <class OnChange>
  void run(std::vector<Change> changes, OnChange&& on_change) {
    std::vector<Change> chain;
    std::vector<bool> is_signed;
    auto end_chain = [&] {
      judge(std::move(chain), is_signed);
      chain.clear();
      is_signed.clear();
    };
    std::uint64_t expected = 0;
    for (Change& change : changes) {
      if (begins_branch(change, expected)) {
        report_.warning(place(change.header.seq.value), "这支笔在同一处签了两份不同的变更（分叉）",
                        "the key has signed two different changes here: its log is forked");
        end_chain();
      } else if (!belongs(change, expected)) {
        ++expected;
        continue;
      } else if (!chain.empty()) {
        Result<void> linked = check_successor(chain.back(), change);
        if (linked.has_error()) {
          report_.error(place(expected), "与前一条变更接不上",
                        "chain broken: " + linked.error().context);
          end_chain();
        }
      }
      expected = change.header.seq.value + 1;
      places_.emplace(change.id, change.header.seq);
      last_ = change.id;
      is_signed.push_back(has_valid_signature(change));
      chain.push_back(std::move(change));
      on_change();
    }
    end_chain();
  }

 private:
  std::string place(std::size_t seq) const { return place_of_change(space_, author_, Seq{seq}); }

  /// A change that does not go on where the one before it in the file ends, but after an earlier
  /// one: the log is forked, and here its next branch begins.
  bool begins_branch(const Change& change, std::uint64_t expected) const {
    const ChangeHeader& header = change.header;
    if (header.author != author_ || change.space() != space_ || expected == 0) return false;
    if (header.seq.value == 0) return header.prev.is_zero();
    auto before = places_.find(header.prev);
    return before != places_.end() && before->second.next() == header.seq && header.prev != last_;
  }

  bool belongs(const Change& change, std::uint64_t index) {
    if (change.header.author != author_ || change.space() != space_) {
      report_.error(place(index), "变更属于别的作者或村居",
                    "the change is of another author or space");
      return false;
    }
    if (change.header.seq.value != index) {
      report_.error(place(index), "变更顺序不对或有缺失",
                    "the change is out of order, or one is missing");
      return false;
    }
    return true;
  }

  void judge(std::vector<Change> chain, const std::vector<bool>& is_signed) {
    std::size_t authentic = chain.size();
    while (authentic > 0 && !is_signed[authentic - 1]) --authentic;
    for (std::size_t i = 0; i < chain.size(); ++i) {
      const std::string at = place(chain[i].header.seq.value);
      if (is_signed[i]) {
        ++report_.counts.signatures;
      } else if (i < authentic) {
        report_.warning(at, "签名无效，但后面的签名涵盖了它",
                        "its own signature is bad, but a later one covers it");
      } else {
        report_.error(at, "签名无效", "its signature does not verify");
        continue;
      }
      out_.push_back(std::move(chain[i]));
    }
  }

  const SpaceId& space_;
  const AuthorKey& author_;
  std::vector<Change>& out_;
  VerifyReport& report_;
  std::map<ChangeId, Seq> places_;  ///< Of the file's changes so far.
  ChangeId last_;
};

}  // namespace

std::string place_of_change(const SpaceId& space, const AuthorKey& author, Seq seq) {
  return log_path(space, author) + " change " + std::to_string(seq.value);
}

std::vector<Change> verify_logs(const SpaceId& space, const SpaceContent& content,
                                const ProgressSink& progress, VerifyReport& report) {
  std::vector<Change> out;
  Progress at{.space = space};
  for (const auto& [name, bytes] : content) {
    if (!name.starts_with(kLogFolder) || !bytes) continue;
    std::optional<AuthorKey> author =
        AuthorKey::from_hex(std::string_view(name).substr(kLogFolder.size(), 64));
    if (!author) continue;  // The manifest's paths were checked.
    const std::string path = log_path(space, *author);
    LogFile file = parse_log_file(*bytes);
    if (!file.fault.empty())
      report.error(path + " byte " + std::to_string(file.fault_offset) + " change " +
                       std::to_string(file.changes.size()),
                   "变更已损坏：" + file.fault, "damaged change: " + file.fault);
    if (file.fault.empty() && file.changes.empty())
      report.error(path, "日志是空的", "the log is empty");
    report.counts.changes += file.changes.size();
    if (out.size() + file.changes.size() > limits::kMaxExportChanges) {
      report.error(path, "变更太多：kMaxExportChanges", "too many changes: kMaxExportChanges");
      break;
    }
    at.total += file.changes.size();
    LogVerifier(space, *author, out, report).run(std::move(file.changes), [&] {
      if (++at.done % kProgressStep == 0 && progress) progress(at);
    });
  }
  if (progress) progress(at);
  return out;
}

}  // namespace cunju::audit
