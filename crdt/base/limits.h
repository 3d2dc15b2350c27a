// SPDX-License-Identifier: Apache-2.0
//
// Every operational limit over foreign bytes, each with its unit and its reason. Hitting one is
// an error (Errc::kLimit) that names it, never a crash, a hang or a loss.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cunju::limits {

// --- changes -----------------------------------------------------------------------------------
/// Roster heads a change may pin. Concurrent roster heads come from distinct officers offline at
/// the same time; more than a handful is an attack on the cost of evaluating them.
inline constexpr std::size_t kMaxPins = 16;
/// Devices whose logs one roster operation cuts: everybody with a role, on every laptop.
inline constexpr std::size_t kMaxCuts = 1024;
/// Keys of a recovery quorum, and signatures of one of its acts: people who can be asked.
inline constexpr std::size_t kMaxQuorumKeys = 32;
/// Changes that one roster operation names: late ones to admit, void ones of an epoch.
inline constexpr std::size_t kMaxNamedChanges = 1024;
/// Wraps of one epoch key in one operation: devices of those who share a confidential scope. As
/// many as fit a value; more are handed over in further changes. And bytes of one wrap, of any
/// format.
inline constexpr std::size_t kMaxEpochWraps = 256;
inline constexpr std::size_t kMaxWrapBytes = 256;
/// Wraps that are read from one change; later ones are as if they were not there. Each costs its
/// recipient an exchange of keys and every node a row.
inline constexpr std::size_t kMaxHandedEpochs = 1024;
/// Heads that one witness statement names, so that it fits a value; a node that holds more new ones
/// makes several statements.
inline constexpr std::size_t kMaxWitnessedHeads = 512;
/// Parts in one change: an import groups rows, a person's save touches a few records.
inline constexpr std::size_t kMaxParts = 256;
/// Parents of a part. Heads of a record are at most its concurrent authors.
inline constexpr std::size_t kMaxParents = 64;
/// Operations in one part: the widest known register has 69 columns.
inline constexpr std::size_t kMaxOperations = 4096;
/// Bytes of a part's packed links, and of its packed body.
inline constexpr std::size_t kMaxLinksBytes = 16 * 1024;
inline constexpr std::size_t kMaxBodyBytes = 256 * 1024;
/// Bytes of a whole change; must fit one wire message.
inline constexpr std::size_t kMaxChangeBytes = 1024 * 1024;
/// Words (8 bytes) that unpacking links or a body may produce: packing turns 2 bytes into 2 KiB.
inline constexpr std::size_t kMaxUnpackedWords = 256 * 1024;
/// Segments of a Cap'n Proto message: ours have one.
inline constexpr std::size_t kMaxSegments = 1;
/// Nesting of Cap'n Proto pointers in any of our messages.
inline constexpr int kMaxNesting = 16;
/// Bytes of a registry's or field's name.
inline constexpr std::size_t kMaxNameBytes = 128;
/// Bytes of one field value.
inline constexpr std::size_t kMaxValueBytes = 64 * 1024;

// --- text --------------------------------------------------------------------------------------
/// Runs of edits that one change makes to one text: a long day's typing has a few thousand.
inline constexpr std::size_t kMaxTextRuns = 16 * 1024;
/// Unpacked bytes of all edits that one change makes to texts, for which it may have kMaxTextRuns
/// runs as well: what one change can make its reader allocate. Ours are split far below it.
inline constexpr std::size_t kMaxTextChangeBytes = 2 * 1024 * 1024;
/// Largest position, and position plus length, of an edit, in scalar values.
inline constexpr std::size_t kMaxTextPosition = (std::size_t{1} << 31) - 1;
/// Bytes of text that one change inserts into one text, before compression: what a compressed
/// value of kMaxValueBytes can make its reader allocate.
inline constexpr std::size_t kMaxTextInsertBytes = 1024 * 1024;
/// Bytes inserted over the whole history of one text, erased ones included.
inline constexpr std::size_t kMaxTextHistoryBytes = std::size_t{1} << 30;
/// What one author may do to the texts of one record over all time, in bytes inserted,
/// kTextRunLoad for each run and kEditedTextLoad for each text of a change; what comes after has no
/// effect on texts. It depends on the author's own changes and their ancestors alone, and it bounds
/// what a merge can cost:
/// 32,768 runs, or 16 MiB of text. A busy clerk's minutes have a few thousand runs. Confirmations,
/// freezes and thaws use up nothing: who has written a text to the end can still make it final.
inline constexpr std::uint64_t kMaxAuthorTextLoad = 16 * 1024 * 1024;
inline constexpr std::uint64_t kTextRunLoad = 512;
/// What each text that a change edits adds to its author's load. So one author can make 10,915
/// texts in a record: each is a row of every view, and has a history to be judged.
inline constexpr std::uint64_t kEditedTextLoad = 1024;
/// Ranges of changes that one change passes over: as many as a removed clerk has stretches of late
/// changes in one record, and as fit a value.
inline constexpr std::size_t kMaxTextPassed = 1024;
/// What each run that an edit passes over adds to its author's load, beside its characters: the
/// merge takes it out and puts it back, in as many pieces as others have torn it to, and no piece
/// is smaller than a character. A clerk may so write on 4,000 times above a late change of 50 runs
/// and 2,000 characters.
inline constexpr std::uint64_t kTextPassedRunLoad = 16;
/// Unpacked bytes that a packed column of edits may stand for: so many for each packed byte, and
/// so many besides. What packs better is kept unpacked, so a small change can't make a huge view.
inline constexpr std::size_t kMaxTextPackRatio = 64;
inline constexpr std::size_t kFreeTextPackBytes = 1024;

// --- replica -----------------------------------------------------------------------------------
/// Changes, and their bytes, that wait in one node's pool for a predecessor or pin. More are
/// refused and will be offered again by the next sync.
inline constexpr std::size_t kMaxPoolChanges = 4096;
inline constexpr std::size_t kMaxPoolBytes = 64 * 1024 * 1024;
/// Changes in one accepted batch: bounds the time of a write transaction.
inline constexpr std::size_t kMaxBatchChanges = 1024;
inline constexpr std::size_t kMaxBatchBytes = 2 * 1024 * 1024;

// --- views -------------------------------------------------------------------------------------
/// Words (8 bytes) of one unpacked record view: 2 GiB, more than the members of a space could write
/// into one record without hours of syncing; bounds what a damaged view can make its reader
/// allocate.
inline constexpr std::size_t kMaxViewWords = std::size_t{256} * 1024 * 1024;
/// Packing turns 2 bytes into 256 words at most, so a shorter input can't claim more.
inline constexpr std::size_t kMaxPackedWordsPerByte = 128;

// --- store -------------------------------------------------------------------------------------
/// Address space one LMDB environment may take: far above what an office with thousands of spaces
/// needs, far below what a 64-bit process has.
inline constexpr std::size_t kMaxMapBytes = std::size_t{1} << 40;
/// Bytes of a keystore file, its clerks' slots, and bytes of a passphrase.
inline constexpr std::size_t kMaxKeystoreBytes = 1024 * 1024;
inline constexpr std::size_t kMaxKeystoreSlots = 64;
inline constexpr std::size_t kMaxPassphraseBytes = 1024;

// --- wire --------------------------------------------------------------------------------------
/// Bytes of one Noise message (Noise specification, section 3).
inline constexpr std::size_t kMaxNoiseMessageBytes = 65535;
/// Bytes of a handshake message before the peer is authenticated.
inline constexpr std::size_t kMaxHandshakeBytes = 512;
/// Bytes of one session message after reassembly.
inline constexpr std::size_t kMaxMessageBytes = 4 * 1024 * 1024;
/// Bytes of runs that may be on their way without an acknowledgement.
inline constexpr std::size_t kWindowBytes = 4 * 1024 * 1024;
/// Target bytes of one batch of runs.
inline constexpr std::size_t kBatchTargetBytes = 512 * 1024;
/// Spaces, and author heads, that a peer may announce in one session.
inline constexpr std::size_t kMaxSpacesPerPeer = 10'000;
inline constexpr std::size_t kMaxHeadsPerSpace = 131'072;
/// Author heads over all spaces of one session: what a session remembers of its peer (about 45 MB).
inline constexpr std::size_t kMaxHeadsPerSession = 262'144;
/// Author heads in one message; longer lists are split.
inline constexpr std::size_t kMaxHeadsPerMessage = 4096;
/// Heads of both sides up to which they are named one by one at once: a village and its neighbour.
inline constexpr std::size_t kWholeListHeads = 16;
/// Symbols of one session's sketch of heads: they tell some ten thousand heads that differ. What
/// differs more is named one by one.
inline constexpr std::size_t kMaxSketchSymbols = 16'384;
/// Symbols that are sent unasked, and how often more may be asked for: each time costs the sender a
/// look at all of its heads.
inline constexpr std::size_t kFirstSymbols = 8;
inline constexpr std::size_t kMaxSymbolRequests = 16;
/// Heads of one author's forked log that are named to a peer: those that branch off first.
inline constexpr std::size_t kMaxHeadsPerAuthor = 64;
/// Changes of one author's log that are named to find where two copies of it part: those near its
/// ends, and ever fewer before.
inline constexpr std::size_t kMaxSamples = 512;
/// Questions about that which one peer may ask in a session: an office that was restored from an
/// old copy asks for its own log in each of its spaces.
inline constexpr std::size_t kMaxSampleQuestions = 16'384;
/// Pings that are answered between two ticks of the driver (about a second).
inline constexpr std::size_t kMaxPingsPerTick = 8;
/// Bytes of the text in which a peer says why it leaves; it goes to a log line.
inline constexpr std::size_t kMaxByeTextBytes = 256;
/// Connections that a listening node serves at once, and those still in their handshake.
inline constexpr std::size_t kMaxConnections = 64;
inline constexpr std::size_t kMaxHandshakes = 32;
/// Bytes that may wait unsent on one link. Over kWindowBytes a link stops reading; the answer to
/// what was read last, up to a whole message, still has a place.
inline constexpr std::size_t kMaxBacklogBytes = kWindowBytes + kMaxMessageBytes;

// --- import ------------------------------------------------------------------------------------
inline constexpr std::size_t kMaxImportBytes = 512 * 1024 * 1024;
inline constexpr std::size_t kMaxImportRows = 500'000;
inline constexpr std::size_t kMaxImportColumns = 512;
/// Bytes of a definition's text, and of a mapping file.
inline constexpr std::size_t kMaxDefinitionBytes = 64 * 1024;
/// Fields of one definition, and codes or states of one field.
inline constexpr std::size_t kMaxDefinitionFields = 512;
inline constexpr std::size_t kMaxCodes = 512;
/// Bytes of one cell while it is read: a quote that is never closed would swallow the whole file.
inline constexpr std::size_t kMaxCellBytes = 256 * 1024;
/// Warnings that an import plan keeps word for word; further ones are counted.
inline constexpr std::size_t kMaxImportWarnings = 10'000;

// --- exports -----------------------------------------------------------------------------------
/// Bytes of one file of an export that verify reads: it is compared in memory. And of all files.
inline constexpr std::uint64_t kMaxExportFileBytes = std::uint64_t{1} << 30;
inline constexpr std::uint64_t kMaxExportBytes = std::uint64_t{1} << 36;
/// Names in an export's folder, and bytes of its manifest, which has about 200 for each.
inline constexpr std::size_t kMaxExportEntries = 200'000;
inline constexpr std::size_t kMaxManifestBytes = 64 * 1024 * 1024;
/// Changes of one space that verify holds in memory at once.
inline constexpr std::size_t kMaxExportChanges = 4'000'000;
/// Nesting of any JSON we read.
inline constexpr std::size_t kMaxJsonDepth = 16;
/// Findings that a verification lists in full; the rest are counted.
inline constexpr std::size_t kMaxListedFindings = 100;

// --- council -----------------------------------------------------------------------------------
/// Bytes of a draft that a recovery quorum signs: some removals with the cuts of all devices.
inline constexpr std::size_t kMaxEpochDraftBytes = 1024 * 1024;
/// Bytes of a file in which somebody asks for a new key: a line for each of thousands of spaces.
inline constexpr std::size_t kMaxKeyRequestBytes = 4 * 1024 * 1024;
/// Bytes of a text that was written in an editor: some hundred times the longest minutes, and few
/// enough for a diff to number every byte.
inline constexpr std::size_t kMaxEditedTextBytes = 16 * 1024 * 1024;

}  // namespace cunju::limits
