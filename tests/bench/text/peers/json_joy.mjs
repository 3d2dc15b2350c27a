// SPDX-License-Identifier: Apache-2.0
// json-joy: a model keeps no deleted text, so its history is the patch of all its operations. All
// authors start from one model that holds the empty text.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { Model, Patch, s } = require('json-joy/lib/json-crdt');

const session = (agent) => 1_000_000 + agent;
const first = Model.create(s.str(''), session(65_000));
first.api.flush();
const empty = first.toBinary();

export const create = (agent) => Model.load(empty, session(agent));

export function edit(doc, patches) {
  const text = doc.api.str([]);
  for (const [position, deleted, inserted] of patches) {
    if (deleted > 0) text.del(position, deleted);
    if (inserted !== '') text.ins(position, inserted);
  }
  return doc;
}

export function editRecorded(doc, patches) {
  edit(doc, patches);
  return { doc, update: doc.api.flush().toBinary() };
}

export function receive(doc, update) {
  doc.applyPatch(Patch.fromBinary(update));
  return doc;
}

export const text = (doc) => doc.view();
/** What editing since create() or the last call amounts to, deleted text included. */
export const save = (doc) => doc.api.flush().toBinary();
export const saveToOpen = (doc) => doc.toBinary();
export const open = (bytes, agent) => Model.load(bytes, session(agent));
/** Patches of other authors are not in flush(): the history is then the sum of the updates. */
export const historyIsUpdates = true;

export const merges = {
  applyBatch: {
    prepare: (updates) => updates,
    run: (updates) => {
      const doc = create(99);
      doc.applyBatch(updates.map((update) => Patch.fromBinary(update)));
      return doc;
    },
  },
};
