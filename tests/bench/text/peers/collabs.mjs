// SPDX-License-Identifier: Apache-2.0
// collabs: CText. What it saves has no deleted text, so it takes no part in the size of a history.
import { createRequire } from 'node:module';

const { CRuntime, CText } = createRequire(import.meta.url)('@collabs/collabs');

export const keepsHistory = false;
/** A string is inserted code point by code point. */
export const countsCodePoints = true;

export function create(agent) {
  const runtime = new CRuntime({ debugReplicaID: `agent${agent}` });
  const content = runtime.registerCollab('t', (init) => new CText(init));
  return { runtime, content };
}

export function edit(doc, patches) {
  doc.runtime.transact(() => {
    for (const [position, deleted, inserted] of patches) {
      if (deleted > 0) doc.content.delete(position, deleted);
      if (inserted !== '') doc.content.insert(position, inserted);
    }
  });
  return doc;
}

export function editRecorded(doc, patches) {
  let update = null;
  const stop = doc.runtime.on('Send', (event) => { update = event.message; });
  edit(doc, patches);
  stop();
  return { doc, update };
}

export function receive(doc, update) {
  doc.runtime.receive(update);
  return doc;
}

export const text = (doc) => doc.content.toString();
export const save = (doc) => doc.runtime.save();
export const saveToOpen = save;

export function open(bytes, agent) {
  const doc = create(agent);
  doc.runtime.load(bytes);
  return doc;
}

export const merges = {
  'messages one by one': {
    prepare: (updates) => updates,
    run: (updates) => updates.reduce(receive, create(99)),
  },
};
