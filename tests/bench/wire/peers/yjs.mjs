// SPDX-License-Identifier: Apache-2.0
import net from 'node:net';
import { join } from 'node:path';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import * as sync from 'y-protocols/sync';
import * as Y from 'yjs';
import { digestOf, kAuthors, nameOf } from './workload.mjs';
import { connect, framed, listen, saveDurably } from './tcp.mjs';

function write(changes) {
  const docs = Array.from({ length: kAuthors }, () => new Y.Doc({ gc: false }));
  let author = 0;
  for (const change of changes) {
    if (change.author !== author) {
      const from = docs[author];
      author = change.author;
      Y.applyUpdate(docs[author], Y.encodeStateAsUpdate(from, Y.encodeStateVector(docs[author])));
    }
    docs[author].getMap('records').set(nameOf(change.record), change.value);
  }
  return docs[author];
}

function speak(socket, doc, onMessage) {
  const send = framed(socket, (bytes) => {
    const answer = encoding.createEncoder();
    const kind = sync.readSyncMessage(decoding.createDecoder(bytes), answer, doc, null);
    if (encoding.length(answer) > 0) send(encoding.toUint8Array(answer));
    onMessage(kind);
  });
  const first = encoding.createEncoder();
  sync.writeSyncStep1(first, doc);
  send(encoding.toUint8Array(first));
}

export async function makeSender(folder, changes) {
  const doc = write(changes);
  const server = net.createServer((socket) => {
    socket.setNoDelay(true);
    speak(socket, doc, () => {});
  });
  return { ...(await listen(server)), about: {} };
}

export async function receive(folder, port) {
  const socket = await connect(port);
  const doc = new Y.Doc({ gc: false });
  await new Promise((done) => {
    speak(socket, doc, (kind) => {
      if (kind === sync.messageYjsSyncStep2) done();
    });
  });
  saveDurably(join(folder, 'document'), Y.encodeStateAsUpdate(doc));
  socket.destroy();
  return { read: () => digestOf(doc.getMap('records').entries()) };
}
