// SPDX-License-Identifier: Apache-2.0
//
// The benchmarks, each of which prints its part of the table, and what they are told.
#pragma once

#include <cstddef>
#include <filesystem>

namespace cunju::bench {

struct Options {
  std::size_t changes = 10'000;         ///< Of one accepted stretch.
  std::size_t wire_changes = 40'000;    ///< Sent to an empty peer.
  std::size_t records = 100'000;        ///< Of the node whose memory and start-up are measured.
  std::size_t spaces = 5'000;           ///< At an office, of 20 authors each.
  std::size_t scale_changes = 100'000;  ///< In one space, at most; a million takes minutes.
  std::size_t runs = 5;
  /// On a real disk: in memory a durable commit would cost nothing.
  std::filesystem::path folder;
};

/// Changes taken from a peer, against what hashing, LMDB and signatures alone would allow.
void bench_accept(const Options& options);
/// One person's save, against one durable put.
void bench_append(const Options& options);
/// Bytes to an empty peer, against the compressed payload.
void bench_wire(const Options& options);
/// Memory, start-up, lists and disk of a whole node with many records, by the real program.
void bench_node(const Options& options);
/// A change under a long roster, against one under a short one.
void bench_roster(const Options& options);
/// An act on the roster after many others.
void bench_acts(const Options& options);
/// Bytes and trips of two sessions that find out in which heads they differ.
void bench_reconcile(const Options& options);
/// CPU of a session, of a record that is opened and of a change that is written, by the number of
/// spaces, and of changes in one.
void bench_scale(const Options& options);
/// A sealed store, against one that stores values readable.
void bench_seal(const Options& options);

}  // namespace cunju::bench
