// SPDX-License-Identifier: Apache-2.0
#include "node/peers/pairing_words.h"

#include <catch2/catch.hpp>
#include <set>

#include "tests/support/replica_fixture.h"

namespace cunju::peers {
namespace {

/// A syllable as somebody hears it who does not tell apart what dialects confuse.
std::string heard(std::string_view syllable) {
  std::string out(syllable);
  if (out.starts_with("zh") || out.starts_with("ch") || out.starts_with("sh")) out.erase(1, 1);
  if (out.starts_with("n") || out.starts_with("r")) out[0] = 'l';
  if (out.starts_with("f")) out[0] = 'h';
  if (out.ends_with("ng")) out.pop_back();
  return out;
}

}  // namespace

TEST_CASE("No two pairing words begin alike, also for who confuses sounds as dialects do",
          "[pairing_words]") {
  std::set<std::string> first, written, typed;
  for (const PairingWord& word : pairing_word_list()) {
    INFO(word.zh);
    CHECK(first.insert(heard(word.first)).second);
    CHECK(written.insert(std::string(word.zh)).second);
    CHECK(typed.insert(word.pinyin()).second);
    CHECK(word.zh.size() == 6);  // Two Han characters.
  }
  CHECK(typed.size() == kPairingListWords);
}

TEST_CASE("Pairing words are read back as they are said, typed or run together",
          "[pairing_words]") {
  constexpr std::uint64_t kSeed = 99;
  CAPTURE(kSeed);
  crypto::SeededRandom random(kSeed);
  for (int round = 0; round < 500; ++round) {
    const PairingWords words = pairing_words(random.make<Hash>());
    const std::string zh = words_in_chinese(words), pinyin = words_in_pinyin(words);
    CAPTURE(zh, pinyin);
    std::string tight, upper = pinyin, commas;
    for (char c : zh) {
      if (c != ' ') tight += c;
      commas += c == ' ' ? "，" : std::string(1, c);
    }
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    for (const std::string& typed : {zh, pinyin, tight, upper, commas, "  " + zh + " 。"})
      REQUIRE(test::require(parse_pairing_words(typed)) == words);
  }
}

TEST_CASE("What is not four words of the list is a slip and no answer", "[pairing_words]") {
  for (const char* typed : {"", "白云", "白云 白云 白云", "白云 白云 白云 白云 白云",
                            "白云 白云 白云 青山", "baiyun baiyun baiyun baiyunx", "白", "\xff"})
    CHECK(parse_pairing_words(typed).error().code == Errc::kInvalidArgument);
}

TEST_CASE("Each pairing word depends on the transcript, and all words occur", "[pairing_words]") {
  constexpr std::uint64_t kSeed = 5;
  CAPTURE(kSeed);
  crypto::SeededRandom random(kSeed);
  std::set<std::uint8_t> seen[kPairingWords];
  for (int round = 0; round < 3000; ++round) {
    const PairingWords words = pairing_words(random.make<Hash>());
    for (std::size_t i = 0; i < words.size(); ++i) seen[i].insert(words[i]);
  }
  for (const auto& at : seen) CHECK(at.size() == kPairingListWords);
}

}  // namespace cunju::peers
