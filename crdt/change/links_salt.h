// SPDX-License-Identifier: Apache-2.0
//
// The salt of the links of an open part, as this program makes it. It follows from the salt of the
// body and says nothing of it: who is left with the links of an erased part can't come back to the
// body's. A peer that gets both needs only the one (net/run). A habit of the writer and no law:
// nobody refuses links with another salt.
//   salt of the links := first 16 bytes of BLAKE2b-256("cunju links 1" || salt of the body)
// docs/decisions/0029-one-salt-on-the-wire.md. Pure.
#pragma once

#include "crdt/base/ids.h"

namespace cunju {

Salt links_salt(const Salt& of_body);

}  // namespace cunju
