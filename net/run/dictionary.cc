// SPDX-License-Identifier: Apache-2.0
#include "net/run/dictionary.h"

#include "crdt/crypto/crypto.h"
#include "net/run/embedded_dictionary.h"
#include "net/run/run_limits.h"

namespace cunju::run {

static_assert(sizeof kEmbeddedDictionary <= limits::kMaxDictionaryBytes);

ByteView dictionary() { return kEmbeddedDictionary; }

wire::DictionaryId dictionary_id() {
  static const wire::DictionaryId kId = [] {
    const Hash hash = crypto::hash({dictionary()});
    return ByteReader(hash.view()).u64();
  }();
  return kId;
}

}  // namespace cunju::run
