// SPDX-License-Identifier: Apache-2.0
#include "cli/bundle_json.h"

#include <boost/json/array.hpp>

#include "cli/attachments.h"

namespace cunju::cli {
namespace {

using peers::FileState;
using peers::ReadFile;

std::string_view state_id(FileState state) {
  switch (state) {
    case FileState::kReadable:
      return "readable";
    case FileState::kNotForUs:
      return "not_for_us";
    case FileState::kOwn:
      return "own";
    case FileState::kDamaged:
      return "damaged";
    case FileState::kForeign:
      return "foreign";
    case FileState::kUnknownWriter:
      return "unknown_writer";
    case FileState::kForged:
      return "forged";
    case FileState::kNewerProgram:
      return "newer_program";
  }
  return "unknown";
}

boost::json::array spaces_json(node::Node& node, const bundle::Letter& letter) {
  boost::json::array out;
  for (const bundle::SpaceContent& space : letter.spaces)
    out.push_back(boost::json::object{{"space", space.space.hex()},
                                      {"name", space_name(node, space.space)},
                                      {"changes", space.changes},
                                      {"bytes", space.bytes},
                                      {"attachments", space.attachments},
                                      {"attachment_bytes", space.attachment_bytes},
                                      {"parts", space.parts}});
  return out;
}

std::string_view read_back_id(const peers::WrittenLetter& letter) {
  return letter.read_back == peers::ReadBack::kMedium ? "medium" : "memory";
}

boost::json::object attachments_json(const ReadFile& file) {
  const attachments::CarriedReport& report = file.attachments;
  std::uint64_t parts = 0;
  for (const auto& [space, filled] : file.annex.parts) parts += filled.parts;
  return {{"whole", report.whole.size()},
          {"partial", report.partial.size()},
          {"known", report.known.size()},
          {"left", report.left.size()},
          {"left_bytes", bytes_of(report.left)},
          {"unknown", report.unknown.size()},
          {"busy", report.busy.size()},
          {"bytes", report.bytes},
          {"parts", parts},
          {"damaged_slots", file.annex.damaged_slots},
          {"missing_slots", file.missing_slots}};
}

}  // namespace

boost::json::object written_json(node::Node& node, const peers::WrittenBundle& bundle,
                                 bool is_dry_run) {
  boost::json::array letters;
  for (const peers::WrittenLetter& letter : bundle.letters)
    letters.push_back(boost::json::object{{"file", letter.file},
                                          {"part", letter.letter.part},
                                          {"last", letter.letter.is_last},
                                          {"file_bytes", letter.bytes},
                                          {"read_back", is_dry_run ? "no" : read_back_id(letter)},
                                          {"spaces", spaces_json(node, letter.letter)}});
  return {{"to", bundle.to.node.hex()},
          {"name", bundle.to.name},
          {"dry_run", is_dry_run},
          {"letters", std::move(letters)},
          {"missing_changes", bundle.missing.changes},
          {"missing_attachments", bundle.missing.attachments},
          {"unreadable_attachments", bundle.unreadable.size()},
          {"missing_bytes", bundle.missing_bytes}};
}

boost::json::object file_json(node::Node& node, const ReadFile& file) {
  boost::json::object out{
      {"file", file.file.name}, {"file_bytes", file.file.bytes}, {"state", state_id(file.state)}};
  if (!file.letter) return out;
  out["from"] = file.letter->from.hex();
  out["name"] = file.from ? file.from->name : "";
  out["part"] = file.letter->part;
  out["last"] = file.letter->is_last;
  out["claimed_ms"] = file.letter->claimed_ms;
  out["spaces"] = spaces_json(node, *file.letter);
  out["missing_chunks"] = file.missing_chunks;
  out["damaged_chunks"] = file.taken.damaged_chunks;
  out["refused"] = file.taken.refused_items + file.annex.refused_items;
  boost::json::array taken;
  for (const auto& [space, report] : file.taken.spaces)
    taken.push_back(boost::json::object{{"space", space.hex()},
                                        {"admitted", report.admitted},
                                        {"known", report.known},
                                        {"held", report.held},
                                        {"refused", report.refused}});
  out["taken"] = std::move(taken);
  out["attachments"] = attachments_json(file);
  return out;
}

}  // namespace cunju::cli
