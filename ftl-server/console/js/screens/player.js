// One player outside of a match.

import { h } from '../dom.js';
import { league } from '../league.js';
import { absent } from '../parts/absent.js';
import { playerPanel } from '../parts/player.js';

export function player({ instrument }) {
  if (!league.instruments.has(instrument)) return absent('player');
  const panel = playerPanel(instrument);
  const node = h('div', { class: 'screen player-screen' }, h('a', { class: 'back', href: '#/stadium' }, 'Stadium'), panel.node);
  return { node, title: league.name(instrument), close: panel.close };
}
