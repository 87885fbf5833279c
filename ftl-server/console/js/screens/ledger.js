// The ledger: every movement of my wallet with the account on the other side, the latest first.

import { get } from '../api.js';
import { h, keyed, paced, say, set, show } from '../dom.js';
import { points, signed, time, tone, words } from '../format.js';
import { league } from '../league.js';
import { notice } from '../notices.js';

/** R7.1: who is on the other side. */
const OTHER_SIDE = {
  realised: 'House',
  fee: 'Fees',
  grant: 'Mint',
  seed: 'Mint',
  top_up: 'Mint',
  referral: 'Mint',
  bad_debt: 'Insurance, house',
};

/** Lines asked for at a time. */
const PAGE = 200;

/** A page of the ledger, each line with the position that it is of, if it is of one. */
async function read(cursor) {
  const page = await get('/api/ledger', { limit: PAGE, cursor });
  const end = page.items.at(-1)?.seq ?? 0;
  const of = new Map();
  // What closed without result moved nothing: there may be more positions than lines.
  for (let place = cursor, more = true; more; ) {
    const closed = await get('/api/positions', { status: 'closed', limit: PAGE, cursor: place });
    for (const row of closed.items) of.set(`${row.seq} ${row.pnl}`, row);
    place = closed.nextCursor;
    more = place && closed.items.at(-1).seq > end;
  }
  for (const row of page.items) if (row.reason === 'realised') row.position = of.get(`${row.seq} ${row.amount}`);
  return page;
}

export function ledger() {
  let cursor = null;
  let rows = [];
  const body = h('tbody', {});
  const balance = h('b', { class: 'figure' });
  const more = h('button', { class: 'button', on: { click: () => older() } }, 'Older');
  const none = h('p', { class: 'muted' }, 'Nothing has moved yet.');
  const node = h(
    'div',
    { class: 'screen' },
    h('h1', {}, 'Ledger'),
    h(
      'section',
      { class: 'card', 'aria-label': 'Postings' },
      h(
        'p',
        { class: 'lead' },
        'Every movement is posted twice, here and on the other side; together they are zero. Your wallet holds ',
        balance,
        ' points.',
      ),
      none,
      h(
        'div',
        { class: 'scroller', tabindex: '0', role: 'region', 'aria-label': 'Postings of your wallet' },
        h(
          'table',
          { class: 'postings' },
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              ...['Time', 'What', 'Your wallet', 'Other side', 'Entry'].map((text, n) =>
                h('th', { scope: 'col', class: n === 2 || n === 4 ? 'number' : '' }, text),
              ),
            ),
          ),
          body,
        ),
      ),
      more,
    ),
  );

  function draw() {
    keyed(body, rows, (row) => `${row.seq}-${row.n}`, line);
    show(none, !rows.length);
    show(more, Boolean(cursor));
    if (league.book) say(balance, points(league.book.balance));
  }

  const latest = paced(800, async () => {
    const page = await read().catch(() => null);
    if (!page) return;
    const name = (row) => `${row.seq}-${row.n}`;
    const known = new Set(page.items.map(name));
    // More than a page came meanwhile: what was read before would have a gap above it.
    const whole = rows.some((row) => known.has(name(row)));
    if (!whole) cursor = page.nextCursor;
    rows = whole ? [...page.items, ...rows.filter((row) => !known.has(name(row)))] : page.items;
    draw();
  });

  async function older() {
    const page = await read(cursor).catch((problem) => notice(problem.advice ?? String(problem), 'bad'));
    if (!page) return;
    rows = [...rows, ...page.items];
    cursor = page.nextCursor;
    draw();
  }

  // Prices change what a book is worth, not what the wallet holds.
  const off = league.on('book', (book) => points(book.balance) !== balance.textContent && latest());
  draw();
  latest();
  return {
    node,
    title: 'Ledger',
    close: () => {
      off();
      latest.cancel();
    },
  };
}

function line(row) {
  const amount = h('td', { class: 'number figure delta' }, signed(row.amount));
  set(amount, 'data-tone', tone(Number(row.amount)));
  const other = OTHER_SIDE[row.reason] ?? 'House';
  return h(
    'tr',
    {},
    h('td', { class: 'figure' }, time(row.at)),
    h('td', {}, row.position ? `${league.name(row.position.instrument)}: ${words(row.position.reason).toLowerCase()}` : words(row.reason)),
    amount,
    h(
      'td',
      {},
      `${other} `,
      h('span', { class: 'counter muted figure' }, signed(row.amount.startsWith('-') ? row.amount.slice(1) : `-${row.amount}`)),
    ),
    h('td', { class: 'number figure muted' }, row.seq),
  );
}
