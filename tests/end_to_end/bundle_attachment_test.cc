// SPDX-License-Identifier: Apache-2.0
//
// Scans of a village that only sticks connect with its street office: as real processes write and
// read them, with sticks that are small, damaged, read twice or pulled out.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/end_to_end/attached_files.h"
#include "tests/support/member_names.h"
#include "tests/support/tiny_disk.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> letters_on(const fs::path& stick) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(stick / "CUNJU"))
    if (entry.path().extension() == ".CUB") out.push_back(entry.path());
  return out;
}

std::int64_t sum_of(const boost::json::object& object, const std::string& list,
                    const char* member) {
  std::int64_t out = 0;
  for (const auto& letter : object.at(list).as_array())
    for (const auto& space : letter.as_object().at("spaces").as_array())
      out += Desk::number_of(space.as_object(), member);
  return out;
}

/// Of all files of a `bundle read`.
std::int64_t taken(const std::vector<boost::json::object>& read, const char* member) {
  std::int64_t out = 0;
  for (const boost::json::object& object : read)
    if (const auto* attachments = object.if_contains("attachments"))
      out += Desk::number_of(attachments->as_object(), member);
  return out;
}

/// A village and its office with a stick between them.
struct Carried {
  Carried() : stick((desks.folder / "stick").string()) { fs::create_directories(stick); }

  std::string attach(const std::string& record, const std::string& field, std::size_t bytes,
                     std::uint64_t seed) {
    const std::string content = random_text(bytes, seed);
    desks.a.run({"attach", "minutes", record, field,
                 write_file(desks.folder, "file" + std::to_string(seed), content)});
    return content;
  }
  boost::json::object write(const std::vector<std::string>& options = {}, int exit_code = 0) {
    return write_to(stick, options, exit_code);
  }
  boost::json::object write_to(const std::string& path, const std::vector<std::string>& options,
                               int exit_code) {
    std::vector<std::string> line{"bundle", "write", "--to", "街道", path, "--json"};
    std::ranges::copy(options, std::back_inserter(line));
    return Desk::parse_lines(desks.a.run(line, exit_code).out).front();
  }
  std::vector<boost::json::object> read() { return desks.o.json({"bundle", "read", stick}); }
  std::string opened(const std::string& record, const std::string& field) {
    const std::string out = (desks.folder / ("out" + std::to_string(++opened_))).string();
    desks.o.run({"open", "minutes", record, field, "--to", out});
    return read_text_file(out);
  }
  void clear() { fs::remove_all(fs::path(stick) / "CUNJU"); }

  ThreeDesks desks;
  std::string stick;
  int opened_ = 0;
};

}  // namespace

TEST_CASE("Scans go to the office on a stick, once, and come back as they were",
          "[bundle][attachments]") {
  Carried carried;
  const std::string id = carried.desks.a.add({"minutes", "title=议事", "body=council"});
  const std::string scan = carried.attach(id, "scan", 300'000, 1);
  const std::string note = carried.attach(id, "scan", 10, 2);
  const auto planned = carried.write({"--dry-run"});
  const auto written = carried.write();
  CHECK(sum_of(planned, "letters", "attachments") == 2);
  CHECK(sum_of(written, "letters", "attachments") == 2);
  CHECK(sum_of(written, "letters", "attachment_bytes") ==
        sum_of(planned, "letters", "attachment_bytes"));
  REQUIRE(letters_on(carried.stick).size() == 1);
  CHECK(fs::file_size(letters_on(carried.stick).front()) ==
        static_cast<std::uintmax_t>(
            Desk::number_of(written.at("letters").as_array().front().as_object(), "file_bytes")));
  CHECK(Desk::number_of(planned.at("letters").as_array().front().as_object(), "file_bytes") ==
        Desk::number_of(written.at("letters").as_array().front().as_object(), "file_bytes"));
  // What the stick holds is said before it is taken.
  CHECK(carried.desks.o.run({"--lang", "zh", "bundle", "show", carried.stick})
            .out.find("附件 2 个") != std::string::npos);
  CHECK(taken(carried.read(), "whole") == 2);
  CHECK(carried.opened(id, "scan.1") == scan);
  CHECK(carried.opened(id, "scan.2") == note);
  CHECK(taken(carried.read(), "known") == 2);
  // Its receipt says that they are there: only what is new goes.
  carried.desks.a.run({"bundle", "read", carried.stick});
  carried.clear();
  carried.attach(id, "photo", 70'000, 3);
  const auto second = carried.write();
  CHECK(sum_of(second, "letters", "attachments") == 1);
  CHECK(taken(carried.read(), "whole") == 1);
}

TEST_CASE("A large attachment goes on a stick when somebody asks for it, or is told to",
          "[bundle][attachments]") {
  Carried carried;
  carried.desks.o.run({"fetch", "--policy", "--each", "100KiB"});
  const std::string id = carried.desks.a.add({"minutes", "title=议事", "body=council"});
  const std::string content = carried.attach(id, "photo", 400'000, 1);
  const std::string other = carried.attach(id, "scan", 500'000, 2);
  // The writer's policy would send both, and the reader's takes neither.
  carried.write();
  const RunResult left = carried.desks.o.run({"--lang", "zh", "bundle", "read", carried.stick});
  CHECK(left.out.find("2 个附件（") != std::string::npos);
  CHECK(left.out.find("--attachments all") != std::string::npos);
  CHECK(left.out.find("没有收的见上面") != std::string::npos);
  carried.desks.a.run({"bundle", "read", carried.stick});
  carried.clear();
  CHECK(carried.write().at("letters").as_array().empty());
  CHECK(sum_of(carried.write({"--dry-run", "--attachments", "all"}), "letters", "attachments") ==
        2);
  CHECK(carried.write({"--dry-run", "--attachments", "none"}).at("letters").as_array().empty());
  carried.desks.a.run({"bundle", "write", "--to", "街道", carried.stick, "--attachments", "some"},
                      2);

  // The office wants one of the record's two, and its receipt says so.
  const auto show = carried.desks.o.json({"show", "minutes", id}).front();
  carried.desks.o.run({"fetch", "minutes", id});
  carried.desks.o.run({"bundle", "receipt", "--to", "幸福村", carried.stick});
  const auto wished = carried.write();
  CHECK(sum_of(wished, "letters", "attachments") == 2);
  CHECK(taken(carried.read(), "whole") == 2);
  CHECK(carried.opened(id, "photo") == content);
  CHECK(carried.opened(id, "scan") == other);
}

TEST_CASE("Whoever reads the last part of a bundle first is told to read that stick again",
          "[bundle][attachments]") {
  TinyDisk small;
  if (small.is_missing()) return;
  Carried carried;
  carried.stick = (small / "").string();
  const std::string id = carried.desks.a.add({"minutes", "title=议事", "body=council"});
  carried.attach(id, "photo", 900'000, 1);
  carried.attach(id, "scan", 900'000, 2);
  CHECK(Desk::number_of(carried.write({}, 1), "missing_attachments") > 0);
  const std::string first = (carried.desks.folder / "first").string(),
                    last = (carried.desks.folder / "last").string();
  for (const std::string& stick : {first, last}) fs::create_directory(stick);
  fs::copy(fs::path(carried.stick) / "CUNJU", fs::path(first) / "CUNJU");
  carried.clear();
  carried.desks.a.run({"bundle", "write", "--continue", carried.stick});
  fs::copy(fs::path(carried.stick) / "CUNJU", fs::path(last) / "CUNJU");

  const Desk& office = carried.desks.o;
  const RunResult early = office.run({"--lang", "en", "bundle", "read", last, "--no-receipt"}, 1);
  CHECK((early.out + early.err).find("Read this stick again after the other parts") !=
        std::string::npos);
  CHECK(early.out.find("changes nothing") == std::string::npos);
  office.run({"bundle", "read", first, "--no-receipt"});
  const RunResult again = office.run({"--lang", "en", "bundle", "read", last, "--no-receipt"});
  CHECK(again.out.find("takes nothing twice") != std::string::npos);
  for (const char* field : {"photo", "scan"}) CHECK(carried.opened(id, field).size() == 900'000);
}

TEST_CASE("Of attachments that were erased meanwhile nobody waits for another part of their bundle",
          "[bundle][attachments]") {
  TinyDisk small;
  if (!small.mounted()) {
    WARN("tmpfs can't be mounted here; not tested");
    return;
  }
  Carried carried;
  ThreeDesks& desks = carried.desks;
  desks.a.run({"member", "grant", name_with(desks.a, "clerk"), "--role", "supervisor", "--yes"});
  carried.stick = (small / "").string();
  const std::string id = desks.a.add({"minutes", "title=议事", "body=council"});
  carried.attach(id, "photo", 900'000, 1);
  carried.attach(id, "photo", 900'000, 2);
  carried.write({}, 1);
  carried.clear();
  CHECK(carried.write({"--continue"}).at("letters").as_array().front().as_object().at("part") == 2);
  auto sync = [&] {
    auto server = desks.a.serve();
    const std::string address = server->wait_until_listening();
    for (const Desk* desk : {&desks.b, &desks.o, &desks.b}) desk->run({"sync", address});
    CHECK(server->stop() == 0);
  };
  sync();
  const std::string erasure =
      Desk::text_of(desks.a
                        .json({"erase", "record", "minutes", id, "--reason", "误录", "--basis",
                               "第四十七条", "--against-retention", "--yes"})
                        .front(),
                    "erasure");
  desks.a.run({"erase", "approve", erasure, "--yes"});
  sync();
  desks.b.run({"erase", "approve", erasure, "--yes"});
  sync();
  // All that the first part had came by the network.
  for (int times = 0; times < 2; ++times) {
    const RunResult read = desks.o.run({"--lang", "en", "bundle", "read", carried.stick});
    CHECK(read.out.find("no record that can be read here refers to them") != std::string::npos);
    CHECK(read.err.find("Read this stick again") == std::string::npos);
  }
}

TEST_CASE("A large attachment goes over several small sticks, and nothing of it goes twice",
          "[bundle][attachments]") {
  TinyDisk small;
  if (small.is_missing()) return;
  Carried carried;
  carried.stick = (small / "").string();
  const std::string id = carried.desks.a.add({"minutes", "title=议事", "body=council"});
  const std::string content = carried.attach(id, "photo", 5'000'000, 1);
  auto written = carried.write({}, 1);
  std::int64_t bytes = sum_of(written, "letters", "attachment_bytes");
  CHECK(Desk::number_of(written, "missing_attachments") == 1);
  int sticks = 1;
  for (; Desk::number_of(written, "missing_attachments") > 0 && sticks < 9; ++sticks) {
    CHECK(taken(carried.read(), "partial") == 1);
    carried.clear();
    written =
        Desk::parse_lines(
            carried.desks.a.try_run({"bundle", "write", "--continue", carried.stick, "--json"}).out)
            .front();
    bytes += sum_of(written, "letters", "attachment_bytes");
  }
  CHECK(sticks >= 3);
  CHECK(taken(carried.read(), "whole") == 1);
  CHECK(carried.opened(id, "photo") == content);
  CHECK(bytes < 5'010'000);
}

TEST_CASE("A damaged or lost block of an attachment costs that block, and the next stick brings it",
          "[bundle][attachments]") {
  Carried carried;
  const std::string id = carried.desks.a.add({"minutes", "title=议事", "body=council"});
  const std::string content = carried.attach(id, "photo", 1'000'000, 1);
  carried.write();
  const fs::path file = letters_on(carried.stick).front();
  std::string bytes = read_text_file(file.string());
  const std::string whole = bytes;
  bytes[bytes.size() - 400'000] = static_cast<char>(bytes[bytes.size() - 400'000] ^ 1);
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  const RunResult read = carried.desks.o.run({"--lang", "zh", "bundle", "read", carried.stick}, 1);
  CHECK(read.err.find("附件部分有 1 块") != std::string::npos);
  CHECK(carried.desks.o.field("minutes", id, "title") == "议事");
  // A stick that was pulled out while it was copied: the annex is cut, the changes are there.
  fs::resize_file(file, 200'000);
  const RunResult shown = carried.desks.o.run({"--lang", "zh", "bundle", "show", carried.stick}, 1);
  CHECK(shown.err.find("附件和补的内容") != std::string::npos);
  CHECK(taken(carried.desks.o.json({"bundle", "show", carried.stick}, 1), "missing_slots") > 0);
  CHECK(carried.desks.o.run({"bundle", "read", carried.stick}, 1).err.find("附件部分有") !=
        std::string::npos);
  // The receipt, which is on the stick, is taken before something is written.
  fs::remove(file);
  const auto second = carried.write();
  CHECK(sum_of(second, "letters", "attachment_bytes") <= 65'536);
  CHECK(sum_of(second, "letters", "attachment_bytes") > 0);
  CHECK(taken(carried.read(), "whole") == 1);
  CHECK(carried.opened(id, "photo") == content);
}

}  // namespace cunju::test
