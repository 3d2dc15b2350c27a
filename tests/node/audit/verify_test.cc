// SPDX-License-Identifier: Apache-2.0
#include "node/audit/verify.h"

#include <chrono>

#include "crdt/base/limits.h"
#include "node/audit/log_file.h"
#include "node/audit/verify_logs.h"
#include "tests/node/audit/export_fixture.h"
#include "tests/support/number_from.h"

namespace cunju::audit {
namespace {

/// A fresh export in "out" whose space folder is `space`.
struct Exported : test::StoredVillage {
  explicit Exported(int records = 6) {
    fill(records);
    require_export(*this, out);
    space_path = out / space_folder(space);
  }
  std::string log_name(const crypto::SigningKey& key) const {
    return "log/" + key.author().hex() + ".log";
  }
  fs::path out = folder / "out";
  fs::path space_path;
};

/// Every changed byte must be found; the folder is whole again afterwards.
void mutate(Exported& exported, std::uint64_t seed, std::uint64_t count) {
  CAPTURE(seed);
  crypto::SeededRandom random(seed);
  auto below = [&](std::uint64_t limit) {
    std::uint64_t value = 0;
    random.fill({reinterpret_cast<std::uint8_t*>(&value), sizeof(value)});
    return value % limit;
  };
  std::vector<std::string> paths;
  for (const auto& [path, size] : exported.require(list_folder(exported.out)).files)
    paths.push_back(path);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string& path = paths[i % paths.size()];
    const std::string before = read_file(exported.out / path);
    std::string after = before;
    const std::size_t at = below(after.size());
    after[at] = static_cast<char>(after[at] ^ static_cast<char>(1 + below(255)));
    write_file(exported.out / path, after);
    CAPTURE(i, path, at);
    const VerifyReport report = require_report(exported.out);
    REQUIRE_FALSE(report.ok);
    const bool is_named = names_place(report, path) || path == kManifestName;
    REQUIRE(is_named);
    write_file(exported.out / path, before);
  }
  REQUIRE(require_report(exported.out).ok);
}

TEST_CASE("A single changed byte in any file of an export is found and its file named") {
  Exported exported(3);
  mutate(exported, 20240601, test::number_from("CUNJU_MUTATIONS", 260));
}

TEST_CASE("A village's twenty thousand changes are exported and verified", "[.long]") {
  test::StoredVillage village;
  for (int batch = 0; batch < 40; ++batch) {
    std::vector<replica::ChangeDraft> drafts;
    for (int i = 0; i < 500; ++i)
      drafts.push_back({{{village.random.make<RecordId>(),
                          "rental",
                          kOpenScope,
                          {make_operation(OperationKind::kRegisterSet, "address",
                                          "清水路 " + std::to_string(i) + " 号")}}}});
    REQUIRE(village.replica->append(village.space, village.clerk, drafts, 1));
  }
  using Clock = std::chrono::steady_clock;
  auto seconds = [](Clock::duration time) { return std::chrono::duration<double>(time).count(); };
  const Clock::time_point start = Clock::now();
  require_export(village, village.folder / "out");
  const Clock::time_point exported = Clock::now();
  const VerifyReport report = require_report(village.folder / "out");
  WARN("export " << seconds(exported - start) << " s, verify " << seconds(Clock::now() - exported)
                 << " s");
  CHECK(report.ok);
  CHECK(report.counts.changes == 20'001);
}

TEST_CASE("Ten thousand changed bytes are all found", "[.long]") {
  Exported exported(3);
  mutate(exported, 7, 10'000);
}

TEST_CASE("Files that are missing, added, cut or swapped are found") {
  Exported exported;
  SECTION("missing") {
    for (const auto& [path, size] : exported.require(list_folder(exported.out)).files) {
      const std::string before = read_file(exported.out / path);
      fs::remove(exported.out / path);
      const VerifyReport report = require_report(exported.out);
      CAPTURE(path);
      CHECK_FALSE(report.ok);
      CHECK(names_place(report, path));
      write_file(exported.out / path, before);
    }
  }
  SECTION("added") {
    write_file(exported.space_path / "extra.csv", "x");
    CHECK(names_place(require_report(exported.out), "extra.csv"));
  }
  SECTION("cut") {
    for (const auto& [path, size] : exported.require(list_folder(exported.out)).files) {
      const std::string before = read_file(exported.out / path);
      write_file(exported.out / path, before.substr(0, before.size() / 2));
      CAPTURE(path);
      CHECK_FALSE(require_report(exported.out).ok);
      write_file(exported.out / path, before);
    }
  }
  SECTION("swapped") {
    fs::rename(exported.space_path / "rental.csv", exported.out / "t");
    fs::rename(exported.space_path / "own_registry.csv", exported.space_path / "rental.csv");
    fs::rename(exported.out / "t", exported.space_path / "own_registry.csv");
    const VerifyReport report = require_report(exported.out);
    CHECK(names_place(report, "rental.csv"));
    CHECK(names_place(report, "own_registry.csv"));
  }
}

TEST_CASE("Links and devices in an export are refused and never opened") {
  Exported exported;
  fs::create_symlink("/etc/passwd", exported.space_path / "passwd.json");
  fs::create_directory_symlink("/etc", exported.out / "etc");
  const fs::path csv = exported.space_path / "rental.csv";
  const std::string content = read_file(csv);
  fs::remove(csv);
  write_file(exported.folder / "elsewhere.csv", content);
  fs::create_symlink(exported.folder / "elsewhere.csv", csv);
  const VerifyReport report = require_report(exported.out);
  CHECK_FALSE(report.ok);
  CHECK(names_place(report, "passwd.json"));
  CHECK(names_place(report, "etc"));
  CHECK(names_place(report, "rental.csv"));
}

TEST_CASE("A file of ten gigabytes is refused before it is read") {
  Exported exported;
  fs::resize_file(exported.space_path / "rental.jsonl", std::uintmax_t{10} << 30);
  fs::resize_file(exported.out / kManifestSignatureName, std::uintmax_t{10} << 30);
  const VerifyReport report = require_report(exported.out);
  CHECK_FALSE(report.ok);
  CHECK(names_place(report, "rental.jsonl"));
  CHECK(report.counts.bytes < (std::uint64_t{1} << 24));
}

TEST_CASE("What is no finished export is said to be none") {
  test::TempFolder folder;
  CHECK(verify_export(folder / "nothing").error().code == Errc::kNotFound);
  const VerifyReport report = require_report(folder.path());
  CHECK_FALSE(report.ok);
  CHECK(names_place(report, "manifest.json"));
}

TEST_CASE("Tables that were edited and signed again by a member's node differ from the logs") {
  Exported exported;
  SECTION("a value in the JSON Lines") {
    const fs::path path = exported.space_path / "rental.jsonl";
    std::string text = read_file(path);
    const std::size_t at = text.find("\"rooms\":3");
    REQUIRE(at != std::string::npos);
    const std::size_t line = static_cast<std::size_t>(
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1);
    const std::size_t id = text.rfind("{\"id\":\"", at) + 7;
    const std::string record = text.substr(id, 32);
    text[at + 8] = '9';
    write_file(path, text);
    sign_again(exported.out, exported.node);
    const VerifyReport report = require_report(exported.out);
    CHECK(report.errors == 1);
    CHECK(names_place(report, "rental.jsonl:" + std::to_string(line) + " record " + record +
                                  " field fields.rooms"));
  }
  SECTION("a cell of the CSV") {
    const fs::path path = exported.space_path / "rental.csv";
    std::string text = read_file(path);
    const std::size_t at = text.find("幸福路 2");
    REQUIRE(at != std::string::npos);
    text[at + 10] = '7';
    write_file(path, text);
    sign_again(exported.out, exported.node);
    const VerifyReport report = require_report(exported.out);
    CHECK(report.errors == 1);
    CHECK(names_place(report, "field 详细地址"));
  }
  SECTION("a row dropped, two rows swapped") {
    const fs::path path = exported.space_path / "rental.jsonl";
    const std::string text = read_file(path);
    const std::size_t first = text.find('\n') + 1, second = text.find('\n', first) + 1;
    write_file(path, text.substr(first));
    sign_again(exported.out, exported.node);
    VerifyReport report = require_report(exported.out);
    CHECK(report.errors == 1);
    CHECK(names_place(report, "rental.jsonl:1 record " + text.substr(7, 32)));
    write_file(path,
               text.substr(first, second - first) + text.substr(0, first) + text.substr(second));
    sign_again(exported.out, exported.node);
    report = require_report(exported.out);
    CHECK(report.errors == 2);
    CHECK(names_place(report, "rental.jsonl:1"));
  }
  SECTION("nothing changed") {
    sign_again(exported.out, exported.node);
    CHECK(require_report(exported.out).ok);
  }
}

TEST_CASE("What else was edited and signed again by a member's node differs from the logs too") {
  Exported exported;
  SECTION("heads, keys, schema and what the manifest claims") {
    for (const char* name : {"heads.json", "keys.json", "schema.json"}) {
      const std::string before = read_file(exported.space_path / name);
      std::string after = before;
      after.insert(after.find(":[") + 2, "\n{},");
      write_file(exported.space_path / name, after);
      sign_again(exported.out, exported.node);
      CAPTURE(name);
      CHECK(names_place(require_report(exported.out), std::string(name) + ":"));
      write_file(exported.space_path / name, before);
    }
    sign_again(exported.out, exported.node,
               [](Manifest& manifest) { manifest.spaces[0].name = "别的村"; });
    const VerifyReport report = require_report(exported.out);
    CHECK(report.errors == 1);
    CHECK(names_place(report, "name"));
  }
  SECTION("a definition that is none, a table of no registry") {
    write_file(exported.space_path / "rental.toml", "format = 1\n");
    write_file(exported.space_path / "own_registry.toml", "id = \"rental\"");
    write_file(exported.space_path / "invented.csv", "x");
    sign_again(exported.out, exported.node);
    const VerifyReport report = require_report(exported.out);
    CHECK(names_place(report, "rental.toml"));
    CHECK(names_place(report, "own_registry.toml"));
    CHECK(names_place(report, "invented.csv"));
  }
}

TEST_CASE("A manifest signed with a key outside the roster is refused") {
  Exported exported;
  sign_again(exported.out, exported.clerk);
  const VerifyReport report = require_report(exported.out);
  CHECK(report.errors == 1);
  CHECK(names_place(report, "manifest.json node"));
  // The right key named, but signed with another.
  sign_again(exported.out, exported.clerk,
             [&](Manifest& manifest) { manifest.node = exported.node.node(); });
  CHECK(names_place(require_report(exported.out), "manifest.sig"));
}

TEST_CASE("A log whose last change was replaced or cut off is found though the digests are right") {
  Exported exported;
  const fs::path path = exported.space_path / exported.log_name(exported.clerk);
  const std::string text = read_file(path);
  const LogFile log = parse_log_file(as_bytes(text));
  REQUIRE(log.fault.empty());
  auto write_log = [&](const std::vector<Change>& changes) {
    Bytes out;
    for (const Change& change : changes) append_log_entry(out, change);
    write_file(path, std::string(as_text(out)));
    sign_again(exported.out, exported.node);
  };
  std::vector<Change> changes = log.changes;
  SECTION("cut off") {
    changes.pop_back();
    write_log(changes);
    CHECK(names_place(require_report(exported.out), "heads.json"));
  }
  SECTION("one in the middle left out") {
    changes.erase(changes.begin() + 2);
    write_log(changes);
    CHECK(names_place(require_report(exported.out), ".log change 2"));
  }
  SECTION("two exchanged") {
    std::swap(changes[1], changes[2]);
    write_log(changes);
    CHECK(names_place(require_report(exported.out), ".log change 1"));
  }
  SECTION("replaced by a change that the author did not sign") {
    ChangeHeader header = changes.back().header;
    header.claimed_ms = 1;
    Change forged = changes.back();
    forged.header = header;
    forged.id = change_id(encode_header(header), forged.signature);
    changes.back() = forged;
    write_log(changes);
    const VerifyReport report = require_report(exported.out);
    CHECK(names_place(report, ".log change " + std::to_string(header.seq.value)));
    CHECK(names_place(report, "heads.json"));
  }
  SECTION("replaced by another change of the author") {
    ChangeHeader header = changes.back().header;
    header.claimed_ms = 1;
    changes.back() = sign_change(exported.clerk, header, changes.back().parts);
    write_log(changes);
    CHECK(names_place(require_report(exported.out), "heads.json"));
  }
  SECTION("cut in the middle of a change") {
    write_file(path, text.substr(0, text.size() - 9));
    sign_again(exported.out, exported.node);
    CHECK(names_place(require_report(exported.out), ".log byte "));
  }
}

TEST_CASE("A tail taken off and everything made again fails at the signature alone") {
  // The shorter village: the same seed, fewer changes.
  Exported longer(6), shorter(5);
  REQUIRE(longer.space == shorter.space);
  const std::string signature = read_file(longer.out / kManifestSignatureName);
  write_file(shorter.out / kManifestSignatureName, signature);
  const VerifyReport report = require_report(shorter.out);
  CHECK(report.errors == 1);
  CHECK(names_place(report, "manifest.sig"));
}

TEST_CASE("A bad signature inside a good chain is a warning, at its end an error") {
  Exported exported(1);
  const fs::path path = exported.space_path / exported.log_name(exported.clerk);
  const std::string text = read_file(path);
  std::vector<Change> changes = parse_log_file(as_bytes(text)).changes;
  // The clerk's next change has a signature that was damaged before the one after it was signed.
  ChangeHeader header = changes.back().header;
  auto next = [&](const Change& before) {
    header.seq = before.header.seq.next();
    header.prev = before.id;
    header.pins.clear();
    return sign_change(exported.clerk, header, {});
  };
  Change damaged = next(changes.back());
  damaged.signature.value[5] ^= 1;
  damaged.id = change_id(encode_header(damaged.header), damaged.signature);
  changes.push_back(damaged);
  auto run = [&](VerifyReport& report) {
    Bytes file;
    for (const Change& change : changes) append_log_entry(file, change);
    SpaceContent content{{exported.log_name(exported.clerk), file}};
    return verify_logs(exported.space, content, {}, report).size();
  };
  VerifyReport at_end;
  CHECK(run(at_end) == changes.size() - 1);
  CHECK(at_end.errors == 1);
  changes.push_back(next(damaged));
  VerifyReport covered;
  CHECK(run(covered) == changes.size());
  CHECK(covered.ok);
  CHECK(covered.warnings == 1);
}

TEST_CASE("Manifests with paths that leave the folder, or written otherwise, are refused") {
  for (const char* path : {"/etc/passwd", "../x.csv", "spaces/../x.csv", "README.txt/..", "",
                           "spaces/x/rental.csv", "C:\\x"})
    CHECK_FALSE(is_export_path(path));
  const std::string folder = space_folder(SpaceId{});
  CHECK(is_export_path(folder + "rental.csv"));
  CHECK(is_export_path(folder + "log/" + std::string(64, 'a') + ".log"));
  for (const char* name : {"a b.csv", "a.exe", ".csv", "A.csv", "a.csv/b", "log/x.log", "../a.csv"})
    CHECK_FALSE(is_export_path(folder + name));

  Manifest manifest;
  manifest.files.push_back({"README.txt", 5, {}});
  const std::string text = encode_manifest(manifest);
  CHECK(parse_manifest(text).value() == manifest);
  CHECK(parse_manifest(text + " ").error().code == Errc::kMalformed);
  std::string newer = text;
  newer.replace(newer.find("\"version\":1"), 11, "\"version\":3");
  CHECK(parse_manifest(newer).error().code == Errc::kUnsupported);
  manifest.files.push_back({"../evil", 5, {}});
  CHECK(parse_manifest(encode_manifest(manifest)).error().code == Errc::kMalformed);
}

TEST_CASE("Findings are capped and foreign names can't move the cursor") {
  VerifyReport report;
  for (int i = 0; i < 500; ++i) report.error("a\x1B[2Jb\xFF", "中\n文", "e");
  CHECK(report.errors == 500);
  CHECK(report.findings.size() == limits::kMaxListedFindings);
  CHECK(report.findings[0].place == "a?[2Jb?");
  CHECK(report.findings[0].zh == "中?文");
  CHECK(describe(report, registry::Language::kEnglish).find("400 more") != std::string::npos);
}

}  // namespace
}  // namespace cunju::audit
