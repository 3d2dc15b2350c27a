// SPDX-License-Identifier: Apache-2.0
// Documents over HTTP, as CouchDB replicates them: of each document what it is now, without what it was.
import { createServer } from 'node:http';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import express from 'express';
import expressPouch from 'express-pouchdb';
import PouchDB from 'pouchdb';
import { digestOf, nameOf } from './workload.mjs';
import { listen } from './tcp.mjs';

const kName = 'village';
/** An id must not begin with an underscore. */
const kPrefix = 'r';

export async function makeSender(folder, changes) {
  const Stored = PouchDB.defaults({ prefix: join(folder, 'stores') + '/' });
  mkdirSync(join(folder, 'stores'), { recursive: true });
  const db = new Stored(kName);
  const revisions = new Map();
  for (const { author, time, record, value } of changes) {
    const id = kPrefix + nameOf(record);
    const saved = await db.put({ _id: id, _rev: revisions.get(id), author, time, title: value });
    revisions.set(id, saved.rev);
  }
  const app = express();
  const options = { mode: 'minimumForPouchDB', inMemoryConfig: true, logPath: join(folder, 'log') };
  app.use('/', expressPouch(Stored, options));
  return { ...(await listen(createServer(app))), about: { count: revisions.size } };
}

export async function receive(folder, port, { count }) {
  const db = new PouchDB(join(folder, 'copy'));
  await db.replicate.from(`http://127.0.0.1:${port}/${kName}`, { batch_size: 1000 });
  return { read: () => readAll(db, count) };
}

async function readAll(db, count) {
  const all = await db.allDocs({ include_docs: true });
  if (all.rows.length !== count) throw new Error(`${all.rows.length} of ${count} documents`);
  return digestOf(all.rows.map(({ id, doc }) => [id.slice(kPrefix.length), doc.title]));
}
