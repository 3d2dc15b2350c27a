// SPDX-License-Identifier: Apache-2.0
#include "node/text/text_diff.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <ctime>
#include <random>
#include <set>

#include "crdt/base/limits.h"
#include "node/text/graphemes.h"
#include "tests/node/text/sample_text.h"

using namespace cunju;
using namespace cunju::text;
using namespace cunju::text::test;

namespace {

using Edits = std::vector<Replacement>;

// Scalar offsets at which a cluster of `text` begins or ends.
std::set<std::uint64_t> boundaries(const std::string& text) {
  std::set<std::uint64_t> out = {0};
  std::uint64_t scalars = 0;
  std::size_t from = 0;
  const std::vector<std::uint32_t> ends = grapheme_ends(text).value();
  for (std::uint32_t end : ends) {
    scalars += to_scalars(text.substr(from, end - from)).size();
    from = end;
    out.insert(scalars);
  }
  return out;
}

// One edit after the other, on scalar values: what a replica does with them.
std::string apply_naively(const std::string& before, const Edits& edits) {
  std::u32string text = to_scalars(before);
  for (const Replacement& edit : edits) {
    text.replace(edit.position, edit.deleted, to_scalars(edit.inserted));
  }
  return to_utf8(text);
}

void require_laws(const std::string& before, const std::string& after) {
  CAPTURE(before, after);
  const Edits edits = diff_texts(before, after).value();
  REQUIRE(apply_naively(before, edits) == after);
  REQUIRE(apply_edits(before, edits).value() == after);
  const std::set<std::uint64_t> old_cuts = boundaries(before), new_cuts = boundaries(after);
  std::uint64_t new_end = 0, grown = 0;  // `grown` wraps: the texts' difference so far.
  for (std::size_t i = 0; i < edits.size(); ++i) {
    const Replacement& edit = edits[i];
    const std::uint64_t inserted = to_scalars(edit.inserted).size();
    REQUIRE(edit.deleted + inserted > 0);
    REQUIRE((i == 0 || edit.position > new_end));
    new_end = edit.position + inserted;
    const std::uint64_t old_position = edit.position - grown;
    grown += inserted - edit.deleted;
    REQUIRE(old_cuts.count(old_position) == 1);
    REQUIRE(old_cuts.count(old_position + edit.deleted) == 1);
    REQUIRE(new_cuts.count(edit.position) == 1);
    REQUIRE(new_cuts.count(new_end) == 1);
  }
}

Edits diff(const std::string& before, const std::string& after) {
  require_laws(before, after);
  return diff_texts(before, after).value();
}

}  // namespace

TEST_CASE("edits of random texts keep the laws") {
  for (std::uint32_t seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const std::string before = random_text(random, random() % 120);
    require_laws(before, mutated(random, before));
  }
}

TEST_CASE("edits between unrelated texts keep the laws") {
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    require_laws(random_text(random, random() % 200), random_text(random, random() % 200));
  }
}

TEST_CASE("equal texts differ in nothing and an empty text is one edit away") {
  CHECK(diff("同意。\n", "同意。\n").empty());
  CHECK(diff("", "").empty());
  CHECK(diff("", "同意。") == Edits{{0, 0, "同意。"}});
  CHECK(diff("同意。", "") == Edits{{0, 3, ""}});
}

TEST_CASE("a moved sentence is one deletion and one insertion") {
  CHECK(diff("会议由张三主持。李四汇报了修路进展。王五汇报了水费收缴。\n",
             "李四汇报了修路进展。王五汇报了水费收缴。会议由张三主持。\n") ==
        Edits{{0, 8, ""}, {20, 0, "会议由张三主持。"}});
}

TEST_CASE("a moved paragraph leaves the others alone") {
  CHECK(diff("第一段说修路。\n第二段说水费。\n第三段说卫生。\n",
             "第二段说水费。\n第三段说卫生。\n第一段说修路。\n") ==
        Edits{{0, 8, ""}, {16, 0, "第一段说修路。\n"}});
}

TEST_CASE("a corrected number is replaced as a whole") {
  CHECK(diff("本月共支出12,345.60元，结余800元。", "本月共支出12,845.60元，结余800元。") ==
        Edits{{5, 9, "12,845.60"}});
  CHECK(diff("面积３５亩。", "面积３６亩。") == Edits{{2, 2, "３６"}});
  // A row of digits that is no number is edited where it changed.
  CHECK(diff(std::string(50, '7') + "1", std::string(50, '7') + "2") == Edits{{50, 1, "2"}});
}

TEST_CASE("an inserted paragraph is inserted before the line that follows it") {
  CHECK(diff("一、修路。\n同意。\n\n二、水费。\n暂缓。\n",
             "一、修路。\n同意。\n\n加一段。\n\n二、水费。\n暂缓。\n") ==
        Edits{{11, 0, "加一段。\n\n"}});
}

TEST_CASE("a replaced title is one edit that spares the text below") {
  CHECK(diff("三月村民代表会议\n出席二十人。\n", "关于修缮水渠的说明\n出席二十人。\n") ==
        Edits{{0, 8, "关于修缮水渠的说明"}});
}

TEST_CASE("a deleted agenda item takes its blank line along and nothing else") {
  CHECK(diff("一、修路\n同意。\n\n二、水费\n同意。\n\n三、其他\n无。\n",
             "一、修路\n同意。\n\n三、其他\n无。\n") == Edits{{10, 10, ""}});
}

TEST_CASE("characters that a replaced sentence happens to share do not shred it") {
  CHECK(diff("村委会今天下午开会讨论了修路的事情。", "昨晚大家在祠堂商量怎样分配新到的化肥。") ==
        Edits{{0, 17, "昨晚大家在祠堂商量怎样分配新到的化肥"}});
}

TEST_CASE("one shared character in the replaced half of a sentence is replaced with it") {
  CHECK(diff("今天下午三点在村委会会议室召开会议讨论修路。",
             "今天下午三点在村委会会议室听取汇报议定分水。") == Edits{{13, 8, "听取汇报议定分水"}});
}

TEST_CASE("a sentence of which next to nothing was kept is replaced as a whole") {
  CHECK(diff("他们俩昨天去镇上买了二十袋石灰沙子", "我们俩明早开始清理东边那条堵塞的水沟") ==
        Edits{{0, 17, "我们俩明早开始清理东边那条堵塞的水沟"}});
}

TEST_CASE("a term that both versions of a sentence use stays") {
  CHECK(diff("请村民委员会于五月底前答复。", "由村民委员会在下周一公示。") ==
        Edits{{0, 1, "由"}, {6, 7, "在下周一公示"}});
}

TEST_CASE("separate corrections of one sentence stay separate edits") {
  CHECK(diff("会议决定：同意修路方案，下月动工。", "会议决定：原则同意修路方案，六月动工。") ==
        Edits{{5, 0, "原则"}, {14, 1, "六"}});
}

TEST_CASE("edits of each paragraph stay apart when blank lines were added") {
  const Edits edits =
      diff("甲方负责道路养护工作。\n\n乙方负责水渠清淤工作。\n",
           "甲方负责道路保洁工作。\n\n新的一段插在中间。\n\n乙方负责水渠疏通工作。\n");
  CHECK(edits == Edits{{6, 2, "保洁"}, {13, 0, "新的一段插在中间。\n\n"}, {30, 2, "疏通"}});
}

TEST_CASE("corrections on both sides of a line's end stay apart") {
  CHECK(diff("由张三负责修路\n下周分水由李四负责\n", "由张三负责开会\n明天缴费由李四负责\n") ==
        Edits{{5, 2, "开会"}, {8, 4, "明天缴费"}});
}

TEST_CASE("in a long text a moved chapter and scattered corrections are found exactly") {
  std::mt19937 random(11);
  std::vector<std::u32string> lines;
  for (int i = 0; i < 3000; ++i) {
    std::u32string line;
    for (int k = 0; k < 30; ++k) line += static_cast<char32_t>(0x4E00 + random() % 3000);
    lines.push_back(line + U"。\n");
  }
  const auto joined = [&lines] {
    std::u32string text;
    for (const std::u32string& line : lines) text += line;
    return to_utf8(text);
  };
  const std::string before = joined();
  for (std::size_t i = 0; i < 25; ++i) lines[1000 + 40 * i][10] = U'改';
  std::rotate(lines.begin() + 100, lines.begin() + 900, lines.end());
  const Edits edits = diff_texts(before, joined()).value();
  CHECK(edits.size() == 27);
  std::uint64_t deleted = 0;
  for (const Replacement& edit : edits) deleted += edit.deleted;
  CHECK(deleted == 800 * 32 + 25);
  CHECK(apply_edits(before, edits).value() == joined());
}

TEST_CASE("an inserted word or sentence begins where words and sentences begin") {
  CHECK(diff("the cat sat", "the big cat sat") == Edits{{4, 0, "big "}});
  CHECK(diff("一。三。", "一。二。三。") == Edits{{2, 0, "二。"}});
  CHECK(diff("我去。", "我来。我去。") == Edits{{0, 0, "我来。"}});
  CHECK(diff("我来。我去。", "我去。") == Edits{{0, 3, ""}});
  CHECK(diff("他说：“同意。”", "他说：“同意。”她说：“同意。”") == Edits{{8, 0, "她说：“同意。”"}});
}

TEST_CASE("a cluster is replaced as a whole when one scalar value of it changed") {
  CHECK(diff("全家👨‍👩‍👧到场", "全家👨‍👩‍👦到场") ==
        Edits{{2, 5, "👨‍👩‍👦"}});
  CHECK(diff("e\u0301a", "e\u0300a") == Edits{{0, 2, "e\u0300"}});
  CHECK(diff("🇨🇳🇨🇭", "🇨🇳🇨🇦") == Edits{{2, 2, "🇨🇦"}});
  // A mark typed after a letter makes a new cluster of both.
  CHECK(diff("cafe!", "cafe\u0301!") == Edits{{3, 1, "e\u0301"}});
  CHECK(diff("姓𠮷的", "姓𬱖的") == Edits{{1, 1, "𬱖"}});
}

TEST_CASE("the editor's bytes become text without mark, carriage returns and the added last line") {
  const auto read = [](std::string_view file, std::string_view before) {
    return text_from_editor(file, before).value();
  };
  CHECK(read("\xEF\xBB\xBF甲\r\n乙\r丙\n", "甲\n乙\n丙\n") == "甲\n乙\n丙\n");
  CHECK(read("甲\n", "甲") == "甲");
  CHECK(read("甲\r\n", "甲") == "甲");
  CHECK(read("甲\n\n", "甲") == "甲\n");
  CHECK(read("甲\n", "乙\n") == "甲\n");
  CHECK(read("\r\r\n\n", "\n") == "\n\n\n");
  // Only a mark at the very beginning is one; normalisation forms stay as typed.
  CHECK(read("a\xEF\xBB\xBF e\u0301 \u00e9", "") == "a\xEF\xBB\xBF e\u0301 \u00e9");
}

TEST_CASE("bytes that are not UTF-8 are refused and the place is named") {
  for (std::string bad : {"\xff", "\xe4\xbd", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80"}) {
    const std::string file = std::string(3000, 'a') + bad + std::string(500, 'b');
    const auto text = text_from_editor(file, "");
    REQUIRE(text.has_error());
    CHECK(text.error().code == Errc::kMalformed);
    const std::string& context = text.error().context;
    const int place = std::stoi(context.substr(context.rfind(' ') + 1));
    CAPTURE(context);
    CHECK(place >= 2995);
    CHECK(place <= 3000);
    CHECK(diff_texts("", file).has_error());
    CHECK(diff_texts(file, "").has_error());
  }
}

TEST_CASE("a text beyond the limit is refused") {
  const std::string large(limits::kMaxEditedTextBytes + 1, 'a');
  CHECK(diff_texts("", large).error().code == Errc::kLimit);
  CHECK(text_from_editor(large, "").error().code == Errc::kLimit);
}

TEST_CASE("edits that do not fit the text are refused") {
  CHECK(apply_edits("甲乙", {{3, 0, "丙"}}).error().code == Errc::kInvalidArgument);
  CHECK(apply_edits("甲乙", {{1, 2, ""}}).error().code == Errc::kInvalidArgument);
  CHECK(apply_edits("甲乙", {{1, 1, "丙"}, {0, 0, "丁"}}).error().code == Errc::kInvalidArgument);
  CHECK(apply_edits("甲乙", {{2, 0, "丙"}}).value() == "甲乙丙");
}

TEST_CASE("more corrections than one change holds are joined, and the text still comes out") {
  std::string before, after;
  for (std::size_t i = 0; i < kMaxTextEdits + 500; ++i) {
    before += "这一条写得很好甲";
    after += "这一条写得很好乙";
  }
  const Edits edits = diff_texts(before, after).value();
  CHECK(edits.size() == kMaxTextEdits);
  CHECK(apply_edits(before, edits).value() == after);
}

TEST_CASE("the worst texts of a million characters are compared within bounds") {
  // ASan makes everything slower; the real bound is a second.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
  constexpr std::size_t kLength = 50'000;
  constexpr double kMaxSeconds = 5;
#else
  constexpr std::size_t kLength = 1'000'000;
  constexpr double kMaxSeconds = 1;
#endif
  std::mt19937 random(7);
  const auto row = [&](char32_t first, std::uint32_t kinds) {
    std::u32string text;
    for (std::size_t i = 0; i < kLength; ++i) {
      text += static_cast<char32_t>(first + random() % kinds);
    }
    return to_utf8(text);
  };
  const std::string same(kLength, 'a');
  std::string last = same, every_other = same;
  last.back() = 'b';
  for (std::size_t i = 0; i < kLength; i += 2) every_other[i] = 'b';
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {row(0x4E00, 20000), row(0x20000, 40000)},
      {same, last},
      {same, every_other},
      {same, same.substr(kLength / 2)},
      {row('a', 2), row('a', 2)},
      {row(0x4E00, 500), row(0x4E00, 500)},
      {row('0', 10), row('0', 10)},
  };
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    CAPTURE(i);
    const auto& [before, after] = pairs[i];
    const std::clock_t start = std::clock();
    const Edits edits = diff_texts(before, after).value();
    CHECK(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < kMaxSeconds);
    CHECK(apply_edits(before, edits).value() == after);
  }
  CHECK(diff_texts(same, last).value() == Edits{{kLength - 1, 1, "b"}});
}
