// SPDX-License-Identifier: Apache-2.0
//
// One space of an export: replays its logs and compares everything else with the result. Pure.
#pragma once

#include "node/audit/manifest.h"
#include "node/audit/verify_logs.h"

namespace cunju::audit {

void verify_space(const ManifestSpace& space, const Manifest& manifest, const SpaceContent& content,
                  const ProgressSink& progress, VerifyReport& report);

}  // namespace cunju::audit
