// SPDX-License-Identifier: Apache-2.0
#include "crdt/change/links_salt.h"

#include <algorithm>

#include "crdt/crypto/crypto.h"

namespace cunju {

Salt links_salt(const Salt& of_body) {
  const Hash hash = crypto::hash({crypto::label("cunju links 1"), of_body.view()});
  Salt out;
  std::copy_n(hash.value.begin(), Salt::kSize, out.value.begin());
  return out;
}

}  // namespace cunju
