// The ticket: direction, lots, levels; what the order would do; then the delay, and the fill.

import { Problem, call, once } from '../api.js';
import { now } from '../clock.js';
import { choice, chosenIn, field, fresh, h, paced, say, set } from '../dom.js';
import { points, price, signed, time, words } from '../format.js';
import { league } from '../league.js';
import { session } from '../session.js';
import { countdown } from './countdown.js';
import { obstacle, tradeWindow } from './fixture.js';
import { meter } from './meter.js';

/** Sizes for one press. */
const SIZES = ['0.50', '1.00', '2.00', '5.00'];
const STEP = 0.5;
const shortly = (size) => size.replace(/\.?0+$/, '');

export function ticket(slug) {
  let pending = null;
  let asked = 0;
  let quoted = null;
  let halted = false;
  /** What was opened here last: a fill that rested is told without its price. */
  let opened = null;
  let since = Infinity;
  const halt = () => {
    const row = league.instruments.get(slug) ?? { active: true };
    const match = league.fixture(row.fixture);
    const shut = match && tradeWindow(match).state === 'shut';
    return obstacle(row) ?? (shut ? { text: 'Closing only' } : null);
  };
  const direction = choice(
    'Direction',
    [
      ['long', 'Long: it rises'],
      ['short', 'Short: it falls'],
    ],
    'long',
    () => quote(),
  );
  direction.classList.add('directions');
  const lots = h('input', {
    type: 'number',
    min: '0.01',
    max: '10',
    step: '0.01',
    value: '1.00',
    inputmode: 'decimal',
    on: { input: () => quote() },
  });
  const level = (label) =>
    h('input', {
      type: 'number',
      step: '0.01',
      min: '0',
      inputmode: 'decimal',
      'aria-label': label,
      placeholder: 'none',
      on: { input: () => quote() },
    });
  const [limit, stopLoss, takeProfit] = [level('Limit price'), level('Stop loss'), level('Take profit')];
  const bump = (by) => () => {
    lots.value = Math.min(10, Math.max(0.01, Number(lots.value) + by)).toFixed(2);
    quote();
  };
  const figures = Object.fromEntries(
    ['fill', 'cost', 'margin', 'free', 'event', 'delay'].map((name) => [name, h('dd', { class: 'figure' }, '\u2013')]),
  );
  const after = meter('Margin level after it');
  const problem = h('p', { class: 'problem', role: 'alert' });
  const send = h('button', { class: 'button primary wide', type: 'submit' }, 'Open');
  const outcome = h('div', { class: 'outcome', role: 'status' });
  const node = h(
    'form',
    { class: 'card ticket', 'aria-label': `Trade ${league.name(slug)}`, on: { submit } },
    h('h2', {}, 'Trade'),
    direction,
    h(
      'div',
      { class: 'lots' },
      field('Lots', lots),
      h(
        'div',
        { class: 'stepper' },
        h('button', { class: 'icon-button', type: 'button', 'aria-label': 'Half a lot less', on: { click: bump(-STEP) } }, '\u2212'),
        h('button', { class: 'icon-button', type: 'button', 'aria-label': 'Half a lot more', on: { click: bump(STEP) } }, '+'),
      ),
      h(
        'div',
        { class: 'sizes', role: 'group', 'aria-label': 'Sizes' },
        ...SIZES.map((size) =>
          h(
            'button',
            {
              class: 'pill figure',
              type: 'button',
              'aria-label': `${shortly(size)} lots`,
              on: {
                click: () => {
                  lots.value = size;
                  quote();
                },
              },
            },
            shortly(size),
          ),
        ),
      ),
    ),
    h(
      'details',
      { class: 'levels' },
      h('summary', {}, 'Stop loss, take profit, limit'),
      h(
        'div',
        { class: 'fields' },
        field('Stop loss', stopLoss),
        field('Take profit', takeProfit),
        field('Limit price', limit, 'Fills at this price or better.'),
      ),
    ),
    h(
      'dl',
      { class: 'quote' },
      fact('Average fill', figures.fill),
      fact('Value', figures.cost),
      fact('Margin', figures.margin),
      fact('Free after it', figures.free),
      fact('Worst single event', figures.event),
      fact('Fills', figures.delay),
    ),
    after.node,
    send,
    // Below the button, which stays where a finger expects it.
    problem,
    outcome,
    meanings(),
  );
  for (const input of [limit, stopLoss, takeProfit]) input.removeAttribute('aria-label');

  const body = () => {
    const limited = limit.value !== '';
    const given = (input) => (input.value === '' ? undefined : Number(input.value).toFixed(4));
    return {
      instrument: slug,
      direction: chosenIn(direction),
      lots: (Number(lots.value) || 0).toFixed(2),
      type: limited ? 'limit' : 'market',
      limitPrice: given(limit),
      stopLoss: given(stopLoss),
      takeProfit: given(takeProfit),
    };
  };

  const ask = paced(250, async () => {
    if (!session.token) return;
    const turn = (asked += 1);
    const stop = halt();
    halted = Boolean(stop);
    if (stop) {
      quoted = null;
      fill(null);
      say(problem, `${stop.text}: no trades until that is over.`);
      return label();
    }
    try {
      const answer = await call('POST', '/api/positions/quote', { body: body() });
      if (turn !== asked) return;
      quoted = answer;
      say(problem, '');
      fill(answer);
    } catch (error) {
      if (turn !== asked) return;
      quoted = null;
      fill(null);
      say(problem, error instanceof Problem ? error.advice : String(error));
    }
    label();
  });
  const quote = () => {
    label();
    ask();
  };
  const requote = paced(1_000, ask);

  function fill(answer) {
    const limited = limit.value !== '';
    say(figures.fill, !answer ? '\u2013' : limited ? `${price(limit.value)} or better` : price(answer.entryPrice));
    say(figures.cost, answer ? points(String(answer.entryCost).replace('-', '')) : '\u2013');
    say(figures.margin, answer ? points(answer.margin) : '\u2013');
    say(figures.free, answer ? points(answer.portfolio.free) : '\u2013');
    say(figures.event, answer ? signed(-Math.abs(answer.worstEvent)) : '\u2013');
    set(figures.event, 'data-tone', answer ? 'fall' : null);
    const when = limited ? 'when the price is there' : answer?.due ? 'after the in-play delay' : 'at once';
    say(figures.delay, answer ? when : '\u2013');
    after.show(answer?.portfolio.levelBps);
  }

  function label() {
    const { direction: way, lots: size } = body();
    say(send, `Open ${way} \u00b7 ${size} lots`);
    set(send, 'data-direction', way);
    send.disabled = Boolean(pending) || !quoted;
  }

  async function submit(event) {
    event.preventDefault();
    if (!quoted || pending) return;
    pending = { sent: now() };
    opened = null;
    since = pending.sent;
    label();
    say(problem, '');
    outcome.replaceChildren(h('p', {}, 'Sending\u2026'));
    const wanted = body();
    const same = { ...wanted };
    if (wanted.type === 'market') Object.assign(wanted, { clientPrice: league.instruments.get(slug)?.mark, slippageTolerance: '0.0100' });
    try {
      const answer = await once('POST', '/api/positions/open', { body: wanted, same });
      settle(answer, wanted.type === 'limit');
    } catch (error) {
      outcome.replaceChildren(hint());
      say(problem, error instanceof Problem ? error.advice : String(error));
      done();
    }
  }

  function settle(answer, limited) {
    if (answer.order.status === 'filled') return filled(answer.position);
    // It may rest for the whole match: the next one need not wait for it.
    if (answer.order.id && limited) {
      outcome.replaceChildren(h('p', {}, 'The limit order waits for its price. '), h('a', { href: '#/portfolio' }, 'It is in your portfolio'));
      return done();
    }
    const wait = countdown(Date.parse(answer.order.due), pending.sent);
    Object.assign(pending, { order: answer.order.id, wait });
    outcome.replaceChildren(
      wait.node,
      h('p', { class: 'muted' }, 'If something happens to the player first, the order is cancelled at no cost.'),
    );
    // The fill may have come before the answer.
    league.book?.orders.some((order) => order.id === answer.order.id) || later();
  }

  /** A frame that was missed, or came first: the order itself says how it ended. */
  async function later() {
    const id = pending?.order;
    if (!id) return;
    const answer = await call('GET', `/api/orders/${id}`).catch(() => null);
    if (answer && answer.order.status !== 'resting') ended(answer.order);
  }

  function ended(order) {
    if (!pending || order.id !== pending.order) return;
    if (order.status === 'filled') return filled(opened);
    if (order.status !== 'cancelled') return;
    pending.wait.close();
    const why = order.reason ? `: ${words(order.reason).toLowerCase()}` : '';
    outcome.replaceChildren(h('p', { class: 'cancelled' }, `Cancelled at no cost${why}.`));
    done();
  }

  function filled(position) {
    pending?.wait?.close();
    const text = position
      ? `Filled at ${price(position.entryPrice)}: ${position.direction}, ${position.lots} lots.`
      : `Filled at ${time(now())}.`;
    outcome.replaceChildren(h('p', { class: 'filled' }, text), h('a', { href: '#/portfolio' }, 'See your portfolio'));
    done();
  }

  function done() {
    pending = null;
    quote();
  }

  const look = () => Boolean(halt()) !== halted && quote();
  const offs = [
    league.on('price', (moved) => moved === slug && requote()),
    league.on('order', ended),
    league.on('position', ({ position, closed }) => {
      if (closed || position?.instrument !== slug || Date.parse(position.openedAt) < since) return;
      opened = position;
      // Told in the same entry as the fill, before it or behind it.
      if (outcome.querySelector('.filled')) filled(opened);
    }),
    league.on('book', () => {
      if (pending?.order && !league.book.orders.some((order) => order.id === pending.order)) later();
      requote();
    }),
    league.on('market', look),
    league.on('fixtures', look),
  ];
  const hint = () =>
    h(
      'p',
      { class: 'muted' },
      'In play an order rests for a few seconds and fills in the clock tick behind them; so nobody gains by sitting nearer to the pitch.',
    );
  outcome.replaceChildren(hint());
  fill(null);
  quote();
  return {
    node,
    close() {
      offs.forEach((off) => off());
      ask.cancel();
      requote.cancel();
      pending?.wait?.close();
    },
  };
}

/** For whoever trades for the first time. */
const meanings = () =>
  h(
    'details',
    {},
    h('summary', {}, 'What do these figures mean?'),
    h(
      'dl',
      { class: 'meanings' },
      ...[
        ['Lots', 'A lot is 100 shares: with one lot long, a price that rises by 1.00 wins 100 points; short, it loses them.'],
        ['Margin', 'Set aside while the position is open, and yours again when it closes.'],
        ['Worst single event', 'What one thing that happens on the pitch could cost you at most.'],
        ['Margin level', 'What your book is worth by the margin it uses. At 100 % you are warned, at 50 % positions are closed.'],
        ['Crowd', 'What traders hold long, less what they hold short; it moves the price beside the pitch.'],
        ['Settles at', 'The one price at which everybody would be closed if the match ended now.'],
      ].map(([term, text]) => h('div', {}, h('dt', {}, term), h('dd', {}, text))),
    ),
  );

const fact = (text, figure) => h('div', {}, h('dt', { id: fresh('fact') }, text), figure);
