// SPDX-License-Identifier: Apache-2.0
//
// Calls of a command to an address or to a peer where it was met before, and why nobody was met:
// `sync` and `doctor` call alike.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/meet_words.h"
#include "cli/met_peer.h"
#include "cli/session.h"

namespace cunju::cli {

struct CallOptions {
  std::optional<WireKey> expected;  ///< Who alone is to be met, and exchanged with.
  std::string expected_name;
  bool is_metered = false;
  peers::PeerListener listener = {};  ///< Of all that happens, but for how a link ended.
  /// Before each call, which may take its time when nobody answers.
  std::function<void(const std::string& address)> on_call = {};
};

/// What one call came to.
struct PeerCall {
  std::string address;
  MetPeer peer;  ///< Who was met, or greeted.
  std::uint64_t peer_clock_ms = 0;
  transport::LinkEnd end = transport::LinkEnd::kOpen;
  bool has_called = false;  ///< Else what went wrong is here, or a signal ended it.
  Result<node::SyncOutcome> outcome;
  MeetFinding finding;

  bool is_stopped() const {
    return outcome.has_error() && outcome.error().context == node::kStoppedBySignal;
  }
};

/// For the shell: of what was not exchanged yet, whether persons have to decide (kConflict) or have
/// decided against it (kPermission).
ExitCode code_of(const PeerCall& call);
/// Of calls that all failed: the code with which each of them ended, else that nobody was reached.
ExitCode common_code(const std::vector<PeerCall>& calls);

PeerCall call_address(node::Node& node, const std::string& address, const CallOptions& options);
/// One remembered address of the expected peer after the other, in the order of the book, until it
/// is met at one: the last call says how that went, or else what somebody said in its name. Empty
/// when none is remembered. Errors: those of the store.
Result<std::vector<PeerCall>> call_remembered(node::Node& node, const CallOptions& options);
/// Calls whom a person means with `word`, an address or a node of the rosters, as above, and says
/// whom it calls and, under --json, where nobody was met. The last call, which has an outcome.
/// Errors, explained: those of require_known_peer() and of the last call; kInvalidArgument (no
/// address), kNotFound (none is remembered), kNetwork (each address failed in another way).
Result<PeerCall> call_whom(Invocation& call, node::Node& node, const std::string& word,
                           CallOptions options);

/// "Calling 幸福村 (192.168.1.8:7700)", in place on a terminal.
void say_calling(Terminal& terminal, const std::string& name, const std::string& address);
/// A call at which nobody was met, for a program.
void report_miss(Terminal& terminal, const PeerCall& call, const CallOptions& options);
/// After an error: that there is no address to call.
Error nowhere_met(const Invocation& call, const Label& who);

}  // namespace cunju::cli
