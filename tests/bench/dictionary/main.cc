// SPDX-License-Identifier: Apache-2.0
//
// cunju_train_dictionary FILE: trains the dictionary of net/run on changes that the program's own
// replica writes for the built-in registries, and writes it to FILE. The same program with the same
// zstd gives the same bytes each time; script/dictionary runs it. Nothing in a dictionary is from
// anybody's records: values are words of the definitions, dates and numbers.
#include <zdict.h>

#include <cstdio>
#include <fstream>

#include "net/run/run_encoder.h"
#include "node/registry/builtin.h"
#include "tests/bench/measure.h"
#include "tests/bench/village.h"

namespace cunju::bench {
namespace {

constexpr std::size_t kDictionaryBytes = 8 * 1024;
constexpr std::size_t kSessions = 600;
constexpr std::size_t kBatches = 4;
constexpr std::size_t kMostChanges = 6;
constexpr std::size_t kAuthors = 3;

class Clerk {
 public:
  explicit Clerk(const std::filesystem::path& folder)
      : village_(folder, kAuthors), definitions_(registry::builtin_definitions()) {
    for (const registry::Definition& definition : definitions_)
      for (const registry::FieldDefinition& field : definition.fields)
        words_.push_back(field.label.zh);
  }

  /// What one session sends: a batch for each time somebody saves.
  void add_session(Bytes& samples, std::vector<std::size_t>& sizes) {
    run::RunEncoder encoder;
    for (std::size_t batch = 0; batch < kBatches; ++batch) {
      must(encoder.encode(village_.space, write(1 + roll(kMostChanges))));
      const std::size_t before = samples.size();
      for (std::size_t i = 0; i < run::kPackedColumns; ++i) append(samples, encoder.columns()[i]);
      sizes.push_back(samples.size() - before);
    }
  }

 private:
  std::size_t roll(std::size_t sides) {
    return get_u32_be(village_.random.make<Hash>().view()) % sides;
  }
  const std::string& word() { return words_[roll(words_.size())]; }

  Value value_for(const registry::FieldDefinition& field) {
    using registry::FieldType;
    const auto two_digits = [&](std::size_t sides) {
      const std::string digits = std::to_string(1 + roll(sides));
      return std::string(2 - std::min<std::size_t>(digits.size(), 2), '0') + digits;
    };
    switch (field.type) {
      case FieldType::kInteger:
      case FieldType::kDecimal:
      case FieldType::kMoney:
        return static_cast<std::int64_t>(roll(100'000));
      case FieldType::kBoolean:
        return static_cast<std::int64_t>(roll(2));
      case FieldType::kDate:
        return "2026-" + two_digits(12) + "-" + two_digits(28);
      case FieldType::kDatetime:
        return "2026-" + two_digits(12) + "-" + two_digits(28) + "T" + two_digits(23) + ":00:00";
      case FieldType::kPhone:
        return "138" + std::to_string(10'000'000 + roll(90'000'000));
      default:
        break;
    }
    if (!field.codes.empty()) return field.codes[roll(field.codes.size())].code;
    return roll(2) == 0 ? word() : word() + std::to_string(roll(100)) + "号" + word();
  }

  std::vector<Operation> operations_for(const registry::Definition& definition) {
    std::vector<Operation> out;
    const bool is_whole = roll(3) == 0;
    for (const registry::FieldDefinition& field : definition.fields) {
      if (!is_whole && roll(definition.fields.size()) > 1) continue;
      using registry::FieldKind;
      if (field.kind == FieldKind::kText || field.kind == FieldKind::kBlob) continue;
      const OperationKind kind = field.kind == FieldKind::kSet     ? OperationKind::kSetAdd
                                 : field.kind == FieldKind::kState ? OperationKind::kStateMove
                                                                   : OperationKind::kRegisterSet;
      out.push_back(make_operation(kind, field.id, value_for(field)));
    }
    if (out.empty())
      out.push_back(make_operation(OperationKind::kRegisterSet, definition.fields.front().id,
                                   value_for(definition.fields.front())));
    return out;
  }

  std::vector<sync::Run> write(std::size_t count) {
    const registry::Definition& definition = definitions_[roll(definitions_.size())];
    std::vector<replica::ChangeDraft> drafts;
    for (std::size_t i = 0; i < count; ++i) {
      if (roll(2) == 0 || village_.records.empty())
        village_.records.push_back(village_.random.make<RecordId>());
      const RecordId record =
          village_.records[village_.records.size() - 1 -
                           roll(std::min<std::size_t>(village_.records.size(), 20))];
      drafts.push_back({{{record, definition.id, kOpenScope, operations_for(definition)}}});
    }
    village_.claimed_ms += 1'000 + roll(3'600'000);
    const crypto::SigningKey& author = village_.authors[roll(village_.authors.size())];
    must(village_.replica->append(village_.space, author, drafts, village_.claimed_ms));
    return must(village_.replica->next_runs(village_.space, village_.peer_wire, have_,
                                            limits::kMaxBatchBytes));
  }

  Village village_;
  sync::Have have_;  ///< What was written so far.
  std::vector<registry::Definition> definitions_;
  std::vector<std::string> words_;
};

void train(const std::filesystem::path& file) {
  Clerk clerk(std::filesystem::temp_directory_path());
  Bytes samples;
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < kSessions; ++i) clerk.add_session(samples, sizes);
  Bytes out(kDictionaryBytes);
  const std::size_t size = ZDICT_trainFromBuffer(out.data(), out.size(), samples.data(),
                                                 sizes.data(), static_cast<unsigned>(sizes.size()));
  if (ZDICT_isError(size) != 0) give_up({Errc::kIo, ZDICT_getErrorName(size)});
  out.resize(size);
  std::ofstream stream(file, std::ios::binary);
  stream << as_text(out);
  if (!stream.flush()) give_up({Errc::kIo, file.string()});
  std::printf("%zu samples, %zu bytes; dictionary: %zu bytes, %s\n", sizes.size(), samples.size(),
              out.size(), crypto::hash({out}).hex().c_str());
}

}  // namespace
}  // namespace cunju::bench

int main(int argc, char** argv) {
  cunju::crypto::initialize();
  if (argc != 2)
    cunju::bench::give_up({cunju::Errc::kInvalidArgument, "cunju_train_dictionary FILE"});
  cunju::bench::train(argv[1]);
}
