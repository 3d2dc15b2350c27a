// SPDX-License-Identifier: Apache-2.0
//
// --readmit: an erased or restricted person is entered again, as the law allows in that case. What
// `add`, `set`, `settle`, `subject correct` and `import` share.
#pragma once

#include "cli/session.h"
#include "node/registry/readmission.h"

namespace cunju::cli {

inline const Option kReadmitOption{
    "--readmit",
    "ERASURE",
    {"法律允许时，仍登记这项删除所涉的人（可写几次）",
     "enter the person of this erasure all the same, where the law allows it; may be repeated"}};
inline const Option kReadmitBasisOption{
    "--basis",
    "TEXT",
    {"与 --readmit 同用：法律依据（不写人名，随记录保留）",
     "with --readmit: the law or rule; names nobody, stays with the record"}};

/// The erasures that --readmit names, and the ground. Errors in words: kInvalidArgument (no ground,
/// or a ground for nothing), kNotFound (not one erasure whose marks can be read here).
Result<registry::Readmission> read_readmission(const Invocation& call, node::Node& node,
                                               const SpaceId& space);

}  // namespace cunju::cli
