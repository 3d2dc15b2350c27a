// SPDX-License-Identifier: Apache-2.0
// Whole syncs of one peer to empty ones, in two processes over loopback, and what each took:
//   measure.mjs PEER CHANGES FOLDER, forked; a round at each message from who forked it.
// Answers {"ready":true}, then for each round {"bytes":N,"sender_us":N,"receiver_us":N} of all changes, or
// {"wrong":TEXT}. Every receiver is a process of its own, and both ends first sync a few changes, so that
// their code is compiled. Preparing and checking what came are outside the clock; what the receiver needs
// to have it on the disk is inside.
import { fork } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expectedDigest, makeChanges } from './workload.mjs';

const kWarmUpChanges = 2000;
const kTimeoutMs = 300_000;

function spent(since) {
  const { user, system } = process.cpuUsage(since);
  return user + system;
}

function fresh(folder, name) {
  const path = join(folder, name);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  return path;
}

/** The other process: syncs what it is told to, and says what that took. */
async function serveReceiver(peer) {
  const { receive } = await import(`./${peer}.mjs`);
  process.on('message', async ({ folder, port, about }) => {
    const before = process.cpuUsage();
    const { read } = await receive(folder, port, about);
    const cpu = spent(before);
    process.send({ digest: await read(), cpu });
  });
  process.on('disconnect', () => process.exit());
  process.send({});
}

/** The next word of another process. */
function answerOf(other) {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error('took too long')), kTimeoutMs);
    const end = (settle) => (value) => {
      clearTimeout(timer);
      other.removeAllListeners();
      settle(value);
    };
    other.once('message', end(done));
    other.once('exit', end((code) => fail(new Error(`the receiver ended (${code})`))));
  });
}

async function prepare(peer, size, folder) {
  const { makeSender } = await import(`./${peer}.mjs`);
  const changes = makeChanges(size);
  const sender = await makeSender(fresh(folder, `sender-${size}`), changes);
  return { ...sender, size, digest: expectedDigest(changes) };
}

async function round(peer, senders, folder) {
  const other = fork(fileURLToPath(import.meta.url), ['--receive', peer]);
  try {
    await answerOf(other);
    let out;
    for (const sender of senders) {
      const bytesBefore = sender.bytes();
      const before = process.cpuUsage();
      other.send({ folder: fresh(folder, `receiver-${sender.size}`), port: sender.port, about: sender.about });
      const { digest, cpu } = await answerOf(other);
      const own = spent(before);
      if (digest !== sender.digest) throw new Error('what came is not what was written');
      out = { bytes: sender.bytes() - bytesBefore, sender_us: own, receiver_us: cpu };
    }
    return out;
  } finally {
    other.kill();
  }
}

async function serveRounds(peer, count, folder) {
  const senders = [await prepare(peer, Math.min(count, kWarmUpChanges), folder),
                   await prepare(peer, count, folder)];
  process.on('message', async () => {
    try {
      process.send(await round(peer, senders, folder));
    } catch (error) {
      process.send({ wrong: error.message });
    }
  });
  process.on('disconnect', () => process.exit());
  process.send({ ready: true });
}

if (process.argv[2] === '--receive') await serveReceiver(process.argv[3]);
else await serveRounds(process.argv[2], Number(process.argv[3]), process.argv[4]);
