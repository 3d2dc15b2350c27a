// SPDX-License-Identifier: Apache-2.0
#include "crdt/roster/replication_names.h"

namespace cunju {

std::string_view replication_id(Replication replication) {
  switch (replication) {
    case Replication::kFull:
      return "full";
    case Replication::kShell:
      return "shell";
    case Replication::kWitness:
      return "witness";
  }
  return "";
}

std::optional<Replication> find_replication(std::string_view id) {
  for (const Replication each : {Replication::kFull, Replication::kShell, Replication::kWitness})
    if (replication_id(each) == id) return each;
  return std::nullopt;
}

}  // namespace cunju
