// An open position: its result by the second, its levels, and how to close it or a part of it.

import { field, h, say, set } from '../dom.js';
import { money, price, signed, points, time, tone, words } from '../format.js';
import { league, unrealised } from '../league.js';
import { link } from '../router.js';
import { close, setLevels } from './orders.js';

export function position(row) {
  const name = league.name(row.instrument);
  const home = league.instruments.get(row.instrument)?.fixture;
  const figures = Object.fromEntries(
    ['result', 'mark', 'settles', 'lots', 'margin', 'stop', 'profit'].map((part) => [part, h('dd', { class: 'figure' })]),
  );
  const result = h('span', { class: 'figure result delta' });
  const part = h('input', { type: 'number', min: '0.01', max: row.lots, step: '0.01', value: row.lots, inputmode: 'decimal' });
  const level = (value) =>
    h('input', {
      type: 'number',
      min: '0',
      step: '0.01',
      value: levelIn(value),
      placeholder: 'none',
      inputmode: 'decimal',
    });
  const [stop, profit] = [level(row.stopLoss), level(row.takeProfit)];
  const closing = h(
    'form',
    {
      class: 'inline-form',
      'aria-label': `Close ${name}`,
      on: {
        submit: (event) => {
          event.preventDefault();
          ended(close(item.row, lotsIn(part, item.row)));
        },
      },
    },
    field('Lots to close', part),
    h('button', { class: 'button small', type: 'submit', 'aria-label': `Close these lots of ${name}` }, 'Close these'),
  );
  const levels = h(
    'form',
    {
      class: 'inline-form',
      'aria-label': `Levels of ${name}`,
      on: {
        submit: (event) => {
          event.preventDefault();
          ended(setLevels(item.row, changed({ stopLoss: stop, takeProfit: profit })));
        },
      },
    },
    field('Stop loss', stop),
    field('Take profit', profit),
    h('button', { class: 'button small', type: 'submit', 'aria-label': `Set levels of ${name}` }, 'Set'),
  );
  const more = h(
    'details',
    { class: 'more' },
    h('summary', { 'aria-label': `Part and levels of ${name}` }, 'Part and levels'),
    closing,
    levels,
  );
  const ended = (done) =>
    done.then((answer) => {
      if (answer) more.open = false;
    });
  const item = h(
    'li',
    { class: 'position' },
    h(
      'div',
      { class: 'row' },
      h('a', { class: 'name', href: home ? link('match', home, row.instrument) : link('player', row.instrument) }, name),
      h('span', { class: 'chip', 'data-direction': row.direction }, words(row.direction)),
      h('span', { class: 'unseen' }, 'Open result: '),
      result,
    ),
    h(
      'dl',
      { class: 'facts' },
      fact('Lots', figures.lots),
      fact('Entry', h('dd', { class: 'figure', title: time(row.openedAt) }, price(row.entryPrice))),
      fact('Price', figures.mark),
      fact('Settles at', figures.settles),
      fact('Margin', figures.margin),
      fact('Stop loss', figures.stop),
      fact('Take profit', figures.profit),
    ),
    more,
    h('button', { class: 'button small', 'aria-label': `Close all of ${name}`, on: { click: () => close(item.row) } }, 'Close all'),
  );
  Object.assign(item, { parts: { ...figures, result, part }, levels: [['stopLoss', stop], ['takeProfit', profit]] });
  return item;
}

export function updatePosition(item, row) {
  item.row = row;
  const now = league.instruments.get(row.instrument);
  const { parts } = item;
  const won = unrealised(row);
  say(parts.result, signed(money(won)));
  set(parts.result, 'data-tone', tone(Math.round(won / 1e4)));
  say(parts.mark, price(now?.mark ?? row.mark));
  say(parts.settles, price(now?.settlementPrice ?? row.settlementPrice));
  say(parts.margin, points(row.margin));
  // A level that nobody is typing follows what was set elsewhere.
  for (const [name, input] of item.levels) {
    if (input.value !== input.shown && input.shown !== undefined) continue;
    input.shown = levelIn(row[name]);
    if (input.value !== input.shown) input.value = input.shown;
  }
  const pending = row.pending;
  say(parts.stop, levelText(row.stopLoss, pending?.stopLoss, pending));
  say(parts.profit, levelText(row.takeProfit, pending?.takeProfit, pending));
  if (parts.shown !== row.lots) {
    parts.shown = row.lots;
    say(parts.lots, row.lots);
    parts.part.value = row.lots;
    parts.part.max = row.lots;
  }
}

const levelText = (now, next, pending) => {
  const shown = now === null ? 'none' : price(now);
  return pending && next !== now ? `${shown}, soon ${next === null ? 'none' : price(next)}` : shown;
};
const lotsIn = (input, row) => (Number(input.value) === Number(row.lots) ? undefined : Number(input.value).toFixed(2));
const levelIn = (value) => (value === null ? '' : Number(value).toFixed(2));
/** What was typed into these, and nothing of what was only shown. */
const changed = (inputs) =>
  Object.fromEntries(
    Object.entries(inputs)
      .filter(([, input]) => input.value !== input.shown)
      .map(([name, input]) => [name, valueOf(input)]),
  );
const valueOf = (input) => (input.value === '' ? null : Number(input.value).toFixed(4));
const fact = (text, figure) => h('div', {}, h('dt', {}, text), figure);
