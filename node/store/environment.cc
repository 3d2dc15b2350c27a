// SPDX-License-Identifier: Apache-2.0
#include "node/store/environment.h"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "crdt/base/check.h"
#include "node/store/lmdb_error.h"
#include "node/store/private_file.h"

namespace cunju::store {
namespace {

namespace fs = std::filesystem;

/// LMDB's lock file is a shared map of 8 KiB for 126 readers; this gives about twice as many.
constexpr off_t kLockFileBytes = 16 * 1024;
constexpr std::size_t kMaxTables = 64;
/// With less than this free, an EIO is a short write for want of space: LMDB reports it so.
constexpr std::uint64_t kNearlyFullBytes = 64 * 1024;
/// Attempts to begin a transaction while other processes keep growing the map.
constexpr int kMaxBeginAttempts = 100;

/// Folders this process has open. LMDB's locks belong to the process, so opening a folder twice
/// and closing one would silently drop the other's locks: this must be known process-wide.
class OpenFolders {
 public:
  static OpenFolders& instance() {
    static OpenFolders folders;
    return folders;
  }
  bool add(const std::string& identity) {
    std::lock_guard guard(mutex_);
    return open_.insert(identity).second;
  }
  void remove(const std::string& identity) {
    std::lock_guard guard(mutex_);
    open_.erase(identity);
  }

 private:
  std::mutex mutex_;
  std::set<std::string> open_;
};

/// Aborts the transaction unless it was released.
class TransactionGuard {
 public:
  explicit TransactionGuard(MDB_txn* txn) : txn_(txn) {}
  TransactionGuard(const TransactionGuard&) = delete;
  TransactionGuard& operator=(const TransactionGuard&) = delete;
  ~TransactionGuard() {
    if (txn_ != nullptr) mdb_txn_abort(txn_);
  }
  MDB_txn* get() const { return txn_; }
  /// LMDB frees the transaction, whether the commit succeeds or not.
  int commit() { return mdb_txn_commit(std::exchange(txn_, nullptr)); }

 private:
  MDB_txn* txn_;
};

/// Gives the lock file its blocks now: LMDB maps it, and touching a mapped hole on a full disk
/// kills the process with SIGBUS.
Result<void> reserve_lock_file(const fs::path& path) {
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.is_open()) return system_error(errno, "opening", path);
  if (::fallocate(file.value(), 0, 0, kLockFileBytes) != 0 && errno != EOPNOTSUPP)
    return system_error(errno, "reserving", path);
  return ok();
}

/// Reading a page behind the end of the mapped file would be a SIGBUS, so a file that was cut
/// short (a bad copy) is lengthened with zeros, which LMDB then reports as corrupt. fallocate
/// never shortens, so other processes may be writing meanwhile.
Result<void> lengthen_to(const fs::path& path, std::uint64_t bytes) {
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.is_open()) return system_error(errno, "opening", path);
  struct stat info {};
  if (::fstat(file.value(), &info) != 0) return system_error(errno, "looking at", path);
  if (static_cast<std::uint64_t>(info.st_size) >= bytes) return ok();
  if (::fallocate(file.value(), 0, 0, static_cast<off_t>(bytes)) == 0) return ok();
  if (errno == ENOSPC) return system_error(errno, "lengthening", path);
  return fail(Errc::kCorrupt, path.string() + " is shorter than it says");
}

std::size_t mapped_bytes(MDB_env* env) {
  MDB_envinfo info{};
  mdb_env_info(env, &info);
  return info.me_mapsize;
}

}  // namespace

/// Threads take turns so that the map only moves while nobody looks at it: LMDB leaves that to
/// its caller.
class Environment::Turn {
 public:
  explicit Turn(Environment& environment) : environment_(environment) {
    std::unique_lock lock(environment_.mutex_);
    join(lock);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    std::lock_guard lock(environment_.mutex_);
    leave();
  }

  /// Runs `action` while no other thread has a turn. The caller has no transaction now.
  template <class Action>
  Result<void> alone(Action action) {
    std::unique_lock lock(environment_.mutex_);
    leave();
    environment_.changed_.wait(lock, [&] { return !environment_.exclusive_; });
    environment_.exclusive_ = true;
    environment_.changed_.wait(lock, [&] { return environment_.holders_.empty(); });
    Result<void> result = action();
    environment_.exclusive_ = false;
    environment_.changed_.notify_all();
    join(lock);
    return result;
  }

 private:
  void join(std::unique_lock<std::mutex>& lock) {
    environment_.changed_.wait(lock, [&] { return !environment_.exclusive_; });
    environment_.holders_.push_back(std::this_thread::get_id());
  }
  void leave() {
    std::erase(environment_.holders_, std::this_thread::get_id());
    environment_.changed_.notify_all();
  }

  Environment& environment_;
};

Result<std::unique_ptr<Environment>> Environment::open(EnvironmentOptions options) {
  if (options.tables.size() > kMaxTables) return fail(Errc::kInvalidArgument, "too many tables");
  const fs::path folder = options.folder;
  struct stat info {};
  bool fresh = ::stat((folder / "data.mdb").c_str(), &info) != 0;
  if (fresh && !options.create) return fail(Errc::kNotFound, "no store in " + folder.string());
  CUNJU_TRYV(make_private_folder(folder));
  if (::stat(folder.c_str(), &info) != 0) return system_error(errno, "looking at", folder);
  std::string identity = std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
  if (!OpenFolders::instance().add(identity))
    return fail(Errc::kExists, "this process has the store open already: " + folder.string());

  std::unique_ptr<Environment> environment(new Environment(std::move(options)));
  environment->identity_ = std::move(identity);
  CUNJU_TRYV(environment->start());
  // The files' names must be as durable as the first commit.
  if (fresh) {
    CUNJU_TRYV(sync_folder(folder));
  }
  return environment;
}

Environment::~Environment() {
  CUNJU_CHECK(holders_.empty(), "no transaction outlives its environment");
  stop();
  OpenFolders::instance().remove(identity_);
}

void Environment::stop() {
  if (env_ != nullptr) mdb_env_close(std::exchange(env_, nullptr));
  handles_.clear();
}

Result<void> Environment::start() {
  CUNJU_TRYV(reserve_lock_file(options_.folder / "lock.mdb"));
  int code = mdb_env_create(&env_);
  if (code == 0) code = mdb_env_set_maxdbs(env_, static_cast<MDB_dbi>(kMaxTables));
  // NOTLS: a snapshot belongs to its object, so a thread may read here after reading there.
  if (code == 0) code = mdb_env_open(env_, options_.folder.c_str(), MDB_NOTLS, 0600);
  if (code == 0) code = mdb_reader_check(env_, nullptr);
  if (code == 0 && mapped_bytes(env_) < options_.initial_map_bytes)
    code = mdb_env_set_mapsize(env_, options_.initial_map_bytes);
  Result<void> opened = ok();
  if (code != 0) {
    opened = error_of(code, "opening " + options_.folder.string());
  } else {
    MDB_envinfo info{};
    MDB_stat stat{};
    mdb_env_info(env_, &info);
    mdb_env_stat(env_, &stat);
    opened = lengthen_to(options_.folder / "data.mdb",
                         (std::uint64_t{info.me_last_pgno} + 1) * stat.ms_psize);
    if (opened) opened = open_tables();
  }
  if (!opened) stop();
  return opened;
}

Result<void> Environment::open_tables() {
  // First without writing: a store that has its tables opens even on a full disk. With nothing to
  // create the second round is not needed.
  for (unsigned flags : {unsigned{MDB_RDONLY}, 0U}) {
    handles_.clear();
    MDB_txn* txn = nullptr;
    int code = mdb_txn_begin(env_, nullptr, flags, &txn);
    if (code != 0) return error_of(code, "opening the tables");
    TransactionGuard guard(txn);
    for (const std::string& name : options_.tables) {
      MDB_dbi handle = 0;
      code = mdb_dbi_open(txn, name.c_str(), flags == 0 ? unsigned{MDB_CREATE} : 0U, &handle);
      if (code != 0) break;
      handles_.push_back(handle);
    }
    if (code == 0) code = guard.commit();
    if (code == 0) return ok();
    if (code != MDB_NOTFOUND || flags == 0) return error_of(code, "opening the tables");
  }
  return ok();
}

Result<Table> Environment::table(std::string_view name) const {
  auto found = std::ranges::find(options_.tables, name);
  if (found == options_.tables.end())
    return fail(Errc::kNotFound, "no table named " + std::string(name));
  return Table(static_cast<std::size_t>(found - options_.tables.begin()));
}

Error Environment::error_of(int code, std::string_view what) const {
  struct statvfs disk {};
  if (code == EIO && ::statvfs(options_.folder.c_str(), &disk) == 0 &&
      std::uint64_t{disk.f_bavail} * disk.f_frsize < kNearlyFullBytes)
    code = ENOSPC;
  return lmdb_error(code, what);
}

Result<MDB_txn*> Environment::begin(unsigned flags, Turn& turn) {
  int code = MDB_PANIC;
  for (int attempt = 0; attempt < kMaxBeginAttempts; ++attempt) {
    while (broken_) {
      CUNJU_TRYV(turn.alone([&]() -> Result<void> {
        if (!broken_) return ok();
        stop();
        CUNJU_TRYV(start());
        broken_ = false;
        return ok();
      }));
    }
    MDB_txn* txn = nullptr;
    code = mdb_txn_begin(env_, nullptr, flags, &txn);
    if (code == 0) return txn;
    if (code == MDB_MAP_RESIZED) {
      CUNJU_TRYV(remap(0, turn));
    } else if (code == MDB_READERS_FULL) {
      int dead = 0;
      if (mdb_reader_check(env_, &dead) != 0 || dead == 0) break;
    } else if (code == MDB_PANIC) {
      broken_ = true;
    } else {
      break;
    }
  }
  return error_of(code, "beginning a transaction");
}

Result<void> Environment::remap(std::size_t bytes, Turn& turn) {
  return turn.alone([&]() -> Result<void> {
    if (env_ == nullptr) return ok();  // Another thread failed to reopen; begin tries again.
    if (bytes != 0 && mapped_bytes(env_) >= bytes) return ok();
    int code = mdb_env_set_mapsize(env_, bytes);
    if (code == 0) return ok();
    // The old map is gone already.
    broken_ = true;
    return error_of(code, "changing the size of the map");
  });
}

Result<void> Environment::grow(Turn& turn) {
  // A dead reader keeps freed pages from being used again; don't grow for those for ever.
  mdb_reader_check(env_, nullptr);
  std::size_t now = mapped_bytes(env_);
  if (now >= options_.max_map_bytes)
    return fail(Errc::kLimit, "the store has reached its greatest size");
  return remap(now > options_.max_map_bytes / 2 ? options_.max_map_bytes : now * 2, turn);
}

Result<void> Environment::write_once(const std::function<Result<void>(WriteTransaction&)>& body,
                                     Turn& turn, bool& map_full) {
  CUNJU_TRY(MDB_txn * txn, begin(0, turn));
  TransactionGuard guard(txn);
  WriteTransaction transaction(txn, handles_, options_.faults);
  Result<void> result = body(transaction);
  map_full = transaction.error_ == MDB_MAP_FULL;
  if (map_full) return ok();
  if (!result) return result;
  // The body may have overlooked a failed step; what it wrote is then incomplete.
  if (transaction.error_ != 0) return error_of(transaction.error_, "in a transaction");
  int code = transaction.injected(StoreStep::kCommit);
  if (code == 0) code = guard.commit();
  map_full = code == MDB_MAP_FULL;
  if (code == 0 || map_full) return ok();
  return error_of(code, "committing");
}

Result<void> Environment::write(const std::function<Result<void>(WriteTransaction&)>& body) {
  {
    std::lock_guard lock(mutex_);
    CUNJU_CHECK(std::ranges::count(holders_, std::this_thread::get_id()) == 0,
                "transactions don't nest");
  }
  std::lock_guard queue(writer_);
  Turn turn(*this);
  while (true) {
    bool map_full = false;
    CUNJU_TRYV(write_once(body, turn, map_full));
    if (!map_full) return ok();
    CUNJU_TRYV(grow(turn));
  }
}

Result<void> Environment::read(const std::function<Result<void>(ReadTransaction&)>& body) {
  {
    std::lock_guard lock(mutex_);
    CUNJU_CHECK(std::ranges::count(holders_, std::this_thread::get_id()) == 0,
                "transactions don't nest");
  }
  Turn turn(*this);
  CUNJU_TRY(MDB_txn * txn, begin(MDB_RDONLY, turn));
  TransactionGuard guard(txn);
  ReadTransaction transaction(txn, handles_);
  CUNJU_TRYV(body(transaction));
  if (transaction.error_ != 0) return error_of(transaction.error_, "in a transaction");
  return ok();
}

std::size_t Environment::map_bytes() {
  Turn turn(*this);
  return env_ == nullptr ? 0 : mapped_bytes(env_);
}

}  // namespace cunju::store
