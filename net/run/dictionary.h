// SPDX-License-Identifier: Apache-2.0
//
// The dictionary that columns are compressed with: what changes of the built-in registries have in
// common, so that a single edit need not say it. It is the file dictionary_1.zdict beside this one,
// made by script/dictionary and embedded when the program is built. It is never edited: a later one
// is another file with another id, and who has another one is sent columns without any.
#pragma once

#include "crdt/base/bytes.h"
#include "net/wire/messages.h"

namespace cunju::run {

/// At most limits::kMaxDictionaryBytes; lives as long as the program.
ByteView dictionary();
/// The first eight bytes of its BLAKE2b-256, little endian: both ends have the same.
wire::DictionaryId dictionary_id();

}  // namespace cunju::run
