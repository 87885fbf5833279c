// My book: what it is worth, how safe it is, what is open, what rests, what closed and why.

import { get } from '../api.js';
import { h, keyed, paced, say, set, show } from '../dom.js';
import { money, points, price, signed, time, tone, words } from '../format.js';
import { equity, league } from '../league.js';
import { countdown } from '../parts/countdown.js';
import { meter } from '../parts/meter.js';
import { position, updatePosition } from '../parts/position.js';
import { cancel } from '../parts/orders.js';
import { session } from '../session.js';

/** Why a position closed, for who did not close it. */
const WHY = {
  washout:
    'Your margin level had fallen to 50 % or below: the position with the largest loss was closed on the curve, as for everybody at that moment.',
  stop_loss: 'The price reached your stop loss.',
  take_profit: 'The price reached your take profit.',
  auto_exit_ft: 'Full time: every position in the match settles at one price for all.',
  deactivated: 'The player left the market.',
  voided: 'An operator undid it.',
};

export function portfolio() {
  const tiles = Object.fromEntries(
    [
      ['equity', 'Equity'],
      ['unrealised', 'Open result'],
      ['realised', 'Realised'],
      ['balance', 'Balance'],
      ['used', 'Margin used'],
      ['free', 'Free'],
    ].map(([name, text]) => [name, { value: h('dd', { class: 'figure' }), text }]),
  );
  const margin = meter('Margin level');
  const open = h('ul', { class: 'positions' });
  const noneOpen = h('p', { class: 'muted' }, 'Nothing is open. Choose a player in the stadium.');
  const resting = h('ul', { class: 'orders' });
  const restingPart = h('section', { class: 'card', 'aria-labelledby': 'resting' }, h('h2', { id: 'resting' }, 'Resting orders'), resting);
  const closed = h('ul', { class: 'closed' });
  const noneClosed = h('p', { class: 'muted' }, 'Nothing has closed yet.');
  const node = h(
    'div',
    { class: 'screen portfolio' },
    h('h1', {}, 'Portfolio'),
    h('p', { class: 'muted whose' }, h('bdi', {}, session.player.name), `, ${session.player.district}`),
    h(
      'section',
      { class: 'card summary', 'aria-label': 'Summary' },
      h('dl', { class: 'tiles' }, ...Object.values(tiles).map(({ value, text }) => h('div', {}, h('dt', {}, text), value))),
      margin.node,
    ),
    h('section', { class: 'card', 'aria-labelledby': 'open' }, h('h2', { id: 'open' }, 'Open positions'), noneOpen, open),
    restingPart,
    h('section', { class: 'card', 'aria-labelledby': 'closed' }, h('h2', { id: 'closed' }, 'Closed positions'), noneClosed, closed),
  );

  function draw() {
    const { book } = league;
    if (!book) return;
    const worth = equity(book);
    const result = worth - Number(book.balance) * 1e6;
    say(tiles.equity.value, points(money(worth)));
    say(tiles.unrealised.value, signed(money(result)));
    set(tiles.unrealised.value, 'data-tone', tone(Math.round(result / 1e4)));
    say(tiles.realised.value, signed(book.realised));
    set(tiles.realised.value, 'data-tone', tone(Number(book.realised)));
    for (const name of ['balance', 'used', 'free']) say(tiles[name].value, points(book[name]));
    margin.show(book.levelBps);
    keyed(open, book.positions, (row) => row.id, position, updatePosition);
    show(noneOpen, !book.positions.length);
    keyed(resting, book.orders, (row) => `${row.id} ${row.cancelDue}`, order);
    show(restingPart, book.orders.length > 0);
  }

  const readClosed = paced(700, async () => {
    const page = await get('/api/positions', { status: 'closed', limit: 50 }).catch(() => null);
    if (!page) return;
    keyed(closed, page.items, (row) => `${row.id}-${row.seq}`, closedRow);
    show(noneClosed, !page.items.length);
  });

  const offs = [
    league.on('book', draw),
    league.on('price', draw),
    league.on('notification', readClosed),
    league.on('connection', readClosed),
  ];
  draw();
  readClosed();
  return {
    node,
    title: 'Portfolio',
    close() {
      offs.forEach((off) => off());
      readClosed.cancel();
    },
  };
}

function order(row) {
  const what = row.action === 'open' ? `Open ${row.direction} ${row.lots}` : `Close ${row.lots}`;
  // A limit order's delay is when it begins to look: it waits longer for its price.
  const wait = row.due && row.type !== 'limit'
    ? countdown(Date.parse(row.due), Date.parse(row.placedAt)).node
    : h('span', { class: 'muted' }, row.cancelDue ? 'is being taken back' : 'waits for its price');
  const button =
    row.type === 'limit' && !row.cancelDue
      ? h(
          'button',
          {
            class: 'button small',
            'aria-label': `Cancel the limit order in ${league.name(row.instrument)}`,
            on: { click: () => cancel(row) },
          },
          'Cancel',
        )
      : null;
  return h(
    'li',
    {},
    h('b', {}, league.name(row.instrument)),
    h('span', {}, `${what}${row.limitPrice ? ` at ${price(row.limitPrice)}` : ''}`),
    wait,
    button,
  );
}

function closedRow(row) {
  const why = WHY[row.reason];
  return h(
    'li',
    { 'data-reason': row.reason },
    h(
      'div',
      { class: 'row' },
      h('b', {}, league.name(row.instrument)),
      h('span', { class: 'figure delta', 'data-tone': tone(Number(row.pnl)) }, signed(row.pnl)),
    ),
    h(
      'div',
      { class: 'row small' },
      h('span', {}, `${words(row.direction)} ${row.lots}, ${price(row.entryPrice)} \u2192 ${price(row.exitPrice)}`),
      h('span', { class: 'muted figure' }, time(row.closedAt)),
    ),
    h('p', { class: 'reason' }, h('span', { class: 'chip', 'data-reason': row.reason }, words(row.reason)), why ? ` ${why}` : ''),
  );
}
