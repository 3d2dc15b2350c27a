#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Small changes to an empty peer over loopback, Cunju and others side by side in one run: see README.md.
//   node tests/bench/wire/compare.mjs [--changes N] [--rounds N] [--peers a,b]
import { execFileSync, fork } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installPeers, note } from '../install_peers.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../../..');
const build = join(root, 'build/wire_peers');
const native = process.env.CUNJU_BENCH ?? join(root, 'build/bench/tests/bench/cunju_bench');
const kOurs = 'cunju';

const { values: options } = parseArgs({
  options: {
    changes: { type: 'string', default: '40000' },
    rounds: { type: 'string', default: '5' },
    peers: { type: 'string', default: 'hypercore,automerge,yjs,pouchdb' },
  },
});
const changes = Number(options.changes);
const rounds = Number(options.rounds);

/** The row of that name in what cunju_bench prints of the newest version of the protocol. */
function rowOf(lines, name) {
  const found = lines.find((line) => line.trim().startsWith(`${name} `));
  if (!found) throw new Error(`cunju_bench says nothing of "${name}"`);
  return Number(found.trim().slice(name.length).trim().split(/\s+/)[0]);
}

function measureOurs() {
  const output = execFileSync(native, ['wire', '--wire-changes', String(changes), '--runs', '1'],
                              { encoding: 'utf8' });
  const lines = output.split('\n');
  const newest = lines.slice(lines.findLastIndex((line) => line.includes('of the protocol)')));
  return {
    bytes: rowOf(newest, 'bytes on the wire'),
    sender_us: rowOf(newest, 'of the sender') * changes,
    receiver_us: rowOf(newest, 'of the receiver, durable') * changes,
  };
}

class Peer {
  constructor(name) {
    this.name = name;
    const folder = join(build, 'work', name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    this.process = fork(join(build, 'measure.mjs'), [name, String(changes), folder], { cwd: build });
  }
  next() {
    return new Promise((done, fail) => {
      this.process.once('message', done);
      this.process.once('exit', (code) => fail(new Error(`${this.name} ended (${code})`)));
    });
  }
  async measure() {
    const answer = this.next();
    this.process.send({});
    return answer;
  }
}

function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
  return [sorted[0], median, sorted.at(-1)];
}

const show = (values, digits) =>
  summary(values).map((value) => value.toFixed(digits).padStart(10)).join('');

function print(results) {
  const sections = [
    ['bytes on the wire, each change', 1, (one) => one.bytes / changes],
    ['CPU of both ends, us each change', 2, (one) => (one.sender_us + one.receiver_us) / changes],
    ['  of the sender', 2, (one) => one.sender_us / changes],
    ['  of the receiver', 2, (one) => one.receiver_us / changes],
  ];
  const ours = results.get(kOurs);
  for (const [title, digits, of] of sections) {
    console.log(`${title.padEnd(40)}       min    median       max    cunju / peer`);
    for (const [name, runs] of results) {
      // Ratios round by round: the machine's noise hits both.
      const ratio = ours && name !== kOurs ? show(runs.map((one, i) => of(ours[i]) / of(one)), 2) : '';
      console.log(`  ${name.padEnd(38)}${show(runs.map(of), digits)}${ratio}`);
    }
  }
}

async function run() {
  installPeers(join(here, 'peers'), build);
  const peers = [];
  for (const name of options.peers.split(',').filter((each) => each !== '')) {
    note(`${name} writes ${changes} changes`);
    const peer = new Peer(name);
    await peer.next();
    peers.push(peer);
  }
  const withOurs = existsSync(native);
  if (!withOurs) note(`no ${native}: only the peers are measured (build the preset bench)`);
  const results = new Map(withOurs ? [[kOurs, []]] : []);
  for (const { name } of peers) results.set(name, []);
  for (let round = 1; round <= rounds; round++) {
    note(`round ${round} of ${rounds}`);
    if (withOurs) results.get(kOurs).push(measureOurs());
    for (const peer of peers) {
      const outcome = await peer.measure();
      if (outcome.wrong) throw new Error(`${peer.name}: ${outcome.wrong}`);
      results.get(peer.name).push(outcome);
    }
  }
  for (const peer of peers) peer.process.kill();
  print(results);
}

await run();
