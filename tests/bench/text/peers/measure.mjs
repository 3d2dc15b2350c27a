// SPDX-License-Identifier: Apache-2.0
// One measurement in a process of its own: node --expose-gc measure.mjs PEER TRACE WORK FOLDER.
// `prepare` replays the trace and leaves in FOLDER what the other works read. Prints one JSON
// object: {value, unit, peak?, way?} or {wrong: reason} when the text is not endContent.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { deserialize, serialize } from 'node:v8';
import { readTrace, replay, sequentialPatches } from './trace.mjs';

const kRepeats = 5;
const kRepeatBudgetMs = 3000;  // Slow peers are not repeated within a process.

const [peerName, traceFile, work, folder] = process.argv.slice(2);
const peer = await import(`./${peerName}.mjs`);
const file = (suffix) => `${folder}/${suffix}`;
const hash = (text) => createHash('sha256').update(text).digest('hex');
const sum = (updates) => updates.reduce((total, update) => total + update.length, 0);

class WrongText extends Error {}

function require(text, expected) {
  if (hash(text) !== expected) throw new WrongText('the text is not endContent');
}

/** The fastest of a few repetitions, so that compilers and caches are warm. */
function fastest(run, check) {
  let best = Infinity;
  const begin = performance.now();
  for (let i = 0; i < kRepeats && performance.now() - begin < kRepeatBudgetMs; i++) {
    globalThis.gc();
    const start = performance.now();
    const result = run();
    best = Math.min(best, performance.now() - start);
    check(result);
  }
  return best;
}

function prepare() {
  const trace = readTrace(traceFile);
  let doc, updates = [];
  if (trace.concurrent) {
    ({ doc, updates } = replay(trace, peer));
    writeFileSync(file('updates'), serialize(updates));
  } else {
    doc = peer.edit(peer.create(0), sequentialPatches(trace, peer));
  }
  require(peer.text(doc), hash(trace.end));
  writeFileSync(file('open'), peer.saveToOpen(doc));
  writeFileSync(file('hash'), hash(trace.end));
  if (peer.keepsHistory === false) return { unit: 'bytes' };
  const sumOfUpdates = trace.concurrent && peer.historyIsUpdates;
  return { value: sumOfUpdates ? sum(updates) : peer.save(doc).length, unit: 'bytes' };
}

function apply() {
  const trace = readTrace(traceFile);
  const patches = sequentialPatches(trace, peer);
  const end = hash(trace.end);
  const value = fastest(() => peer.edit(peer.create(0), patches),
                        (doc) => require(peer.text(doc), end));
  return { value, unit: 'ms' };
}

const expected = () => readFileSync(file('hash'), 'utf8');
const saved = () => new Uint8Array(readFileSync(file('open')));

function load() {
  const bytes = saved();
  const end = expected();
  const value = fastest(() => peer.text(peer.open(bytes, 50)), (text) => require(text, end));
  return { value, unit: 'ms' };
}

function merge() {
  const updates = deserialize(readFileSync(file('updates'))).map((bytes) => new Uint8Array(bytes));
  const end = expected();
  const results = Object.entries(peer.merges).map(([way, { prepare, run }]) => {
    const input = prepare(updates);
    const value = fastest(() => peer.text(run(input)), (text) => require(text, end));
    return { value, unit: 'ms', way, updates: updates.length };
  });
  return results.reduce((best, result) => (result.value < best.value ? result : best));
}

/** Garbage is gone and its pages, which are given back in the background, too. */
async function settle() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    await sleep(25);
  }
}

function status(field) {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(
    readFileSync('/proc/self/status', 'utf8'));
  return Number(match[1]) * 1024;
}

/** Resident memory that an open document adds to a process that has the peer loaded and used. */
async function memory(editing) {
  const end = expected();
  const toy = peer.edit(peer.create(1), [[0, 0, 'abc'], [1, 1, 'd']]);
  require(peer.text(peer.open(peer.saveToOpen(toy), 2)), hash('adc'));
  await settle();
  const before = status('VmRSS');
  writeFileSync('/proc/self/clear_refs', '5');  // Resets VmHWM, the peak.
  let doc = peer.open(saved(), 50);
  require(peer.text(doc), end);
  if (editing) {
    doc = peer.edit(doc, [[0, 0, 'x']]);
    doc = peer.edit(doc, [[0, 1, '']]);
    require(peer.text(doc), end);
  }
  await settle();
  const value = status('VmRSS') - before;
  const peak = status('VmHWM') - before;
  require(peer.text(doc), end);  // The document is alive until here.
  return { value, peak, unit: 'bytes' };
}

const works = {
  prepare,
  apply,
  load,
  merge,
  memory_read: () => memory(false),
  memory_edit: () => memory(true),
};
try {
  console.log(JSON.stringify(await works[work]()));
} catch (error) {
  if (!(error instanceof WrongText)) throw error;
  console.log(JSON.stringify({ wrong: error.message }));
}
// WebAssembly peers may keep handles that would hold the process open.
process.exit(0);
