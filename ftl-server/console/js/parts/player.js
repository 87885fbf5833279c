// One player: his price, its chart with what happened and one's own fills, and the ticket to trade him.

import { get } from '../api.js';
import { Chart } from '../chart.js';
import { choice, h, paced, say, set, show } from '../dom.js';
import { change, minute, price, proper, time, tone, words } from '../format.js';
import { league, opening } from '../league.js';
import { obstacle } from './fixture.js';
import { ticket } from './ticket.js';

const SPANS = { '1s': 1_000, '1m': 60_000, '5m': 300_000, '1h': 3_600_000 };
/** Shown in a line; more are there in candles of longer spans. */
const LONGEST = 500;

export function playerPanel(slug) {
  let style = 'line';
  let span = '1s';
  let ticks = [];
  let bars = [];
  let fills = [];
  let events = [];
  const row = () => league.instruments.get(slug);
  const mark = h('span', { class: 'big figure' });
  const delta = h('span', { class: 'delta figure' });
  const since = h('span', { class: 'since muted' }, ' since kick-off');
  const settle = h('span', { class: 'figure' });
  const base = h('span', { class: 'figure' });
  const crowd = h('span', { class: 'figure' });
  const state = h('p', { class: 'banner', role: 'status', hidden: true });
  const chart = new Chart(`Price of ${row()?.name ?? slug}`);
  const spans = h(
    'label',
    { class: 'inline' },
    h('span', { class: 'unseen' }, 'Length of a candle'),
    h(
      'select',
      {
        on: {
          change: (event) => {
            span = event.target.value;
            readBars();
          },
        },
      },
      ...Object.keys(SPANS).map((code) => h('option', { value: code, selected: code === '1m' }, code)),
    ),
  );
  const styles = choice(
    'Chart',
    [
      ['line', 'Line'],
      ['candles', 'Candles'],
    ],
    style,
    (value) => {
      style = value;
      span = style === 'candles' ? spans.querySelector('select').value : '1s';
      show(spans, style === 'candles');
      readBars();
    },
  );
  show(spans, false);
  chart.node.append(state);
  const order = ticket(slug);
  const name = h('h2', { id: 'player-name', tabindex: '-1' }, row()?.name ?? slug);
  const card = h(
    'section',
    { class: 'card quote-card', 'aria-labelledby': 'player-name' },
    h(
      'header',
      { class: 'player-head' },
      h('div', {}, name, h('p', { class: 'muted' }, [row()?.team, row()?.position].filter(Boolean).join(' \u00b7 '))),
      h('div', { class: 'player-price' }, h('span', { class: 'unseen' }, 'Price: '), mark, h('span', {}, delta, since)),
    ),
    h('div', { class: 'chart-tools' }, styles, spans),
    chart.node,
    h(
      'dl',
      { class: 'facts' },
      h('div', {}, h('dt', {}, 'From the pitch'), h('dd', {}, base)),
      h('div', {}, h('dt', {}, 'Crowd, lots net'), h('dd', {}, crowd)),
      h('div', {}, h('dt', {}, 'Settles at'), h('dd', {}, settle)),
    ),
  );
  const node = h('div', { class: 'player' }, card, order.node);

  function draw() {
    const now = row();
    if (!now) return;
    say(mark, price(now.mark));
    const from = opening(now);
    say(delta, now.fixture ? change(from, Number(now.mark)) : '');
    show(since, Boolean(now.fixture));
    set(delta, 'data-tone', tone(Math.round((Number(now.mark) - from) * 100)));
    say(base, price(now.liveBase));
    say(settle, price(now.settlementPrice));
    say(crowd, proper(now.net));
    const stop = obstacle(now);
    show(state, Boolean(stop));
    set(state, 'data-kind', stop?.kind);
    say(state, stop ? told(now) : '');
    const mine = league.book?.positions.filter((position) => position.instrument === slug) ?? [];
    const levels = mine
      .flatMap((position) => [
        { price: Number(position.entryPrice), label: `${position.direction} at ${price(position.entryPrice)}` },
        position.stopLoss && { price: Number(position.stopLoss), label: 'stop loss' },
        position.takeProfit && { price: Number(position.takeProfit), label: 'take profit' },
      ])
      .filter(Boolean);
    chart.draw({ style, ticks, bars, span: SPANS[span], events, fills, levels });
  }

  async function readBars() {
    const history = await get(`/api/instruments/${slug}/price-history`, { interval: span, limit: style === 'line' ? LONGEST : 60 }).catch(
      () => null,
    );
    if (!history) return;
    const read = history.bars.map((bar) => ({
      at: Date.parse(bar.start),
      open: Number(bar.open),
      high: Number(bar.high),
      low: Number(bar.low),
      close: Number(bar.close),
    }));
    if (style === 'candles') bars = read;
    else ticks = joined(read);
    draw();
  }

  /** What is stored, then what came while it was read. */
  function joined(read) {
    const stored = read.flatMap((bar, n) => [...(n === 0 ? [{ at: bar.at, mark: bar.open }] : []), { at: bar.at + 1, mark: bar.close }]);
    const end = stored.at(-1)?.at ?? 0;
    const live = (league.trails.get(slug) ?? []).filter(({ at }) => at > end);
    return [...stored, ...live];
  }

  async function readFills() {
    const page = await get('/api/trades', { limit: 200 }).catch(() => null);
    fills = (page?.items ?? [])
      .filter((trade) => trade.instrument === slug)
      .map((trade) => ({
        at: Date.parse(trade.at),
        price: Number(trade.price),
        direction: trade.direction,
        opened: trade.action === 'open',
      }));
    draw();
  }

  function moved(which) {
    if (which !== slug) return;
    const last = league.trails.get(slug)?.at(-1);
    if (last) grow(last);
    draw();
  }

  function grow({ at, mark: value }) {
    if (at > (ticks.at(-1)?.at ?? 0) || value !== ticks.at(-1)?.mark) ticks = [...ticks.slice(-2 * LONGEST), { at, mark: value }];
    const length = SPANS[span];
    const start = at - (at % length);
    const bar = bars.at(-1);
    if (bar?.at === start) Object.assign(bar, { high: Math.max(bar.high, value), low: Math.min(bar.low, value), close: value });
    else if (bar) bars = [...bars.slice(-59), { at: start, open: value, high: value, low: value, close: value }];
  }

  const drawBook = paced(300, draw);
  const offs = [
    league.on('price', moved),
    league.on('market', draw),
    league.on('book', drawBook),
    // What was missed meanwhile is history by now.
    league.on('connection', (state) => {
      if (state !== 'live') return;
      readBars();
      readFills();
    }),
    league.on('order', paced(600, readFills)),
    league.on('pitch', () => markEvents()),
    league.on('notification', paced(600, readFills)),
  ];

  /** When what happened on the pitch became known: activity says so, the list of events does not. */
  function markEvents() {
    const fixture = row()?.fixture;
    events = league.news
      .filter((item) => item.fixture === fixture && CHARTED.has(item.event.type))
      .map((item) => ({
        at: Date.parse(item.at),
        kind: item.takenBack ? 'gone' : item.event.type,
        label: `${item.takenBack ? 'Taken back: ' : ''}${minute(item.event)} ${words(item.event.type)} ${league.name(item.event.instrument) ?? ''}`,
      }));
    draw();
  }

  markEvents();
  readBars();
  readFills();
  return {
    node,
    /** Who was chosen far below is brought to where he can be seen, and read aloud. */
    come() {
      const { top } = card.getBoundingClientRect();
      const seen = top > 0 && top < innerHeight / 2;
      if (!seen) card.scrollIntoView({ block: 'start' });
      if (!seen || document.activeElement?.matches(':focus-visible')) name.focus({ preventScroll: true });
    },
    close() {
      offs.forEach((off) => off());
      chart.close();
      order.close();
    },
  };
}

const CHARTED = new Set(['goal', 'penalty_goal', 'own_goal', 'penalty_missed', 'penalty_saved', 'red', 'second_yellow']);

function told(row) {
  if (row.underReview) {
    return `Under review: no trades until play goes on, at the latest soon after ${time(row.underReview.until)}. Stops and margin look at ${price(row.underReview.mark)} meanwhile.`;
  }
  if (row.active && !row.frozen) return 'Everybody is settled. Trading opens again when the result is final.';
  if (row.frozen) return 'Frozen by the operator: no trades until it is lifted.';
  return 'Off the market.';
}
