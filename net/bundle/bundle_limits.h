// SPDX-License-Identifier: Apache-2.0
//
// The limits over foreign bytes of bundles, as crdt/base/limits.h has them of everything else.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cunju::limits {

/// Blocks of one file: 4 GiB less one block, because FAT32 holds no file of 4 GiB.
inline constexpr std::uint32_t kMaxBundleBlocks = 65'535;
/// Spaces that one letter lists, so that the list fits its block; more go into a further letter.
inline constexpr std::size_t kMaxLetterSpaces = 512;
/// Bytes of one item: a batch of runs, or a receipt.
inline constexpr std::size_t kMaxBundleItemBytes = 4 * 1024 * 1024;
/// Samples in one receipt: what a node says of the logs of one space that it holds (about 0.8 MB).
inline constexpr std::size_t kMaxReceiptSamples = 16'384;
/// Attachments that one receipt says to lack, those that are wanted first (about 0.2 MB); the next
/// receipt has the rest.
inline constexpr std::size_t kMaxReceiptLacked = 4'096;
/// Spans of chunks that one receipt lists of attachments that are there in part. Beyond it the rest
/// of an attachment counts as lacking from its beginning.
inline constexpr std::size_t kMaxReceiptChunkSpans = 8'192;
/// Spans of logs in which one receipt says to lack parts; each covers kMaxSpanSeqs changes.
inline constexpr std::size_t kMaxReceiptPartSpans = 256;
/// Letters that one receipt answers: files that were read from one stick.
inline constexpr std::size_t kMaxReceiptAnswers = 64;
/// Receipts in one letter: the spaces that two nodes share and say something about.
inline constexpr std::size_t kMaxLetterReceipts = 10'000;
/// Letters to one node that their writer remembers, to know which of them a receipt answers.
inline constexpr std::size_t kMaxRememberedLetters = 256;
/// Letters and exports that a node remembers to have written, to say where something that is erased
/// may still be: two each week for ten years.
inline constexpr std::size_t kMaxRememberedOutgoing = 1'040;
/// Names that are looked at in a stick's folder, and files of bundles among them that are opened.
inline constexpr std::size_t kMaxStickNames = 10'000;
inline constexpr std::size_t kMaxStickFiles = 1'024;

}  // namespace cunju::limits
