// Activity: what happens on the pitch and who trades, the latest first.

import { choice, h, keyed, show } from '../dom.js';
import { minute, price, time, words } from '../format.js';
import { icon } from '../icons.js';
import { league } from '../league.js';
import { SIGNS } from '../parts/fixture.js';

export function activity() {
  let kind = 'all';
  const list = h('ol', { class: 'activity' });
  const none = h('p', { class: 'muted' }, 'Nothing yet.');
  const node = h('div', { class: 'screen' }, h('h1', {}, 'Activity'),
    h('section', { class: 'card', 'aria-label': 'Latest' },
      h('div', { class: 'tools' }, choice('Show', [['all', 'All'], ['match', 'Pitch'], ['trade', 'Trades'], ['washout', 'Washouts']], kind, (value) => { kind = value; draw(); })),
      none, list));

  function draw() {
    const items = league.activity.filter((item) => (kind === 'all' || item.kind === kind) && (item.kind !== 'match' || SIGNS[item.event.type]));
    keyed(list, items, (item) => `${item.seq}-${item.n}`, row);
    show(none, !items.length);
  }

  const off = league.on('activity', draw);
  draw();
  return { node, title: 'Activity', close: off };
}

function row(item) {
  const at = h('time', { class: 'muted figure', datetime: item.at }, time(item.at));
  if (item.kind === 'match') {
    const who = item.event.instrument ? `, ${league.name(item.event.instrument)}` : '';
    const gone = item.takenBack ? 'Taken back: ' : '';
    return h('li', { 'data-kind': 'match' }, icon(SIGNS[item.event.type]), h('span', {}, h('b', {}, `${minute(item.event)} ${gone}${words(item.event.type)}`), who), at);
  }
  const what = item.action === 'open' ? `opened ${item.direction}` : `closed ${item.direction}`;
  const somebody = item.district ? `Somebody of ${item.district}` : 'Somebody';
  const lots = `${item.lots} lots at ${price(item.price)}`;
  if (item.kind === 'washout') return h('li', { 'data-kind': 'washout' }, icon('clock'), h('span', {}, h('b', {}, 'Washed out'), `: ${item.direction} in ${league.name(item.instrument)}, ${lots}`), at);
  return h('li', { 'data-kind': 'trade' }, icon('trade'), h('span', {}, `${somebody} ${what} in `, h('b', {}, league.name(item.instrument)), `, ${lots}`), at);
}
