// An address that names nothing: mistyped, or of another league.

import { h } from '../dom.js';

/** A screen that says so. */
export function absent(what) {
  const text = `There is no such ${what} in this league.`;
  const node = h(
    'div',
    { class: 'screen' },
    h('div', { class: 'empty-state' }, h('h1', {}, 'Nothing here'), h('p', {}, text), h('a', { class: 'button', href: '#/stadium' }, 'Stadium')),
  );
  return { node, title: 'Nothing here' };
}
