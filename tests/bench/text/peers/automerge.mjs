// SPDX-License-Identifier: Apache-2.0
// automerge: all authors start from one document that holds the empty text; its time is fixed, or
// another process would have another document. A trace is one change with one splice a patch.
import * as A from '@automerge/automerge';

const actor = (agent) => agent.toString(16).padStart(32, '0');
const empty = A.save(A.change(A.init('f'.repeat(32)), { time: 0 }, (draft) => { draft.text = ''; }));

export const create = (agent) => A.load(empty, { actor: actor(agent) });

export function edit(doc, patches) {
  return A.change(doc, (draft) => {
    for (const [position, deleted, inserted] of patches) {
      A.splice(draft, ['text'], position, deleted, inserted);
    }
  });
}

export function editRecorded(before, patches) {
  const doc = edit(before, patches);
  return { doc, update: A.getLastLocalChange(doc) };
}

export const receive = (doc, update) => A.applyChanges(doc, [update])[0];
export const text = (doc) => doc.text;
export const save = (doc) => A.save(doc);
export const saveToOpen = save;
export const open = (bytes, agent) => A.load(bytes, { actor: actor(agent) });

export const merges = {
  'applyChanges of all at once': {
    prepare: (updates) => updates,
    run: (updates) => A.applyChanges(create(99), updates)[0],
  },
  'loadIncremental of the concatenation': {
    prepare: (updates) => new Uint8Array(Buffer.concat(updates)),
    run: (bytes) => A.loadIncremental(create(99), bytes),
  },
};
