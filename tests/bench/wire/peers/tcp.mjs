// SPDX-License-Identifier: Apache-2.0
// The loopback interface, and how many bytes go over it: of every connection that a server took, both ways.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import net from 'node:net';

/** Starts it on a port of its own; `bytes()` counts open connections too. */
export async function listen(server) {
  const sockets = new Set();
  let closed = 0;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      closed += socket.bytesRead + socket.bytesWritten;
      sockets.delete(socket);
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: server.address().port,
    bytes: () => [...sockets].reduce((sum, one) => sum + one.bytesRead + one.bytesWritten, closed),
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

export function connect(port) {
  const socket = net.connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  return new Promise((done, fail) => {
    socket.once('error', fail);
    socket.once('connect', () => done(socket));
  });
}

/** Whole messages, each after its length in four bytes. */
export function framed(socket, onMessage) {
  let rest = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32LE(0)) {
      const end = 4 + rest.readUInt32LE(0);
      onMessage(rest.subarray(4, end));
      rest = rest.subarray(end);
    }
  });
  return (message) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(message.length);
    socket.write(Buffer.concat([length, message]));
  };
}

export function saveDurably(path, bytes) {
  const file = openSync(path, 'w');
  writeSync(file, bytes);
  fsyncSync(file);
  closeSync(file);
}
