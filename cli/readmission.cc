// SPDX-License-Identifier: Apache-2.0
#include "cli/readmission.h"
#include "cli/erase_words.h"

#include "cli/person_in_grounds.h"
#include "cli/record_lookup.h"
#include "node/council/roster_acts.h"
#include "node/registry/erased_persons.h"

namespace cunju::cli {

Result<registry::Readmission> read_readmission(const Invocation& call, node::Node& node,
                                               const SpaceId& space) {
  registry::Readmission out;
  const std::vector<std::string> named = call.values("--readmit");
  out.basis = call.value("--basis").value_or("");
  if (named.empty() && call.has("--basis"))
    return refused(call, Errc::kInvalidArgument,
                   {"--basis 要与 --readmit 删除编号 同用", "--basis goes with --readmit ERASURE"});
  if (named.empty()) return out;
  if (is_blank(out.basis))
    return refused(call, Errc::kInvalidArgument,
                   {"--readmit 要同时写 --basis 法律依据", "--readmit needs --basis"});
  CUNJU_TRY(const std::vector<registry::ErasedPerson> erased,
            registry::read_erased_persons(node.replica(), space));
  for (const std::string& prefix : named) {
    std::set<RecordId> found;
    for (const registry::ErasedPerson& each : erased)
      if (each.erasure.hex().starts_with(prefix)) found.insert(each.erasure);
    if (prefix.size() < council::kFewestDigits || found.size() != 1)
      return refused(call, Errc::kNotFound,
                     {"没有唯一的这项删除：" + prefix, "not one erasure: " + prefix});
    out.erasures.insert(*found.begin());
  }
  CUNJU_TRYV(refuse_marked_in(call, node, space, out.erasures, {out.basis}));
  return out;
}

}  // namespace cunju::cli
