// SPDX-License-Identifier: Apache-2.0
#include "crdt/base/error.h"

namespace cunju {

std::string_view errc_name(Errc code) {
  switch (code) {
    case Errc::kInvalidArgument:
      return "invalid_argument";
    case Errc::kMalformed:
      return "malformed";
    case Errc::kLimit:
      return "limit";
    case Errc::kUnsupported:
      return "unsupported";
    case Errc::kNotFound:
      return "not_found";
    case Errc::kExists:
      return "exists";
    case Errc::kPermission:
      return "permission";
    case Errc::kBadSignature:
      return "bad_signature";
    case Errc::kBadPassphrase:
      return "bad_passphrase";
    case Errc::kLocked:
      return "locked";
    case Errc::kFork:
      return "fork";
    case Errc::kMissing:
      return "missing";
    case Errc::kConflict:
      return "conflict";
    case Errc::kTampered:
      return "tampered";
    case Errc::kCorrupt:
      return "corrupt";
    case Errc::kDiskFull:
      return "disk_full";
    case Errc::kIo:
      return "io";
    case Errc::kNetwork:
      return "network";
    case Errc::kProtocol:
      return "protocol";
    case Errc::kTimeout:
      return "timeout";
  }
  return "unknown";
}

}  // namespace cunju
