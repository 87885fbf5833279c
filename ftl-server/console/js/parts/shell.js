// What surrounds every screen: navigation, connection, equity, theme, the way out.

import { now } from '../clock.js';
import { h, say, set, show } from '../dom.js';
import { money, points, time } from '../format.js';
import { icon } from '../icons.js';
import { equity, league } from '../league.js';
import { session, theme } from '../session.js';

/** A shorter cut is nobody's business. */
const PATIENCE = 3_000;

const PLACES = [
  ['stadium', 'Stadium'],
  ['portfolio', 'Portfolio'],
  ['ledger', 'Ledger'],
  ['ranks', 'Ranks'],
  ['activity', 'Activity'],
  ['operator', 'Operator'],
];

export function shell() {
  const links = PLACES.map(([place, text]) => h('a', { href: `#/${place}`, 'data-place': place }, icon(place), h('span', {}, text)));
  const connection = h('span', { class: 'connection', role: 'status' });
  const worth = h('span', { class: 'worth figure' });
  const themed = h('button', {
    class: 'icon-button',
    on: {
      click: () => {
        theme.toggle();
        draw();
      },
    },
  });
  const leave = h(
    'button',
    { class: 'icon-button', 'aria-label': `Log out ${session.player.name}`, title: 'Log out', on: { click: () => session.end() } },
    icon('leave'),
  );
  const content = h('main', { id: 'content', tabindex: '-1' });
  const lost = h('p', { class: 'banner lost', role: 'alert', hidden: true });
  let patience = null;
  const node = h(
    'div',
    { class: 'shell' },
    h(
      'header',
      { class: 'bar' },
      h('a', { class: 'brand', href: '#/stadium', 'aria-label': 'FTL, stadium' }, 'FTL'),
      h('nav', { class: 'places', 'aria-label': 'Screens' }, ...links),
      h(
        'div',
        { class: 'self' },
        connection,
        h('span', { class: 'who' }, session.player.name),
        h('span', {}, h('span', { class: 'unseen' }, 'Equity in points: '), worth),
        themed,
        leave,
      ),
    ),
    lost,
    content,
  );

  /** Prices that stand still look like prices that nobody moves. */
  function connected() {
    clearTimeout(patience);
    show(lost, false);
    if (league.connection === 'live') return;
    const since = time(now());
    patience = setTimeout(() => {
      say(lost, `No connection since ${since}: what you see is as it was then. This page comes back by itself.`);
      show(lost, true);
    }, PATIENCE);
  }

  function draw() {
    const dark = theme.now === 'dark';
    themed.replaceChildren(icon(dark ? 'light' : 'dark'));
    set(themed, 'aria-label', dark ? 'Light colours' : 'Dark colours');
    const live = league.connection === 'live';
    set(connection, 'data-state', live ? 'live' : 'cut');
    say(connection, live ? 'Live' : 'Connecting');
    if (league.book) say(worth, points(money(equity(league.book))));
  }

  const scheme = matchMedia('(prefers-color-scheme: dark)');
  scheme.addEventListener('change', draw);
  const offs = [
    league.on('connection', draw),
    league.on('connection', connected),
    league.on('book', draw),
    () => scheme.removeEventListener('change', draw),
    () => clearTimeout(patience),
  ];
  draw();
  connected();
  return {
    node,
    content,
    mark(path) {
      const here = path.startsWith('match') || path.startsWith('player') ? 'stadium' : path.split('/')[0];
      for (const link of links) set(link, 'aria-current', link.dataset.place === here ? 'page' : null);
    },
    close: () => offs.forEach((off) => off()),
  };
}
