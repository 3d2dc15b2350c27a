// SPDX-License-Identifier: Apache-2.0
// From raw figures to one table. Smaller is better in every work.

/** At most this part of the best peer's median. */
const kGoals = {
  apply: 0.5, encode_bytes: 1.0, load: 0.25, merge: 1.0, memory_read: 0.1, memory_edit: 0.5,
};
const kWorks = Object.keys(kGoals);
const kOurs = 'cunju';
const kPage = 4096;

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Rows with min, median and max; `wrong` ones keep their reason and have none. */
export function summarize(rows) {
  const spoilt = new Set(rows.filter((row) => row.wrong).map((row) => `${row.peer} ${row.trace}`));
  return rows.map((row) => {
    if (spoilt.has(`${row.peer} ${row.trace}`)) {
      const { peer, trace, work, wrong } = row;
      return { peer, trace, work, wrong: wrong ?? 'another work of this trace went wrong' };
    }
    const out = { ...row, min: Math.min(...row.runs), median: median(row.runs),
                  max: Math.max(...row.runs) };
    if (row.peaks?.length) out.peak_median = median(row.peaks);
    return out;
  });
}

function show(value, row) {
  if (row.unit === 'ms') return value >= 100 ? value.toFixed(0) : value.toFixed(2);
  if (row.work === 'encode_bytes') return String(value);
  return `${(value / 1e6).toFixed(2)}M`;
}

function verdict(rows, work) {
  const ours = rows.find((row) => row.peer === kOurs);
  const others = rows.filter((row) => row.peer !== kOurs);
  if (others.length === 0) return [];
  const best = others.reduce((a, b) => (b.median < a.median ? b : a));
  if (!ours) return [`  best peer: ${best.peer}; cunju is not measured`];
  // Below a page of memory there is nothing to compare.
  if (best.median < kPage && best.unit === 'bytes' && work !== 'encode_bytes') {
    return ['  too small to compare'];
  }
  const ratio = Math.max(0, ours.median) / best.median;
  const reached = ratio <= kGoals[work] ? 'yes' : 'NO';
  return [`  cunju / ${best.peer} = ${ratio.toFixed(3)}, goal at most ${kGoals[work]}: ${reached}`];
}

function section(trace, work, rows) {
  const lines = [`${trace} · ${work} (${rows[0].unit})`];
  const sorted = [...rows].sort((a, b) => a.median - b.median);
  for (const row of sorted) {
    const cells = [row.min, row.median, row.max].map((value) => show(value, row).padStart(10));
    const peak = row.peak_median === undefined ? '' : `   peak ${show(row.peak_median, row)}`;
    const way = row.way ? `   ${row.way}` : '';
    lines.push(`  ${row.peer.padEnd(14)}${cells.join('')}${peak}${way}`);
  }
  return [...lines, ...verdict(rows, work), ''];
}

export function formatTable(rows) {
  const lines = [`${''.padEnd(16)}${['min', 'median', 'max'].map((head) => head.padStart(10)).join('')}`, ''];
  const good = rows.filter((row) => !row.wrong);
  for (const trace of new Set(rows.map((row) => row.trace))) {
    for (const work of kWorks) {
      const here = good.filter((row) => row.trace === trace && row.work === work);
      if (here.length > 0) lines.push(...section(trace, work, here));
    }
  }
  for (const row of rows) {
    if (row.wrong) lines.push(`left out: ${row.peer} on ${row.trace}, ${row.work}: ${row.wrong}`);
  }
  return lines.join('\n');
}
