// SPDX-License-Identifier: Apache-2.0
// ywasm: yrs, the Rust port of yjs, compiled to WebAssembly; formats as in yjs.mjs.
import * as Y from 'ywasm';

export function create(agent) {
  const doc = new Y.YDoc({ clientID: agent + 1, gc: false });
  doc.getText('t');
  return doc;
}

function write(text, [position, deleted, inserted], transaction) {
  if (deleted > 0) text.delete(position, deleted, transaction);
  if (inserted !== '') text.insert(position, inserted, undefined, transaction);
}

/** A transaction for every patch: the whole trace in one takes minutes. */
export function edit(doc, patches) {
  const text = doc.getText('t');
  for (const patch of patches) write(text, patch, undefined);
  text.free();
  return doc;
}

export function editRecorded(doc, patches) {
  const before = Y.encodeStateVector(doc);
  edit(doc, patches);
  return { doc, update: Y.encodeStateAsUpdate(doc, before) };
}

export function receive(doc, update) {
  Y.applyUpdate(doc, update, 'peer');
  return doc;
}

export const text = (doc) => doc.getText('t').toString(undefined);
export const save = (doc) => Y.encodeStateAsUpdateV2(doc, undefined);
export const saveToOpen = (doc) => Y.encodeStateAsUpdate(doc, undefined);
export const open = (bytes, agent) => receive(create(agent), bytes);

export const merges = {
  'updates one by one': {
    prepare: (updates) => updates,
    run: (updates) => updates.reduce(receive, create(99)),
  },
};
