// SPDX-License-Identifier: Apache-2.0
// A signed log for each author, each change an entry with its own signature over the log's tree.
import net from 'node:net';
import { join } from 'node:path';
import Hypercore from 'hypercore';
import { digestOf, kAuthors, nameOf } from './workload.mjs';
import { connect, listen } from './tcp.mjs';

const kField = Buffer.from('minutes\ttitle\t');

function encode({ time, record, value }) {
  const out = Buffer.alloc(8 + 16);
  out.writeBigUInt64LE(BigInt(time));
  record.copy(out, 8);
  return Buffer.concat([out, kField, Buffer.from(value)]);
}

const timeOf = (block) => Number(block.readBigUInt64LE(0));
const folderOf = (folder, i) => join(folder, `author-${i}`);

export async function makeSender(folder, changes) {
  const logs = Array.from({ length: kAuthors }, (_, i) => new Hypercore(folderOf(folder, i)));
  for (const log of logs) await log.ready();
  for (const change of changes) await logs[change.author].append(encode(change));
  const server = net.createServer((socket) => {
    socket.setNoDelay(true);
    const stream = Hypercore.createProtocolStream(false);
    socket.pipe(stream.noiseStream.rawStream ?? stream).pipe(socket);
    stream.on('error', () => {});
    for (const log of logs) log.replicate(stream);
  });
  return {
    ...(await listen(server)),
    about: { logs: logs.map((log) => ({ key: log.key.toString('hex'), length: log.length })) },
  };
}

export async function receive(folder, port, { logs }) {
  const socket = await connect(port);
  const stream = Hypercore.createProtocolStream(true);
  socket.pipe(stream.noiseStream.rawStream ?? stream).pipe(socket);
  stream.on('error', () => {});
  const copies = logs.map(({ key }, i) => new Hypercore(folderOf(folder, i), Buffer.from(key, 'hex')));
  for (const copy of copies) {
    await copy.ready();
    copy.replicate(stream);
  }
  await Promise.all(copies.map((copy, i) => copy.download({ start: 0, end: logs[i].length }).done()));
  socket.destroy();
  return { read: () => readAll(copies, logs) };
}

async function readAll(copies, logs) {
  const entries = [];
  for (const [i, copy] of copies.entries()) {
    for (let at = 0; at < logs[i].length; at++) entries.push(await copy.get(at, { wait: false }));
  }
  entries.sort((a, b) => timeOf(a) - timeOf(b));
  const start = 24 + kField.length;
  return digestOf(new Map(entries.map((block) => [
    nameOf(block.subarray(8, 24)), block.subarray(start).toString()])));
}
