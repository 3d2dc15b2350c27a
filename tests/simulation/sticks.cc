// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/sticks.h"

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "node/peers/bundle_writing.h"

namespace cunju::simulation {
namespace {

namespace fs = std::filesystem;

constexpr Time kUsualWay = std::chrono::minutes(3);
constexpr Time kLongestWay = std::chrono::hours(1);

/// Full after so many blocks.
class SmallStick final : public peers::StickFaults {
 public:
  explicit SmallStick(std::size_t blocks) : left_(blocks) {}
  int error_for(peers::StickStep step) override {
    if (step != peers::StickStep::kWrite) return 0;
    if (left_ == 0) return ENOSPC;
    --left_;
    return 0;
  }

 private:
  std::size_t left_;
};

/// Says that it has room, and keeps nothing after so many blocks.
class FakeStick final : public peers::StickFaults {
 public:
  explicit FakeStick(std::size_t blocks) : left_(blocks) {}
  int error_for(peers::StickStep) override { return 0; }
  bool keeps(const fs::path&, std::uint64_t, ByteView) override {
    if (left_ == 0) return false;
    --left_;
    return true;
  }

 private:
  std::size_t left_;
};

std::vector<fs::path> letters_in(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder / "CUNJU", none))
    out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

void copy_folder(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::copy(from, to, fs::copy_options::recursive, failed);
  CUNJU_CHECK(!failed, "a stick's folder is copied");
}

void flip_bit(const fs::path& path, std::uint64_t bit) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(bit / 8));
  const int byte = file.get() ^ (1 << (bit % 8));
  file.seekp(static_cast<std::streamoff>(bit / 8));
  file.put(static_cast<char>(byte));
}

}  // namespace

Sticks::Sticks(Context& context, Nodes& nodes, Scans& scans)
    : context_(context), nodes_(nodes), scans_(scans) {
  if (!context_.scenario.has(kOnlySticks)) return;
  for (Stick& stick : sticks_) stick = make_blank(context_.dice.below(context_.scenario.nodes));
}

Sticks::Stick Sticks::make_blank(std::size_t place) {
  Stick out{.folder = root_ / ("stick-" + std::to_string(++made_)), .place = place};
  fs::create_directory(out.folder);
  return out;
}

void Sticks::carry() {
  const std::size_t which = context_.dice.below(sticks_.size());
  Stick& stick = sticks_[which];
  if (stick.is_on_its_way || !nodes_[stick.place]->is_up()) return;
  plug_in(stick, false);
  walk(which, context_.dice.below(nodes_.size()));
}

void Sticks::walk(std::size_t which, std::size_t to) {
  sticks_[which].is_on_its_way = true;
  ++context_.counts["sticks carried"];
  const Time way =
      context_.dice.between(Time{1000}, context_.dice.one_in(6) ? kLongestWay : kUsualWay);
  context_.events.in_background(way, [this, which, to] {
    sticks_[which].is_on_its_way = false;
    sticks_[which].place = to;
  });
}

void Sticks::plug_in(Stick& stick, bool is_quiet) {
  Node& node = *nodes_[stick.place];
  context_.note(node.name() + " plugs in " + stick.folder.filename().string());
  node.begin_command();
  if (is_quiet || !context_.dice.one_in(5)) read(node, stick, is_quiet);
  if (node.disk().has_crashed()) return;
  // Somebody makes room: what is on it may not have been read by everybody.
  if (!is_quiet && context_.dice.one_in(4)) {
    std::error_code none;
    fs::remove_all(stick.folder / "CUNJU", none);
    stick.is_damaged = false;
    ++context_.counts["sticks wiped"];
  }
  if (is_quiet || !context_.dice.one_in(5)) write(node, stick, is_quiet);
  node.note_logs();
}

void Sticks::read(Node& node, const Stick& stick, bool is_quiet) {
  const bool answers = is_quiet || !context_.dice.one_in(4);
  Result<peers::StickReport> report = peers::read_stick(
      node.bundle_context(), stick.folder, {.answers = answers, .attachments = choice(is_quiet)});
  node.note_logs();
  if (report.has_error()) {
    context_.note(node.name() + " can't read it: " + report.error().context);
    if (!node.explains(report.error()))
      context_.fail("a stick could not be read: " + report.error().context);
    return;
  }
  ++context_.counts["sticks read by the program"];
  if (report.value().not_kept && !node.explains(*report.value().not_kept))
    context_.fail("attachments could not be kept: " + report.value().not_kept->context);
  judge(report.value(), stick);
  scans_.judge(node, report.value());
  if (node.disk().has_crashed()) return;
  if (answers && !report.value().answered.empty()) scans_.check_receipts(node);
  check_receipts(node);
}

attachments::CarryChoice Sticks::choice(bool is_quiet) {
  if (is_quiet || !context_.dice.one_in(4)) return attachments::CarryChoice::kSmall;
  return context_.dice.one_in(2) ? attachments::CarryChoice::kAll : attachments::CarryChoice::kNone;
}

void Sticks::judge(const peers::StickReport& report, const Stick& stick) {
  static const char* const kStates[] = {"letters read",
                                        "letters for others",
                                        "own letters",
                                        "letters that are damaged",
                                        "letters of no kind",
                                        "letters of unknown nodes",
                                        "letters that are forged",
                                        "letters of a newer program"};
  for (const peers::ReadFile& file : report.files) {
    ++context_.counts[kStates[static_cast<std::size_t>(file.state)]];
    const bool is_sound =
        file.state == peers::FileState::kReadable || file.state == peers::FileState::kNotForUs ||
        file.state == peers::FileState::kOwn || file.state == peers::FileState::kUnknownWriter;
    const bool is_whole = is_sound && file.missing_chunks == 0 && file.taken.damaged_chunks == 0 &&
                          file.missing_slots == 0 && file.annex.damaged_slots == 0;
    if (!is_whole && !stick.is_damaged) context_.fail("a sound letter is not read whole");
    if (file.taken.refused_items > 0) context_.fail("an honest node's letter was refused");
    // Parts for changes that were here when they were asked for, and went with a disk.
    const bool may_be_of_before = context_.scenario.has(kRestoredBackups);
    if (file.annex.refused_items > 0 && !may_be_of_before)
      context_.fail("what an honest node put beside its changes was refused");
  }
  if (report.refused_receipts > 0) context_.fail("an honest node's receipt was refused");
  for (const peers::ReadReceipt& receipt : report.receipts)
    ++context_.counts[receipt.filing == peers::Filing::kNew    ? "receipts"
                      : receipt.filing == peers::Filing::kSame ? "receipts read twice"
                                                               : "stale receipts"];
}

void Sticks::write(Node& node, const Stick& stick, bool is_quiet) {
  Result<std::vector<peers::BundlePeer>> others =
      peers::all_bundle_peers(node.replica(), node.person().node.node(), {context_.space});
  if (others.has_error()) {
    // A joiner that has not been told of the village yet.
    const bool is_new = context_.scenario.has(kLateJoiners);
    if (!is_new && !node.explains(others.error()))
      context_.fail("whom to write to is not known: " + others.error().context);
    return;
  }
  std::vector<peers::BundlePeer> to = std::move(others).value();
  context_.dice.shuffle(to);
  Dice& dice = context_.dice;
  SmallStick small(dice.below(12));
  const bool is_small = !is_quiet && dice.one_in(5);
  FakeStick fake(dice.below(12));
  const bool is_fake = !is_quiet && !is_small && dice.one_in(8);
  peers::WriteOptions options{.goes_on = !is_quiet && dice.one_in(4),
                              .everything = !is_quiet && dice.one_in(20)};
  if (!is_quiet) options.attachments = choice(is_quiet);
  if (is_small) options.faults = &small;
  if (is_fake) options.faults = &fake;
  // Whatever is on the stick has left the machine; that more of it has is no harm.
  node.note_travelled();
  Result<std::vector<peers::WrittenBundle>> written =
      peers::write_bundles(node.bundle_context(), to, stick.folder, options);
  if (written.has_error()) {
    const bool is_full = is_small && written.error().code == Errc::kDiskFull;
    const bool is_found = is_fake && written.error().code == Errc::kTampered;
    ++context_.counts[is_full    ? "sticks that were full"
                      : is_found ? "fake sticks found"
                                 : "sticks that could not be written"];
    context_.note(node.name() + " can't write it: " + written.error().context);
    if (!is_full && !is_found && !node.explains(written.error()))
      context_.fail("a stick could not be written: " + written.error().context);
    return;
  }
  scans_.note_written(node, written.value());
  for (const peers::WrittenBundle& bundle : written.value())
    context_.counts["letters written"] += bundle.letters.size();
}

void Sticks::check_receipts(Node& filed) {
  if (filed.disk().has_crashed()) return;
  for (const std::unique_ptr<Node>& other : nodes_) {
    // What a node had before it was restored it may have receipted, and not have any more.
    if (other.get() == &filed || !other->is_up() || other->was_restored()) continue;
    Result<std::optional<bundle::Receipt>> receipt =
        filed.book().receipt(other->person().node.node(), context_.space);
    if (receipt.has_error() || !receipt.value()) continue;
    for (const auto& [author, samples] : receipt.value()->logs) {
      for (const wire::Sample& sample : samples) {
        Result<bool> found = other->replica().has_change(context_.space, sample.id);
        if (found.has_error() || !found.value())
          context_.fail(other->name() + " receipted a change that it has not stored");
        ++context_.counts["receipted heads"];
      }
    }
  }
}

void Sticks::harm() {
  Stick& stick = sticks_[context_.dice.below(sticks_.size())];
  switch (context_.dice.below(6)) {
    case 0:
      return lose(stick);
    case 1:
      return turn_up(stick);
    case 2:
      return swap(stick);
    case 3:
      return put_aside(stick);
    default:
      return damage(stick);
  }
}

void Sticks::lose(Stick& stick) {
  ++context_.counts["sticks lost for good or not"];
  context_.note(stick.folder.filename().string() + " is lost");
  drawer_.push_back(stick);
  const Stick blank = make_blank(context_.dice.below(nodes_.size()));
  stick.folder = blank.folder;
  stick.is_damaged = false;
}

void Sticks::turn_up(Stick& stick) {
  if (drawer_.empty()) return;
  ++context_.counts["stale sticks"];
  const std::size_t at = context_.dice.below(drawer_.size());
  context_.note(drawer_[at].folder.filename().string() + " turns up again");
  // What was meant to be carried stays at home, in a drawer.
  std::swap(stick.folder, drawer_[at].folder);
  std::swap(stick.is_damaged, drawer_[at].is_damaged);
}

void Sticks::swap(Stick& stick) {
  Stick& other = sticks_[context_.dice.below(sticks_.size())];
  if (&other == &stick) return;
  ++context_.counts["swapped sticks"];
  std::swap(stick.folder, other.folder);
  std::swap(stick.is_damaged, other.is_damaged);
}

void Sticks::put_aside(const Stick& stick) {
  ++context_.counts["copies of sticks"];
  Stick copy{.folder = root_ / ("stick-" + std::to_string(++made_)),
             .is_damaged = stick.is_damaged};
  copy_folder(stick.folder, copy.folder);
  drawer_.push_back(std::move(copy));
}

void Sticks::damage(Stick& stick) {
  const std::vector<fs::path> letters = letters_in(stick.folder);
  if (letters.empty()) return;
  ++context_.counts["damaged sticks of files"];
  stick.is_damaged = true;
  Dice& dice = context_.dice;
  std::error_code failed;
  for (const fs::path& letter : letters) {
    const std::uint64_t bytes = fs::file_size(letter, failed);
    if (failed || bytes == 0 || !dice.one_in(2)) continue;
    if (dice.one_in(4)) {
      fs::remove(letter, failed);
    } else if (dice.one_in(3)) {
      fs::resize_file(letter, dice.below(bytes), failed);
    } else {
      // Where attachments are, if there are any, or anywhere.
      const std::uint64_t first = dice.one_in(2) ? bytes * 4 : 0;
      flip_bit(letter, first + dice.below(bytes * 8 - first));
    }
  }
}

void Sticks::begin_tours() { touring_ = make_blank(0); }

void Sticks::tour() {
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < nodes_.size(); ++at) places.push_back(at);
  context_.dice.shuffle(places);
  for (std::size_t place : places) {
    touring_.place = place;
    plug_in(touring_, true);
  }
}

}  // namespace cunju::simulation
