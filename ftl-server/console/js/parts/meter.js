// The margin meter: how far a book is from a warning (100 %) and from a washout (50 %).

import { h, say, set } from '../dom.js';
import { level } from '../format.js';

/** The end of the scale, in basis points. */
const FULL = 30_000;

/** Where a level stands on the scale; the first half is what is below 100 %. */
const place = (bps) =>
  bps === null ? 100 : bps <= 10_000 ? (Math.max(0, bps) / 10_000) * 50 : 50 + ((Math.min(bps, FULL) - 10_000) / (FULL - 10_000)) * 50;

export const zone = (bps) =>
  bps === null || bps === undefined ? 'idle' : bps <= 5_000 ? 'gone' : bps < 10_000 ? 'low' : bps < 15_000 ? 'near' : 'safe';

const MEANS = { idle: 'Nothing used', safe: 'Safe', near: 'Near the warning', low: 'Below the warning', gone: 'Washout' };

export function meter(label) {
  const bar = h('div', { class: 'meter-fill' });
  const value = h('span', { class: 'figure' });
  const meaning = h('span', { class: 'meaning' });
  const track = h(
    'div',
    { class: 'meter-track', role: 'meter', 'aria-label': label, 'aria-valuemin': 0, 'aria-valuemax': 300 },
    bar,
    h('i', { class: 'tick washout' }),
    h('i', { class: 'tick warning' }),
  );
  const node = h(
    'div',
    { class: 'meter' },
    h('div', { class: 'row' }, h('span', { class: 'label' }, label), value),
    track,
    h('div', { class: 'scale muted' }, h('span', { class: 'washout' }, 'washout'), h('span', { class: 'warning' }, 'warning'), meaning),
  );
  return {
    node,
    show(bps) {
      const at = zone(bps);
      // Nothing is known of what is refused.
      say(value, bps === undefined ? '\u2013' : level(bps));
      say(meaning, bps === undefined ? '' : MEANS[at]);
      set(node, 'data-zone', at);
      bar.style.setProperty('inline-size', `${place(bps ?? null)}%`);
      set(track, 'aria-valuenow', Math.min(300, Math.floor((bps ?? FULL) / 100)));
      set(track, 'aria-valuetext', bps === undefined ? 'Not known' : `${level(bps)}. ${MEANS[at]}`);
    },
  };
}
