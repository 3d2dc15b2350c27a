#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Cunju's collaborative text and its peers, side by side in one run: see README.md.
//   node tests/bench/text/compare.mjs [--json FILE] [--rounds N] [--peers a,b] [TRACE...]
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installPeers, note } from '../install_peers.mjs';
import { formatTable, summarize } from './table.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../../..');
const build = join(root, 'build/text_peers');
const native = process.env.CUNJU_TEXT_BENCH ?? join(root, 'build/bench/tests/bench/cunju_text_bench');
const kDefaultTraces = process.env.CUNJU_SHARED_DATA ?? join(root, '../shared/data');
const kPeers = ['diamond_types', 'loro', 'json_joy', 'yjs', 'ywasm', 'collabs', 'automerge'];
const kWorks = ['apply', 'load', 'merge', 'memory_read', 'memory_edit'];
const kMinRounds = 5;
const kTimeoutMs = 300_000;  // Of one measurement.

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    rounds: { type: 'string', default: String(kMinRounds) },
    peers: { type: 'string', default: kPeers.join(',') },
  },
});
const rounds = Math.max(kMinRounds, Number(options.rounds) || 0);
const peers = options.peers.split(',').filter((peer) => peer !== '');

function traces() {
  if (positionals.length > 0) return positionals.map((path) => resolve(path));
  const folder = join(kDefaultTraces, 'editing_traces');
  if (!existsSync(folder)) {
    note(`no traces in ${folder}: skipped; give paths`);
    return [];
  }
  return readdirSync(folder).filter((name) => /\.json(\.gz)?$/.test(name)).sort()
    .map((name) => join(folder, name));
}

function measure(peer, trace, work) {
  const folder = join(build, 'work', peer, trace.name);
  mkdirSync(folder, { recursive: true });
  const done = spawnSync(process.execPath,
    ['--expose-gc', 'measure.mjs', peer, trace.file, work, folder],
    { cwd: build, encoding: 'utf8', timeout: kTimeoutMs });
  if (done.status === 0) return JSON.parse(done.stdout);
  const why = done.error?.code === 'ETIMEDOUT' ? 'took too long' : done.stderr.trim();
  return { wrong: why.split('\n').find((line) => /error/i.test(line)) ?? why };
}

/** One round of the native program: rows in the form of ours. */
function measureNative(files) {
  const lines = execFileSync(native, ['--json', ...files],
                             { encoding: 'utf8', maxBuffer: 1 << 26 });
  return lines.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
}

class Results {
  #rows = new Map();

  add(peer, trace, work, result) {
    const key = JSON.stringify([trace, work, peer]);
    if (!this.#rows.has(key)) this.#rows.set(key, { peer, trace, work, runs: [], peaks: [] });
    const row = this.#rows.get(key);
    if (result.wrong !== undefined) {
      row.wrong = result.wrong;
    } else if (result.value !== undefined) {
      row.runs.push(result.value);
      if (result.peak !== undefined) row.peaks.push(result.peak);
      row.unit = result.unit;
      row.way = result.way ?? row.way;
    }
  }

  all() {
    return [...this.#rows.values()].filter((row) => row.runs.length > 0 || row.wrong);
  }
}

function addNative(results, rows) {
  for (const row of rows) {
    if (row.work === 'full_text_ok') {
      // A wrong text spoils every figure of that trace.
      const correct = row.value === true || row.value === 1;
      if (!correct) results.add('cunju', row.trace, 'text', { wrong: 'the text is not endContent' });
    } else {
      results.add('cunju', row.trace, row.work, row);
    }
  }
}

async function run() {
  const files = traces();
  if (files.length === 0) return;
  installPeers(join(here, 'peers'), build);
  const { readTrace } = await import(join(build, 'trace.mjs'));
  const list = files.map((file) => {
    const { name, concurrent } = readTrace(file);
    return { file, name, concurrent };
  });
  const withNative = existsSync(native);
  if (!withNative) note(`no ${native}: only the peers are measured (build the preset bench)`);

  const results = new Results();
  const usable = [];
  for (const trace of list) {
    for (const peer of peers) {
      const result = measure(peer, trace, 'prepare');
      results.add(peer, trace.name, 'encode_bytes', result);
      if (result.wrong === undefined) usable.push({ trace, peer });
      else note(`${peer} on ${trace.name} is left out: ${result.wrong}`);
    }
  }
  for (let round = 1; round <= rounds; round++) {
    note(`round ${round} of ${rounds}`);
    if (withNative) addNative(results, measureNative(files));
    for (const work of kWorks) {
      // All peers of one work follow each other, so that the machine's noise hits all alike.
      for (const { trace, peer } of usable) {
        // Local edits of one author, or the meeting of several: a trace is one or the other.
        if ((work === 'apply' && trace.concurrent) || (work === 'merge' && !trace.concurrent)) continue;
        results.add(peer, trace.name, work, measure(peer, trace, work));
      }
    }
  }
  const rows = summarize(results.all());
  if (options.json) {
    writeFileSync(options.json, `${JSON.stringify({ date: new Date().toISOString(),
      node: process.version, rounds, rows }, null, 1)}\n`);
  }
  console.log(formatTable(rows));
}

await run();
