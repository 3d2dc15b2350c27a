// SPDX-License-Identifier: Apache-2.0
// loro-crdt: a snapshot opens fastest; of snapshot and updates the smaller counts as its history.
import { LoroDoc } from 'loro-crdt';

export function create(agent) {
  const doc = new LoroDoc();
  doc.setPeerId(BigInt(agent + 1));
  return doc;
}

export function edit(doc, patches) {
  const text = doc.getText('t');
  for (const [position, deleted, inserted] of patches) {
    if (deleted > 0) text.delete(position, deleted);
    if (inserted !== '') text.insert(position, inserted);
  }
  doc.commit();
  return doc;
}

export function editRecorded(doc, patches) {
  const from = doc.version();
  edit(doc, patches);
  return { doc, update: doc.export({ mode: 'update', from }) };
}

export function receive(doc, update) {
  doc.import(update);
  return doc;
}

export const text = (doc) => doc.getText('t').toString();
export const saveToOpen = (doc) => doc.export({ mode: 'snapshot' });

export function save(doc) {
  const updates = doc.export({ mode: 'update' });
  const snapshot = saveToOpen(doc);
  return updates.length < snapshot.length ? updates : snapshot;
}

export function open(bytes, agent) {
  const doc = LoroDoc.fromSnapshot(bytes);
  doc.setPeerId(BigInt(agent + 1));
  return doc;
}

export const merges = {
  importBatch: {
    prepare: (updates) => updates,
    run: (updates) => {
      const doc = create(99);
      doc.importBatch(updates);
      return doc;
    },
  },
  'one export of updates': {
    prepare: (updates) => {
      const doc = create(98);
      doc.importBatch(updates);
      return doc.export({ mode: 'update' });
    },
    run: (bytes) => receive(create(99), bytes),
  },
};
