// SPDX-License-Identifier: Apache-2.0
#include "node/peers/pairing_words.h"

#include <algorithm>
#include <optional>

namespace cunju::peers {
namespace {

constexpr std::array<PairingWord, kPairingListWords> kWords = {{
    {"爱心", "ai", "xin"},     {"安全", "an", "quan"},   {"白云", "bai", "yun"},
    {"北京", "bei", "jing"},   {"本子", "ben", "zi"},    {"比赛", "bi", "sai"},
    {"冰糖", "bing", "tang"},  {"菠菜", "bo", "cai"},    {"布鞋", "bu", "xie"},
    {"彩虹", "cai", "hong"},   {"草原", "cao", "yuan"},  {"茶杯", "cha", "bei"},
    {"窗户", "chuang", "hu"},  {"春天", "chun", "tian"}, {"葱花", "cong", "hua"},
    {"大象", "da", "xiang"},   {"带鱼", "dai", "yu"},    {"豆腐", "dou", "fu"},
    {"灯笼", "deng", "long"},  {"地图", "di", "tu"},     {"电话", "dian", "hua"},
    {"东风", "dong", "feng"},  {"短裤", "duan", "ku"},   {"鹅毛", "e", "mao"},
    {"耳朵", "er", "duo"},     {"发财", "fa", "cai"},    {"飞机", "fei", "ji"},
    {"风筝", "feng", "zheng"}, {"芙蓉", "fu", "rong"},   {"钢笔", "gang", "bi"},
    {"高山", "gao", "shan"},   {"鸽子", "ge", "zi"},     {"工人", "gong", "ren"},
    {"狗熊", "gou", "xiong"},  {"瓜子", "gua", "zi"},    {"光盘", "guang", "pan"},
    {"国旗", "guo", "qi"},     {"海洋", "hai", "yang"},  {"核桃", "he", "tao"},
    {"猴子", "hou", "zi"},     {"花生", "hua", "sheng"}, {"黄河", "huang", "he"},
    {"火车", "huo", "che"},    {"鸡蛋", "ji", "dan"},    {"家具", "jia", "ju"},
    {"剪刀", "jian", "dao"},   {"饺子", "jiao", "zi"},   {"金鱼", "jin", "yu"},
    {"酒杯", "jiu", "bei"},    {"菊花", "ju", "hua"},    {"开水", "kai", "shui"},
    {"烤鸭", "kao", "ya"},     {"客厅", "ke", "ting"},   {"孔雀", "kong", "que"},
    {"裤子", "ku", "zi"},      {"筷子", "kuai", "zi"},   {"昆虫", "kun", "chong"},
    {"喇叭", "la", "ba"},      {"老虎", "lao", "hu"},    {"荔枝", "li", "zhi"},
    {"莲藕", "lian", "ou"},    {"柳树", "liu", "shu"},   {"龙门", "long", "men"},
    {"萝卜", "luo", "bo"},     {"马路", "ma", "lu"},     {"馒头", "man", "tou"},
    {"毛巾", "mao", "jin"},    {"门口", "men", "kou"},   {"蜜蜂", "mi", "feng"},
    {"棉花", "mian", "hua"},   {"木头", "mu", "tou"},    {"南瓜", "nan", "gua"},
    {"暖气", "nuan", "qi"},    {"螃蟹", "pang", "xie"},  {"跑步", "pao", "bu"},
    {"皮鞋", "pi", "xie"},     {"苹果", "ping", "guo"},  {"葡萄", "pu", "tao"},
    {"汽车", "qi", "che"},     {"铅笔", "qian", "bi"},   {"桥头", "qiao", "tou"},
    {"青蛙", "qing", "wa"},    {"秋千", "qiu", "qian"},  {"群众", "qun", "zhong"},
    {"肉包", "rou", "bao"},    {"三轮", "san", "lun"},   {"沙发", "sha", "fa"},
    {"石头", "shi", "tou"},    {"手套", "shou", "tao"},  {"书包", "shu", "bao"},
    {"水库", "shui", "ku"},    {"松树", "song", "shu"},  {"算盘", "suan", "pan"},
    {"太阳", "tai", "yang"},   {"糖果", "tang", "guo"},  {"天空", "tian", "kong"},
    {"铁锅", "tie", "guo"},    {"兔子", "tu", "zi"},     {"豌豆", "wan", "dou"},
    {"围巾", "wei", "jin"},    {"蚊帐", "wen", "zhang"}, {"乌鸦", "wu", "ya"},
    {"西瓜", "xi", "gua"},     {"虾米", "xia", "mi"},    {"香蕉", "xiang", "jiao"},
    {"小麦", "xiao", "mai"},   {"鞋带", "xie", "dai"},   {"熊猫", "xiong", "mao"},
    {"雪花", "xue", "hua"},    {"鸭梨", "ya", "li"},     {"羊肉", "yang", "rou"},
    {"椰子", "ye", "zi"},      {"衣柜", "yi", "gui"},    {"银行", "yin", "hang"},
    {"油菜", "you", "cai"},    {"玉米", "yu", "mi"},     {"月亮", "yue", "liang"},
    {"云彩", "yun", "cai"},    {"枣树", "zao", "shu"},   {"站台", "zhan", "tai"},
    {"钟表", "zhong", "biao"}, {"竹子", "zhu", "zi"},    {"砖头", "zhuan", "tou"},
    {"桌椅", "zhuo", "yi"},    {"走廊", "zou", "lang"},  {"嘴巴", "zui", "ba"},
    {"扁担", "bian", "dan"},   {"吊桥", "diao", "qiao"},
}};
constexpr std::uint8_t kWordMask = kPairingListWords - 1;
static_assert((kPairingListWords & kWordMask) == 0, "a power of two takes whole bits");

bool is_separator(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == ',' || c == '-' || c == '.';
}
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

/// Chinese commas and the space of a Chinese keyboard.
constexpr std::string_view kWideSeparators[] = {"，", "、", "。", "　"};

std::string_view skip_separators(std::string_view text) {
  for (bool has_moved = true; has_moved && !text.empty();) {
    has_moved = is_separator(text.front());
    if (has_moved) text.remove_prefix(1);
    for (std::string_view wide : kWideSeparators) {
      if (!text.starts_with(wide)) continue;
      text.remove_prefix(wide.size());
      has_moved = true;
    }
  }
  return text;
}

/// The word at the beginning of `text`, which is cut off it; empty when there is none.
std::optional<std::uint8_t> take_word(std::string_view& text) {
  for (std::size_t at = 0; at < kWords.size(); ++at) {
    const PairingWord& word = kWords[at];
    if (text.starts_with(word.zh)) {
      text.remove_prefix(word.zh.size());
      return static_cast<std::uint8_t>(at);
    }
    const std::string pinyin = word.pinyin();
    if (!text.starts_with(pinyin)) continue;
    const std::string_view rest = text.substr(pinyin.size());
    if (!rest.empty() && is_letter(rest.front())) continue;
    text = rest;
    return static_cast<std::uint8_t>(at);
  }
  return std::nullopt;
}

}  // namespace

std::span<const PairingWord, kPairingListWords> pairing_word_list() { return kWords; }

PairingWords pairing_words(const Hash& transcript) {
  PairingWords out{};
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::uint8_t>(transcript.value[i] & kWordMask);
  return out;
}

std::string words_in_chinese(const PairingWords& words) {
  std::string out;
  for (std::uint8_t word : words)
    out += (out.empty() ? "" : " ") + std::string(kWords[word & kWordMask].zh);
  return out;
}

std::string words_in_pinyin(const PairingWords& words) {
  std::string out;
  for (std::uint8_t word : words)
    out += (out.empty() ? "" : " ") + kWords[word & kWordMask].pinyin();
  return out;
}

Result<PairingWords> parse_pairing_words(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  std::string_view rest = skip_separators(lower);
  PairingWords out{};
  std::size_t count = 0;
  while (!rest.empty()) {
    std::optional<std::uint8_t> word = take_word(rest);
    if (!word) return fail(Errc::kInvalidArgument, "a word that is not in the list");
    if (count == out.size()) return fail(Errc::kInvalidArgument, "more than four words");
    out[count++] = *word;
    rest = skip_separators(rest);
  }
  if (count != out.size()) return fail(Errc::kInvalidArgument, "fewer than four words");
  return out;
}

}  // namespace cunju::peers
