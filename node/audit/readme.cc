// SPDX-License-Identifier: Apache-2.0
#include "node/audit/export.h"

namespace cunju::audit {

std::string_view readme_text() {
  return R"(这是“村居”系统导出的数据。
==========================

怎么看：打开 spaces 下面的文件夹，每个村（居）一个。里面
  *.csv        登记簿表格，可以用电子表格软件打开（UTF-8）
  *.jsonl      同样的记录，每行一条，供程序读取；含已删除的记录和冲突中的全部取值
  schema.json  表格每一列是哪个字段
  *.toml       导出时使用的登记簿定义
  keys.json    成员、设备密钥和节点
  heads.json   每个作者日志的最后一条变更
  log/         经作者签名的原始变更，一切数据由此得出
  disclosed.json  （有公开保密内容时才有）所公开的每一处保密内容的钥匙，打不开别处；谁拿到这个
               文件夹，谁就能读这些内容
请不要改动或用表格软件另存这个文件夹里的文件，否则核验不能通过；需要编辑请先复制一份。
单元格以 = + - @ 开头时，前面加了一个单引号，防止被当作公式执行。

怎么核验：运行
  cunju verify 本文件夹
核验不需要密码，也不需要联网或原来的数据库。它检查每一个哈希、签名和链条，由日志重新算出所有记录，
再与表格逐行比较。通过时退出码为 0，被改动过则为 1，并指出位置。
核验能证明：内容出自所列密钥，此后没有被改动。核验不能证明：没有更新的数据；所写
时间只是自称；公开保密内容时，没有少给几处的钥匙（少给的，表里就是旧值或空着）。

本文件夹可能含有个人信息，请依法保管，用完删除。


This is data exported from Cunju.
=================================

Reading it: below "spaces" there is a folder for each committee, with
  *.csv        registers as tables for a spreadsheet (UTF-8)
  *.jsonl      the same records, one a line, for programs; with deleted records and every value
               of a conflict
  schema.json  which column of a table is which field
  *.toml       the definitions that were used
  keys.json    members, keys of their devices, nodes
  heads.json   the last change of each author's log
  log/         the signed changes from which everything else follows
  disclosed.json  only where confidential content was disclosed: the key of each part of it, which
               opens no other; whoever has this folder can read that content
Don't edit these files or save them from a spreadsheet, or they no longer verify: copy them first.
A cell that begins with = + - @ has an apostrophe in front, so that no spreadsheet runs it.

Verifying it: run
  cunju verify THIS-FOLDER
It needs no password, no network and no database. It checks every hash, signature and chain,
computes all records from the logs again and compares them with the tables line by line. Exit code
0 means verified, 1 means that something was changed; it says where.
It proves that the content comes from the keys named and was not changed since. It can't prove that
nothing newer exists, and times are what somebody claimed.

There may be personal data in this folder: keep it as the law demands and delete it after use.
)";
}

}  // namespace cunju::audit
