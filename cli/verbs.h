// SPDX-License-Identifier: Apache-2.0
//
// Every verb, each defined in the file of its name.
#pragma once

#include "cli/verb.h"

namespace cunju::cli {

extern const Verb kInitVerb;
extern const Verb kInviteVerb;
extern const Verb kJoinVerb;
extern const Verb kMemberVerb;
extern const Verb kScopeVerb;
extern const Verb kKeyVerb;
extern const Verb kHandoverVerb;
extern const Verb kLateVerb;
extern const Verb kQuorumVerb;
extern const Verb kPolicyVerb;
extern const Verb kNodeVerb;
extern const Verb kMinutesVerb;
extern const Verb kDefineVerb;
extern const Verb kImportVerb;
extern const Verb kAddVerb;
extern const Verb kSetVerb;
extern const Verb kRemoveVerb;
extern const Verb kEraseVerb;
extern const Verb kSubjectVerb;
extern const Verb kDiscloseVerb;
extern const Verb kShowVerb;
extern const Verb kListVerb;
extern const Verb kAttachVerb;
extern const Verb kOpenVerb;
extern const Verb kFetchVerb;
extern const Verb kHistoryVerb;
extern const Verb kConflictsVerb;
extern const Verb kSettleVerb;
extern const Verb kTextVerb;
extern const Verb kPeersVerb;
extern const Verb kServeVerb;
extern const Verb kUnlockVerb;
extern const Verb kLockVerb;
extern const Verb kPassphraseVerb;
extern const Verb kSyncVerb;
extern const Verb kBundleVerb;
extern const Verb kStatusVerb;
extern const Verb kExportVerb;
extern const Verb kVerifyVerb;
extern const Verb kDoctorVerb;
extern const Verb kHelpVerb;

}  // namespace cunju::cli
