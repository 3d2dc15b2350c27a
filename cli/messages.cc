// SPDX-License-Identifier: Apache-2.0
#include "cli/messages.h"

#include "cli/exit_code.h"

namespace cunju::cli {
namespace {

using registry::Label;

const Label kNothingChanged{"没有改动任何数据。", "Nothing was changed."};
const Label kRecordsSafe{"已保存的记录都在，没有丢失。", "What was saved is still there."};

Label with(const char* zh, const char* en, const Label& detail) {
  return {std::string(zh) + detail.zh, std::string(en) + detail.en};
}

}  // namespace

ErrorText describe(const Error& error, const Label& detail, const std::string& program) {
  switch (error.code) {
    case Errc::kInvalidArgument:
      return {with("无法使用：", "This can't be used: ", detail),
              kNothingChanged,
              {"请改正后再试。", "Correct it and try again."}};
    case Errc::kMalformed:
      return {with("内容残缺或格式不对：", "Incomplete or malformed: ", detail),
              kNothingChanged,
              {"请向提供者再要一份完整的。", "Ask whoever gave it for a complete copy."}};
    case Errc::kLimit:
      return {with("超出限额：", "Over a limit: ", detail),
              kNothingChanged,
              {"请分成几次做，或把内容变短。", "Do it in several steps, or make it shorter."}};
    case Errc::kUnsupported:
      return {with("由更新版本的程序写成：", "Written by a newer program: ", detail),
              kRecordsSafe,
              {"请升级村居。", "Upgrade Cunju."}};
    case Errc::kNotFound:
      return {with("找不到：", "Not found: ", detail),
              kNothingChanged,
              {"请核对编号或路径。", "Check the id or path."}};
    case Errc::kExists:
      return {with("已经存在：", "Exists already: ", detail), kNothingChanged, {}};
    case Errc::kPermission:
      return {
          with("名册没有给您这项权限：", "The roster does not allow you this: ", detail),
          kNothingChanged,
          {"请主任授权，或由有权限的人办理。", "Ask the chair, or let somebody entitled do it."}};
    case Errc::kBadSignature:
      return {with("签名不符，不予接受：", "The signature is wrong, not accepted: ", detail),
              kRecordsSafe,
              {"请核对来源。", "Check where it comes from."}};
    case Errc::kBadPassphrase:
      return {{"口令或钥匙文件不对。", "Wrong passphrase or key file."},
              kNothingChanged,
              {"请重新输入；大小写要一致。", "Try again; capitals matter."}};
    case Errc::kLocked:
      return {{"需要口令，但没有给出。", "A passphrase is needed and none was given."},
              kNothingChanged,
              {"请在终端里运行，或用 CUNJU_PASSPHRASE_FILE 指定口令文件。",
               "Run it in a terminal, or name a file in CUNJU_PASSPHRASE_FILE."}};
    case Errc::kFork:
      return {with("这把钥匙在同一处签过不同的内容，已冻结：",
                   "This key signed different changes and is frozen: ", detail),
              kRecordsSafe,
              {"各支内容都在。请换一把钥匙：cunju key replace，再由负责人 cunju key admit。",
               "All of it is kept. Get a new key: cunju key replace, then an officer's cunju key "
               "admit."}};
    case Errc::kMissing:
      return {with("还缺先到的内容：", "Something it depends on has not arrived: ", detail),
              kNothingChanged,
              {"请先交换数据（" + program + " sync）。",
               "Exchange data first (" + program + " sync)."}};
    case Errc::kConflict:
      return {
          with("要先由人决定：", "A person has to decide first: ", detail), kNothingChanged, {}};
    case Errc::kTampered:
      return {with("内容与签名不符：", "Differs from what was signed: ", detail), kRecordsSafe, {}};
    case Errc::kCorrupt:
      return {with("数据文件损坏：", "The store is damaged: ", detail),
              {"已交换出去的记录在对方那里都还在。", "What was exchanged is still with the peers."},
              {"请不要再写入，运行 " + program + " doctor。",
               "Stop writing and run " + program + " doctor."}};
    case Errc::kDiskFull:
      return {with("磁盘满了：", "The disk is full: ", detail),
              kRecordsSafe,
              {"腾出空间后再试，无需重启。", "Free some space and try again."}};
    case Errc::kIo:
      return {with("系统拒绝读写：", "The operating system refused: ", detail),
              kRecordsSafe,
              {"请检查磁盘与权限。", "Check the disk and permissions."}};
    case Errc::kNetwork:
      return {with("连不上或连接中断：", "Unreachable, or the link was cut: ", detail),
              kRecordsSafe,
              {"有网络时再试，会从断点继续。", "Try again; it continues where it stopped."}};
    case Errc::kProtocol:
      return {
          with("对方没有遵守约定：", "The peer broke the protocol: ", detail), kRecordsSafe, {}};
    case Errc::kTimeout:
      return {with("等待超时：", "Timed out: ", detail),
              kRecordsSafe,
              {"请稍后再试。", "Try again later."}};
  }
  return {with("出错：", "Error: ", detail), {}, {}};
}

ExitCode exit_code_of(Errc code) {
  switch (code) {
    case Errc::kInvalidArgument:
    case Errc::kMalformed:
    case Errc::kLimit:
      return ExitCode::kUsage;
    case Errc::kNotFound:
      return ExitCode::kNotFound;
    case Errc::kBadPassphrase:
    case Errc::kLocked:
      return ExitCode::kLocked;
    case Errc::kPermission:
      return ExitCode::kPermission;
    case Errc::kExists:
    case Errc::kConflict:
    case Errc::kMissing:
    case Errc::kFork:
      return ExitCode::kConflict;
    case Errc::kTampered:
      return ExitCode::kNegative;
    case Errc::kDiskFull:
    case Errc::kIo:
      return ExitCode::kIo;
    case Errc::kBadSignature:
    case Errc::kNetwork:
    case Errc::kProtocol:
    case Errc::kTimeout:
      return ExitCode::kNetwork;
    case Errc::kUnsupported:
      return ExitCode::kUnsupported;
    case Errc::kCorrupt:
      return ExitCode::kInternal;
  }
  return ExitCode::kInternal;
}

}  // namespace cunju::cli
