// The ticket: direction, lots, levels; what the order would do; then the delay, and the fill.

import { Problem, call, once } from '../api.js';
import { choice, chosenIn, field, fresh, h, paced, say, set } from '../dom.js';
import { points, price, signed, time } from '../format.js';
import { league } from '../league.js';
import { session } from '../session.js';
import { countdown } from './countdown.js';
import { obstacle } from './fixture.js';
import { meter } from './meter.js';

/** Sizes for one press. */
const SIZES = ['0.50', '1.00', '2.00', '5.00'];
const STEP = 0.5;

export function ticket(slug) {
  let pending = null;
  let asked = 0;
  let quoted = null;
  let halted = false;
  const halt = () => obstacle(league.instruments.get(slug) ?? { active: true });
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
              'aria-label': `${size} lots`,
              on: {
                click: () => {
                  lots.value = size;
                  quote();
                },
              },
            },
            size.replace(/\.?0+$/, ''),
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
    say(figures.fill, answer ? price(answer.entryPrice) : '\u2013');
    say(figures.cost, answer ? points(String(answer.entryCost).replace('-', '')) : '\u2013');
    say(figures.margin, answer ? points(answer.margin) : '\u2013');
    say(figures.free, answer ? points(answer.portfolio.free) : '\u2013');
    say(figures.event, answer ? signed(-Math.abs(answer.worstEvent)) : '\u2013');
    set(figures.event, 'data-tone', answer ? 'fall' : null);
    say(figures.delay, !answer ? '\u2013' : answer.due ? 'after the in-play delay' : 'at once');
    after.show(answer ? answer.portfolio.levelBps : null);
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
    pending = { sent: Date.now() };
    label();
    say(problem, '');
    outcome.replaceChildren(h('p', {}, 'Sending\u2026'));
    const wanted = body();
    const same = { ...wanted };
    if (wanted.type === 'market') Object.assign(wanted, { clientPrice: league.instruments.get(slug)?.mark, slippageTolerance: '0.0100' });
    try {
      const answer = await once('POST', '/api/positions/open', { body: wanted, same });
      settle(answer);
    } catch (error) {
      outcome.replaceChildren(hint());
      say(problem, error instanceof Problem ? error.advice : String(error));
      done();
    }
  }

  function settle(answer) {
    if (answer.order.status === 'filled') return filled(answer.position);
    if (!answer.order.due) {
      outcome.replaceChildren(h('p', {}, 'The limit order rests. It is in your portfolio.'));
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
    if (order.status === 'filled') return filled(null);
    if (order.status !== 'cancelled') return;
    pending.wait.close();
    outcome.replaceChildren(h('p', { class: 'cancelled' }, 'Cancelled at no cost. The reason is in the notices.'));
    done();
  }

  function filled(position) {
    pending?.wait?.close();
    const text = position
      ? `Filled: ${position.direction} ${position.lots} at ${price(position.entryPrice)}.`
      : `Filled at ${time(new Date())}.`;
    outcome.replaceChildren(h('p', { class: 'filled' }, text), h('a', { href: '#/portfolio' }, 'See your portfolio'));
    done();
  }

  function done() {
    pending = null;
    quote();
  }

  const offs = [
    league.on('price', (moved) => moved === slug && requote()),
    league.on('order', ended),
    league.on('book', () => {
      if (pending?.order && !league.book.orders.some((order) => order.id === pending.order)) later();
      requote();
    }),
    league.on('market', () => {
      if (Boolean(halt()) !== halted) quote();
    }),
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

const fact = (text, figure) => h('div', {}, h('dt', { id: fresh('fact') }, text), figure);
