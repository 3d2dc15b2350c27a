// SPDX-License-Identifier: Apache-2.0
// yjs: its update format 1 opens faster, format 2 is smaller. gc is off: a full history keeps the
// text that was deleted.
import * as Y from 'yjs';

export function create(agent) {
  const doc = new Y.Doc({ gc: false });
  doc.clientID = agent + 1;
  doc.getText('t');
  return doc;
}

function write(text, [position, deleted, inserted]) {
  if (deleted > 0) text.delete(position, deleted);
  if (inserted !== '') text.insert(position, inserted);
}

/** A transaction for every patch: the whole trace in one takes longer. */
export function edit(doc, patches) {
  const text = doc.getText('t');
  for (const patch of patches) write(text, patch);
  return doc;
}

export function editRecorded(doc, patches) {
  const text = doc.getText('t');
  let update = null;
  const keep = (bytes) => { update = bytes; };
  doc.on('update', keep);
  doc.transact(() => { for (const patch of patches) write(text, patch); });
  doc.off('update', keep);
  return { doc, update };
}

export function receive(doc, update) {
  Y.applyUpdate(doc, update);
  return doc;
}

export const text = (doc) => doc.getText('t').toString();
export const save = (doc) => Y.encodeStateAsUpdateV2(doc);
export const saveToOpen = (doc) => Y.encodeStateAsUpdate(doc);
export const open = (bytes, agent) => receive(create(agent), bytes);

export const merges = {
  'updates in one transaction': {
    prepare: (updates) => updates,
    run: (updates) => {
      const doc = create(99);
      doc.transact(() => { for (const update of updates) Y.applyUpdate(doc, update); });
      return doc;
    },
  },
  'mergeUpdates, then one update': {
    prepare: (updates) => updates,
    run: (updates) => receive(create(99), Y.mergeUpdates(updates)),
  },
};
