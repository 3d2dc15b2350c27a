// SPDX-License-Identifier: Apache-2.0
// Editing traces: {startContent, endContent, txns: [{patches: [[position, deleted, inserted]]}]},
// and concurrent ones, whose txns also have an agent and parents (indices of earlier txns).
// Positions are Unicode code points.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';

export const traceName = (file) => basename(file).replace(/\.json(\.gz)?$/, '');

export function readTrace(file) {
  const bytes = readFileSync(file);
  const trace = JSON.parse(file.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  const concurrent = trace.kind === 'concurrent';
  const start = trace.startContent ?? '';
  const txns = trace.txns.map(({ patches, agent, parents }) => ({ patches, agent, parents }));
  if (start !== '') {
    if (concurrent) throw new Error(`${file}: a concurrent trace must begin empty`);
    txns.unshift({ patches: [[0, 0, start]] });
  }
  const astral = txns.some((txn) => txn.patches.some(([, , text]) => hasAstral(text)));
  return { name: traceName(file), concurrent, txns, end: trace.endContent, astral };
}

const hasAstral = (text) => /[\u{10000}-\u{10FFFF}]/u.test(text);

/** A text that converts positions: the code units of each code point, with a gap at the edit. */
class Widths {
  #before = [];
  #after = [];  // Reversed: its last element stands right after the gap.
  #units = 0;   // Code units before the gap.

  /** A patch in code points becomes one in UTF-16 code units, and is applied. */
  convert([position, deleted, inserted]) {
    while (this.#before.length > position) {
      const width = this.#before.pop();
      this.#units -= width;
      this.#after.push(width);
    }
    while (this.#before.length < position) {
      const width = this.#after.pop();
      this.#units += width;
      this.#before.push(width);
    }
    const start = this.#units;
    let removed = 0;
    for (let i = 0; i < deleted; i++) removed += this.#after.pop();
    for (const character of inserted) {
      this.#before.push(character.length);
      this.#units += character.length;
    }
    return [start, removed, inserted];
  }

  static of(text) {
    const widths = new Widths();
    if (text !== '') widths.convert([0, 0, text]);
    return widths;
  }
}

/** All patches of a sequential trace, in the unit that the peer counts. */
export function sequentialPatches(trace, peer) {
  const patches = trace.txns.flatMap((txn) => txn.patches);
  if (!trace.astral || peer.countsCodePoints) return patches;
  const widths = new Widths();
  return patches.map((patch) => widths.convert(patch));
}

/** The txns of one author that follow each other with nothing from others before or between them. */
export function authorRuns(trace) {
  const { txns } = trace;
  // Where another author goes on, or a later txn of the same, a run ends: they saw no more of it.
  const ends = new Set();
  txns.forEach(({ agent, parents }, index) => {
    for (const parent of parents) {
      if (parent !== index - 1 || txns[parent].agent !== agent) ends.add(parent);
    }
  });
  const runs = [];
  const seen = [];  // Per txn: how many runs of each author it has seen, its own run included.
  const written = new Map();
  txns.forEach((txn, index) => {
    const { agent, parents } = txn;
    const known = new Map();
    for (const parent of parents) {
      for (const [other, count] of seen[parent]) {
        known.set(other, Math.max(known.get(other) ?? 0, count));
      }
    }
    const own = written.get(agent) ?? 0;
    if ((known.get(agent) ?? 0) !== own) {
      throw new Error(`${trace.name}: author ${agent} writes on two branches at once`);
    }
    const goesOn = parents.length === 1 && parents[0] === index - 1 && !ends.has(index - 1) &&
                   txns[index - 1].agent === agent;
    if (goesOn) {
      runs.at(-1).txns.push(txn);
    } else {
      runs.push({ agent, txns: [txn], needs: new Map(known) });
      known.set(agent, own + 1);
      written.set(agent, own + 1);
    }
    seen.push(known);
  });
  return runs;
}

/** Replays a concurrent trace: every author's document has exactly what its parents had. */
export function replay(trace, peer) {
  const docs = new Map();  // Per author: its document and how many runs of others it holds.
  const written = new Map();  // Per author: the updates of its runs.
  const updates = [];
  const of = (agent) => {
    if (!docs.has(agent)) docs.set(agent, { doc: peer.create(agent), have: new Map() });
    return docs.get(agent);
  };
  const bring = (replica, agent, needs) => {
    for (const { agent: other, update, place } of updates) {
      if (other === agent) continue;
      if (place >= (needs.get(other) ?? 0) || place < (replica.have.get(other) ?? 0)) continue;
      replica.doc = peer.receive(replica.doc, update);
      replica.have.set(other, place + 1);
    }
  };
  for (const { agent, txns, needs } of authorRuns(trace)) {
    const replica = of(agent);
    bring(replica, agent, needs);
    let patches = txns.flatMap((txn) => txn.patches);
    if (trace.astral && !peer.countsCodePoints) {
      const widths = Widths.of(peer.text(replica.doc));
      patches = patches.map((patch) => widths.convert(patch));
    }
    const { doc, update } = peer.editRecorded(replica.doc, patches);
    replica.doc = doc;
    const place = written.get(agent) ?? 0;
    written.set(agent, place + 1);
    updates.push({ agent, update, place });
  }
  const last = of(trace.txns.at(-1).agent);
  bring(last, trace.txns.at(-1).agent, written);
  return { doc: last.doc, updates: updates.map(({ update }) => update) };
}
