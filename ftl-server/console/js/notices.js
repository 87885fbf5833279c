// Short messages in the corner, read aloud by the live region that they are put into. Who reads one keeps it.

import { h } from './dom.js';

const SHOWN = 6_000;
/** Bad news takes longer to understand. */
const SHOWN_BAD = 12_000;
const MOST = 2;

/** `kind` is `good`, `bad` or `plain`. */
export function notice(text, kind = 'plain') {
  const close = h('button', { class: 'icon-button', 'aria-label': 'Dismiss', on: { click: () => item.remove() } }, '\u00d7');
  const item = h('div', { class: `notice ${kind}` }, h('p', {}, text), close);
  const place = document.getElementById('notices');
  place.append(item);
  while (place.children.length > MOST) place.firstElementChild.remove();
  const leave = () => {
    if (item.matches(':hover, :focus-within')) setTimeout(leave, SHOWN);
    else item.remove();
  };
  setTimeout(leave, kind === 'bad' ? SHOWN_BAD : SHOWN);
}
