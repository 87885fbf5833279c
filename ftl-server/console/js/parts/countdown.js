// Time until an order may fill (R4.4): seconds that run out, then the wait for the clock tick.

import { now } from '../clock.js';
import { h, say, set, svg } from '../dom.js';
import { seconds } from '../format.js';

const ROUND = 2 * Math.PI * 14;

/** Counts down to `due` of the server's clock; `from` is when it began. */
export function countdown(due, from = now()) {
  const ring = svg('circle', { class: 'ring', cx: 16, cy: 16, r: 14, 'stroke-dasharray': ROUND });
  const text = h('span', { class: 'figure' });
  const node = h(
    'div',
    { class: 'countdown', role: 'timer', 'aria-live': 'off', 'aria-label': 'Time until the order may fill' },
    svg('svg', { viewBox: '0 0 32 32', 'aria-hidden': 'true' }, svg('circle', { class: 'rail', cx: 16, cy: 16, r: 14 }), ring),
    text,
  );
  const whole = Math.max(1, due - from);
  let running = true;
  const tick = () => {
    if (!running) return;
    const left = due - now();
    say(text, left > 0 ? `may fill in ${seconds(left)}` : 'waiting for the match clock');
    set(ring, 'stroke-dashoffset', (ROUND * (1 - Math.max(0, left) / whole)).toFixed(1));
    if (left > 0) setTimeout(tick, 100);
  };
  tick();
  return {
    node,
    close: () => {
      running = false;
    },
  };
}
