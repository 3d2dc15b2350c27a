// SPDX-License-Identifier: Apache-2.0
// What people write: as tests/bench/wire_bench.cc has it. Five authors in turns of a hundred; every
// second change gives a record that is there another value, the others make one.
import { createHash } from 'node:crypto';

export const kAuthors = 5;
const kTurn = 100;
const kValueLetters = 12;
const kFirstMs = 1_767_225_600_000;

/** xorshift32: the same every time. */
function dice(seed) {
  let state = seed;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

/** [{ author, time, record (16 bytes), value }] */
export function makeChanges(count) {
  const below = dice(0x5eed);
  const records = [];
  const out = [];
  for (let i = 0; i < count; i++) {
    let record = Buffer.from(Array.from({ length: 16 }, () => below(256)));
    if (i % 2 === 1) record = records[below(records.length)];
    else records.push(record);
    let value = '';
    for (let at = 0; at < kValueLetters; at++) value += String.fromCharCode(97 + below(26));
    out.push({ author: Math.floor(i / kTurn) % kAuthors, time: kFirstMs + i * 1000, record, value });
  }
  return out;
}

/** A record's name where only text will do. */
export const nameOf = (record) => record.toString('base64url');

/** Of a map from names to values: equal ones have equal digests. */
export function digestOf(entries) {
  const hash = createHash('sha256');
  for (const [name, value] of [...entries].sort((a, b) => (a[0] < b[0] ? -1 : 1)))
    hash.update(`${name}\t${value}\n`);
  return hash.digest('hex');
}

/** What everybody must come to. */
export function expectedDigest(changes) {
  return digestOf(new Map(changes.map(({ record, value }) => [nameOf(record), value])));
}
