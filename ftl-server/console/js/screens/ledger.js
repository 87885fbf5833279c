// The ledger: every movement of my wallet with the account on the other side, the latest first.

import { get } from '../api.js';
import { h, keyed, paced, say, set, show } from '../dom.js';
import { points, signed, time, tone, words } from '../format.js';
import { league } from '../league.js';

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
    const page = await get('/api/ledger', { limit: 50 }).catch(() => null);
    if (!page) return;
    const known = new Set(page.items.map((row) => `${row.seq}-${row.n}`));
    const behind = rows.filter((row) => !known.has(`${row.seq}-${row.n}`));
    if (!rows.length) cursor = page.nextCursor;
    rows = [...page.items, ...behind];
    draw();
  });

  async function older() {
    const page = await get('/api/ledger', { limit: 50, cursor }).catch(() => null);
    if (!page) return;
    rows = [...rows, ...page.items];
    cursor = page.nextCursor;
    draw();
  }

  const off = league.on('book', () => latest());
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
    h('td', {}, words(row.reason)),
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
