// SPDX-License-Identifier: Apache-2.0
#include "node/registry/write_refusal.h"

#include "node/registry/record_book.h"
#include "node/replica/replica.h"

namespace cunju::registry {

std::optional<WriteRefusal> find_write_refusal(std::string_view context) {
  if (context == "kMaxAuthorTextLoad") {
    return WriteRefusal{
        Errc::kLimit,
        "text_share",
        {"您在这条记录的长文字里写的总量已到上限；请让同事续写，或另立一条记录",
         "you have used your share of this record's texts; let a colleague go on, or begin another "
         "record"}};
  }
  if (context == "kMaxAuthorTextLoad passed") {
    return WriteRefusal{
        Errc::kLimit,
        "passed_share",
        {"被名册剔除的修改压在这段文字上，份量太大，现在写不进去；请有权限的人用 late list 查看，"
         "用 cunju late admit 采纳后再存。没有写入任何内容，您写的文字还在",
         "changes that the roster takes out weigh too much on this text to write in it now; ask "
         "somebody with office to look at late list and to admit them (cunju late admit), then "
         "save again. Nothing was written, and your text is kept"}};
  }
  if (context == "kMaxTextPassed") {
    return WriteRefusal{
        Errc::kLimit,
        "passed_ranges",
        {"这条记录里被名册剔除的修改太多、太零散，现在写不进去；请有权限的人用 late list 查看，"
         "用 cunju late admit 采纳后再存。没有写入任何内容，您写的文字还在",
         "too many scattered changes of this record are taken out by the roster to write in it "
         "now; ask somebody with office to look at late list and to admit them (cunju late admit), "
         "then save again. Nothing was written, and your text is kept"}};
  }
  if (context == "kMaxPins") {
    return WriteRefusal{
        Errc::kLimit,
        "roster_branches",
        {"名册上互不知情的改动太多，一次引用不下，现在写不进去；请先与大家同步，请主任等有权限的人"
         "在名册上再办一项，把它们接在一起，然后再存。没有写入任何内容，您写的文字还在",
         "the roster has more changes beside each other than one change can name; exchange with "
         "the others, have somebody with office act on the roster once more, which joins them, "
         "then save again. Nothing was written, and your text is kept"}};
  }
  if (context == replica::kFinalInItsVersion) {
    return WriteRefusal{
        Errc::kInvalidArgument,
        "frozen_then",
        {"这一版当时已经定稿，照着它改的文字不会生效；请照现在的文字改",
         "the texts were final in that version, and an edit of it would have no effect; edit the "
         "text as it is now"}};
  }
  if (context == replica::kShownHasFallen) {
    return WriteRefusal{
        Errc::kConflict,
        kFallenSince,
        {"您照着改的内容里，有一部分在此期间已经失效（写它的人的权限或记录链有了变化），"
         "没有保存；请看现在的内容，把您写的并进去再存",
         "part of what you made this from lost its effect meanwhile, because its author's rights "
         "or log changed. This was not saved: look at what is there now and work yours into it"}};
  }
  return std::nullopt;
}

}  // namespace cunju::registry
