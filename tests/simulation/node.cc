// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/node.h"

#include <fstream>

#include "node/attachments/attach_file.h"
#include "tests/support/shown.h"

namespace cunju::simulation {
namespace {

// Small, so that many fit in memory; the map grows by itself.
constexpr std::size_t kMapBytes = std::size_t{1} << 20;

}  // namespace

Node::Node(Context& context, std::size_t index, test::Person person)
    : context_(context),
      index_(index),
      random_(context.scenario.seed * 64 + index + 1),
      port_(context, ledger_) {
  people_.push_back(std::move(person));
  boot();
}

Result<void> Node::open() {
  store::EnvironmentOptions options;
  options.folder = folder_ / "data";
  options.tables = replica::Tables::names();
  if (context_.scenario.has(kOnlySticks)) {
    for (std::string& name : attachments::WantBook::table_names())
      options.tables.push_back(std::move(name));
  }
  options.initial_map_bytes = kMapBytes;
  options.faults = &disk_;
  CUNJU_TRY(store_, store::Environment::open(std::move(options)));
  CUNJU_TRYV(keys_.open(folder_ / "keys", &disk_));
  CUNJU_TRY(replica_, replica::Replica::open(*store_, keys_.sealer(), random_));
  if (context_.scenario.has(kOnlySticks)) {
    CUNJU_TRYV(open_book());
    CUNJU_TRYV(open_blobs());
  }
  return reads_sealed() ? replica_->add_own_device(context_.reader) : ok();
}

Result<void> Node::open_book() {
  unlocked_.node = crypto::SigningKey::from_seed(person().node.seed());
  unlocked_.author = crypto::SigningKey::from_seed(person().device.seed());
  unlocked_.wire = person().wire.clone();
  // A home's own: the names of its receipts on a stick follow from it.
  unlocked_.storage = person().node.seed();
  store::EnvironmentOptions options;
  options.folder = folder_ / "book";
  options.tables = peers::BundleBook::table_names();
  options.initial_map_bytes = kMapBytes;
  options.faults = &disk_;
  CUNJU_TRY(book_store_, store::Environment::open(std::move(options)));
  CUNJU_TRY(book_, peers::BundleBook::open(*book_store_, unlocked_.storage, random_));
  return ok();
}

Result<void> Node::open_blobs() {
  CUNJU_TRY(blobs_, attachments::BlobFolder::open(folder_ / "blobs", &disk_));
  CUNJU_TRY(wants_, attachments::WantBook::open(*store_, unlocked_.storage, random_));
  replica_->set_own_node(person().node.node());
  return replica_->set_attachment_destroyer(
      [this](const attachments::Address& address) { return blobs_->destroy(address); });
}

void Node::begin_command() {
  carried_ = std::make_unique<peers::BundleAttachments>(*replica_, *blobs_, *wants_,
                                                        unlocked_.author.author());
}

peers::BundleContext Node::bundle_context() {
  return {.replica = *replica_,
          .keys = unlocked_,
          .book = *book_,
          .random = random_,
          .claimed_ms = clock_.claimed_ms(context_.events.now()),
          .attachments = carried_.get()};
}

Result<Bytes> Node::seal(const Bytes& content) {
  const std::filesystem::path path = folder_ / "file.bin";
  {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(content.data()),
              static_cast<std::streamsize>(content.size()));
  }
  CUNJU_TRY(attachments::Attached attached,
            attachments::attach_file(*blobs_, path, {.name = "scan.bin"}, random_));
  // As the command does: only of what is noted an orphan may go.
  CUNJU_TRY(const attachment::Reference made, attachment::parse_reference(attached.value));
  CUNJU_TRYV(wants_->charges().note(context_.space,
                                    {.author = people_.front().author(), .blob = made.blob()}));
  return std::move(attached.value);
}

std::vector<attachments::Referred> Node::references() {
  static const registry::Catalog kCatalog = registry::Catalog::builtin();
  Result<std::vector<attachments::Referred>> found =
      attachments::find_references(*replica_, context_.space, kCatalog);
  return found.has_value() ? std::move(found).value() : std::vector<attachments::Referred>();
}

std::optional<AddNode> Node::find_entry(const WireKey& wire) {
  Result<std::shared_ptr<const Roster>> roster = replica_->roster(context_.space);
  const AddNode* found = roster.has_value() ? roster.value()->find_wire(wire) : nullptr;
  return found == nullptr ? std::nullopt : std::optional(*found);
}

bool Node::holds_all_parts() {
  if (!context_.scenario.has(kOnlySticks)) return true;
  const Result<replica::PartsStanding> standing = replica_->parts_standing(context_.space);
  return standing.has_value() && standing.value().lacking + standing.value().withheld == 0;
}

void Node::note_logs() {
  if (disk_.has_crashed()) return;
  Result<std::vector<sync::AuthorHead>> heads = replica_->all_heads(context_.space);
  if (heads.has_error()) return;
  for (const sync::AuthorHead& head : heads.value()) {
    Result<void> scanned =
        replica_->scan_log(context_.space, head.author, Seq{0}, [&](const Change& change) {
          context_.library.emplace(change.id, change);
          if (ledger_.taken.insert(change.id).second) ledger_.promise(change);
          return true;
        });
    if (scanned.has_error()) context_.fail("a log can't be read: " + scanned.error().context);
  }
}

void Node::note_travelled() {
  note_logs();
  context_.travelled.insert(ledger_.taken.begin(), ledger_.taken.end());
}

void Node::boot() {
  disk_.power_on();
  Result<void> opened = open();
  if (opened.has_error()) {
    context_.fail(name() + " does not open after a crash: " + opened.error().context);
    return;
  }
  port_.set_replica(replica_.get());
  replica_->set_commit_listener([this] { has_committed_ = true; });
  replica_->set_taken_listener([this](const SpaceId&, bool is_all) {
    if (is_all && is_honest()) witness();
  });
  has_committed_ = false;
  announce_keys();
  check_promises();
}

void Node::announce_keys() {
  std::vector<AuthorKey> keys;
  for (const test::Person& person : people_) keys.push_back(person.author());
  keys.push_back(person().node.author());
  replica_->set_own_authors(std::move(keys));
}

void Node::host(test::Person person) {
  people_.push_back(std::move(person));
  if (is_up()) announce_keys();
}

void Node::witness() {
  const crypto::SigningKey& key = person().node;
  if (!context_.scenario.has(kWitnesses) || is_behind_itself(key.author())) return;
  Result<replica::Appended> made =
      replica_->append_statements(context_.space, key, clock_.claimed_ms(context_.events.now()));
  if (made.has_value()) {
    if (made.value().ids.empty()) return;
    ++context_.counts["statements"];
    context_.note(name() + " states what it holds " + brief(made.value().ids.back()));
    port_.note_appended(key.author(), made.value());
    return;
  }
  const Errc code = made.error().code;
  // A node that was restored may have forked its own log.
  const bool is_forked = code == Errc::kFork && context_.scenario.has(kHastyRestores);
  const bool is_expected = code == Errc::kMissing || code == Errc::kPermission || is_forked;
  context_.note(name() + " can't state what it holds: " + made.error().context);
  if (!is_expected && !explains(made.error()))
    context_.fail(name() + " can't state what it holds: " + made.error().context);
}

bool Node::is_behind_itself(const AuthorKey& author) {
  auto lost = lost_.find(author);
  if (lost == lost_.end()) return false;
  Result<std::optional<ChangeId>> found =
      replica_->find_change(context_.space, lost->first, lost->second);
  if (found.has_error() || !found.value()) return true;
  ++context_.counts["logs recovered"];
  context_.note(name() + " has the log of " + brief(lost->first) + " again");
  lost_.erase(lost);
  return false;
}

void Node::kill() {
  port_.set_replica(nullptr);
  carried_.reset();
  wants_.reset();
  replica_.reset();
  blobs_.reset();
  book_.reset();
  book_store_.reset();
  keys_.close();
  store_.reset();
}

void Node::check_promises() {
  for (const auto& [author, head] : ledger_.promised) {
    Result<bool> found = replica_->has_change(context_.space, head.id);
    if (found.has_error() || !found.value())
      context_.fail(name() + " lost change " + brief(head.id) + ", which it had called safe");
  }
}

bool Node::explains(const Error& error) {
  const bool is_storage = error.code == Errc::kDiskFull || error.code == Errc::kIo;
  return is_storage && (disk_.take_refusal() || disk_.has_crashed());
}

Result<replica::Appended> Node::write(std::span<const replica::ChangeDraft> drafts,
                                      std::size_t who) {
  const test::Person& person = people_[who];
  const test::ShownBefore before(*replica_, context_.space, drafts);
  Result<replica::Appended> result = replica_->append(context_.space, person.device, drafts,
                                                      clock_.claimed_ms(context_.events.now()));
  if (!result) return result;
  port_.note_appended(person.author(), result.value());
  const std::string otherwise = before.find_difference(*replica_, result.value());
  if (!otherwise.empty())
    context_.fail(name() + " shows something else than what was shown and typed: " + otherwise);
  return result;
}

Result<replica::Appended> Node::write_roster(std::span<const RosterOperation> operations,
                                             std::size_t who) {
  const test::Person& person = people_[who];
  Result<replica::Appended> result = replica_->append_roster(
      context_.space, person.device, operations, clock_.claimed_ms(context_.events.now()));
  if (result) port_.note_appended(person.author(), result.value());
  return result;
}

void Node::back_up() {
  // One thread and no write in progress: the files are whole.
  for (const char* store : stores_in_backup()) {
    std::error_code failed;
    std::filesystem::copy_file(folder_ / store / "data.mdb",
                               folder_ / (std::string(store) + ".backup"),
                               std::filesystem::copy_options::overwrite_existing, failed);
    if (failed) {
      context_.fail("the backup could not be written: " + failed.message());
      return;
    }
  }
  backup_ = std::make_unique<Ledger>(ledger_);
}

void Node::restore() {
  kill();
  for (const char* store : stores_in_backup()) {
    std::error_code failed;
    std::filesystem::copy_file(folder_ / (std::string(store) + ".backup"),
                               folder_ / store / "data.mdb",
                               std::filesystem::copy_options::overwrite_existing, failed);
    if (failed) context_.fail("the backup could not be restored: " + failed.message());
    std::filesystem::remove(folder_ / store / "lock.mdb", failed);
  }
  // Attachments are in no copy: a home is restored beside its folder of them, or on a new disk.
  if (context_.scenario.has(kOnlySticks) && context_.dice.one_in(2)) {
    std::error_code failed;
    std::filesystem::remove_all(folder_ / "blobs", failed);
    whole_blobs_.clear();
  }
  ledger_ = *backup_;
  was_restored_ = true;
  boot();
}

std::vector<const char*> Node::stores_in_backup() const {
  if (context_.scenario.has(kOnlySticks)) return {"data", "book"};
  return {"data"};
}

}  // namespace cunju::simulation
