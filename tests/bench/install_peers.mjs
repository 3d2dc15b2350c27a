// SPDX-License-Identifier: Apache-2.0
// The peers of a benchmark from the npm registry, at pinned versions, in a folder of build/ and nowhere else.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

export const note = (text) => process.stderr.write(`${text}\n`);

/** Copies `from` to `build` and installs there; nothing of a peer runs meanwhile. */
export function installPeers(from, build) {
  mkdirSync(build, { recursive: true });
  for (const name of readdirSync(from)) {
    if (/\.(mjs|json)$/.test(name)) copyFileSync(join(from, name), join(build, name));
  }
  note(`npm ci in ${relative(process.cwd(), build) || '.'}`);
  const output = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'],
                           { cwd: build, encoding: 'utf8' });
  if (output.status !== 0) throw new Error(`npm ci failed:\n${output.stderr}`);
}
