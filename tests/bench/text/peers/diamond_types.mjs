// SPDX-License-Identifier: Apache-2.0
// diamond-types (WebAssembly): positions are code points. Opening for reading is a decode of the
// operation log and a checkout of its text.
import { Doc } from 'diamond-types-node';

export const countsCodePoints = true;
export const create = (agent) => new Doc(`agent${agent}`);

export function edit(doc, patches) {
  for (const [position, deleted, inserted] of patches) {
    if (deleted > 0) doc.del(position, deleted);
    if (inserted !== '') doc.ins(position, inserted);
  }
  return doc;
}

export function editRecorded(doc, patches) {
  const before = doc.getLocalVersion();
  edit(doc, patches);
  return { doc, update: doc.getPatchSince(before) };
}

export function receive(doc, update) {
  doc.mergeBytes(update);
  return doc;
}

export const text = (doc) => doc.get();
export const save = (doc) => doc.toBytes();
export const saveToOpen = save;
export const open = (bytes, agent) => Doc.fromBytes(bytes, `agent${agent}`);

export const merges = {
  'mergeBytes one by one': {
    prepare: (updates) => updates,
    run: (updates) => updates.reduce(receive, create(99)),
  },
  'mergeBytes of the whole log': {
    prepare: (updates) => updates.reduce(receive, create(98)).toBytes(),
    run: (bytes) => receive(create(99), bytes),
  },
};
