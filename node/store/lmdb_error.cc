// SPDX-License-Identifier: Apache-2.0
#include "node/store/lmdb_error.h"

#include <lmdb.h>

#include <cerrno>

namespace cunju::store {
namespace {

Errc errc_of(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:  // A file system that can't hold a longer file, such as FAT32 with its 4 GiB.
      return Errc::kDiskFull;
    case ENOENT:
    case MDB_NOTFOUND:
      return Errc::kNotFound;
    case MDB_KEYEXIST:
      return Errc::kExists;
    case MDB_MAP_FULL:
    case MDB_DBS_FULL:
    case MDB_READERS_FULL:
    case MDB_TXN_FULL:
    case MDB_CURSOR_FULL:
    case MDB_PAGE_FULL:
    case MDB_BAD_VALSIZE:
      return Errc::kLimit;
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
      return Errc::kUnsupported;
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
      return Errc::kCorrupt;
    default:
      return Errc::kIo;
  }
}

}  // namespace

Error lmdb_error(int code, std::string_view what) {
  return {errc_of(code), std::string(what) + ": " + mdb_strerror(code)};
}

}  // namespace cunju::store
