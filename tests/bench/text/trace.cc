// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/text/trace.h"

#include <zlib.h>

#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>

#include "crdt/types/text/text_edits_codec.h"

namespace cunju::bench {
namespace {

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

/// gzread also reads files that are not gzipped.
std::string read_file(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) stop("cannot open " + path);
  std::string out;
  std::array<char, 65536> buffer;
  int count = 0;
  while ((count = gzread(file, buffer.data(), buffer.size())) > 0) {
    out.append(buffer.data(), static_cast<std::size_t>(count));
  }
  gzclose(file);
  if (count < 0) stop("cannot unpack " + path);
  return out;
}

std::string name_of(const std::string& path) {
  const std::string file = path.substr(path.rfind('/') + 1);
  return file.substr(0, file.find('.'));
}

TraceChange read_change(const boost::json::object& object) {
  TraceChange out;
  if (const auto* parents = object.if_contains("parents")) {
    for (const auto& parent : parents->as_array()) {
      out.parents.push_back(parent.to_number<std::uint32_t>());
    }
  }
  if (const auto* agent = object.if_contains("agent")) {
    out.agent = agent->to_number<std::uint32_t>();
  }
  for (const auto& patch : object.at("patches").as_array()) {
    const auto& parts = patch.as_array();
    out.patches.push_back({parts.at(0).to_number<std::size_t>(),
                           parts.at(1).to_number<std::size_t>(),
                           std::string(parts.at(2).as_string())});
  }
  return out;
}

}  // namespace

Trace read_trace(const std::string& path) {
  boost::system::error_code error;
  const boost::json::value json = boost::json::parse(read_file(path), error);
  if (error) stop("not JSON: " + path);
  const boost::json::object& object = json.as_object();
  Trace out{.name = name_of(path)};
  if (const auto* start = object.if_contains("startContent")) out.start = start->as_string();
  out.end = object.at("endContent").as_string();
  if (const auto* kind = object.if_contains("kind")) out.concurrent = *kind == "concurrent";
  for (const auto& change : object.at("txns").as_array()) {
    out.changes.push_back(read_change(change.as_object()));
  }
  return out;
}

std::vector<Save> make_saves(const Trace& trace, bool one_each) {
  std::vector<std::uint32_t> children(trace.changes.size());
  for (const TraceChange& change : trace.changes) {
    for (std::uint32_t parent : change.parents) ++children[parent];
  }
  std::vector<Save> out;
  std::vector<std::uint32_t> save_of;
  TextEdits edits;
  for (std::uint32_t i = 0; i < trace.changes.size(); ++i) {
    const TraceChange& change = trace.changes[i];
    const bool goes_on = !one_each && i > 0 && change.parents == std::vector{i - 1} &&
                         children[i - 1] == 1 && trace.changes[i - 1].agent == change.agent;
    if (!goes_on) {
      if (!out.empty()) out.back().edits = encode_text_edits(edits);
      edits = {};
      out.push_back({.agent = change.agent});
      for (std::uint32_t parent : change.parents) out.back().parents.push_back(save_of[parent]);
    }
    save_of.push_back(static_cast<std::uint32_t>(out.size() - 1));
    for (const TracePatch& patch : change.patches) {
      if (!edits.add({patch.position, patch.erased, patch.inserted})) stop("too long for one save");
    }
  }
  if (!out.empty()) out.back().edits = encode_text_edits(edits);
  return out;
}

TextHistory receive(const std::vector<Save>& saves) {
  TextHistory out;
  for (std::size_t i = 0; i < saves.size(); ++i) {
    // Ids as a hash would give them: all different, in no order.
    ChangeId id;
    AuthorKey author;
    std::uint64_t mixed = (i + 1) * 0x9E3779B97F4A7C15U;
    for (std::uint8_t& byte : id.value) {
      mixed ^= mixed >> 29;
      mixed *= 0xBF58476D1CE4E5B9U;
      byte = static_cast<std::uint8_t>(mixed >> 56);
    }
    author.value[0] = static_cast<std::uint8_t>(saves[i].agent);
    author.value[1] = static_cast<std::uint8_t>(saves[i].agent >> 8);
    const Result<TextEdits> edits = decode_text_edits(saves[i].edits);
    if (!edits) stop("undecodable: " + edits.error().context);
    if (!out.add(id, author, saves[i].parents, edits.value())) stop("unusable change");
  }
  return out;
}

}  // namespace cunju::bench
