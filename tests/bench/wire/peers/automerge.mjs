// SPDX-License-Identifier: Apache-2.0
import * as Automerge from '@automerge/automerge';
import net from 'node:net';
import { join } from 'node:path';
import { digestOf, kAuthors, nameOf } from './workload.mjs';
import { connect, framed, listen, saveDurably } from './tcp.mjs';

function write(changes) {
  let newest = Automerge.from({ records: {} });
  const docs = Array.from({ length: kAuthors }, () => Automerge.clone(newest));
  let author = 0;
  for (const change of changes) {
    if (change.author !== author) {
      newest = docs[author];
      author = change.author;
      docs[author] = Automerge.merge(docs[author], newest);
    }
    docs[author] = Automerge.change(docs[author], { time: Math.floor(change.time / 1000) }, (doc) => {
      doc.records[nameOf(change.record)] = new Automerge.ImmutableString(change.value);
    });
  }
  return docs[author];
}

/** Both ends say what they have until neither has anything to say. */
function speak(socket, held, onRest) {
  let state = Automerge.initSyncState();
  const say = () => {
    const [next, message] = Automerge.generateSyncMessage(held.doc, state);
    state = next;
    if (message) send(message);
    else onRest();
  };
  const send = framed(socket, (bytes) => {
    [held.doc, state] = Automerge.receiveSyncMessage(held.doc, state, bytes);
    say();
  });
  say();
}

export async function makeSender(folder, changes) {
  const held = { doc: write(changes) };
  const server = net.createServer((socket) => {
    socket.setNoDelay(true);
    speak(socket, held, () => {});
  });
  return { ...(await listen(server)), about: { heads: Automerge.getHeads(held.doc) } };
}

export async function receive(folder, port, { heads }) {
  const socket = await connect(port);
  const held = { doc: Automerge.init() };
  await new Promise((done) => {
    speak(socket, held, () => {
      if (String(Automerge.getHeads(held.doc)) === String(heads)) done();
    });
  });
  saveDurably(join(folder, 'document'), Automerge.save(held.doc));
  socket.destroy();
  return {
    read: () => digestOf(Object.entries(held.doc.records).map(([name, value]) => [name, value.toString()])),
  };
}
