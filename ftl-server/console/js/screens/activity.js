// Activity: what happens on the pitch and who trades, the latest first.

import { get } from '../api.js';
import { choice, h, keyed, show } from '../dom.js';
import { minute, price, time, words } from '../format.js';
import { icon } from '../icons.js';
import { league } from '../league.js';
import { SIGNS } from '../parts/fixture.js';

export function activity() {
  let kind = 'all';
  const list = h('ol', { class: 'activity' });
  const none = h('p', { class: 'muted' }, 'Nothing yet.');
  const node = h(
    'div',
    { class: 'screen' },
    h('h1', {}, 'Activity'),
    h(
      'section',
      { class: 'card', 'aria-label': 'Latest' },
      h(
        'div',
        { class: 'tools' },
        choice(
          'Show',
          [
            ['all', 'All'],
            ['match', 'Pitch'],
            ['trade', 'Trades'],
            ['washout', 'Washouts'],
          ],
          kind,
          (value) => {
            kind = value;
            read();
          },
        ),
      ),
      none,
      list,
    ),
  );

  async function read() {
    const asked = kind;
    const found = asked === 'all' ? league.activity : await ofKind(asked);
    // Another kind may have been chosen since.
    if (!found || asked !== kind) return;
    const items = found.filter((item) => item.kind !== 'match' || SIGNS[item.event.type]);
    keyed(list, items, (item) => `${item.seq}-${item.n}`, row);
    show(none, !items.length);
  }

  const off = league.on('activity', read);
  read();
  return { node, title: 'Activity', close: off };
}

const ofKind = async (kind) => (kind === 'match' ? league.news : (await get('/api/activity', { kind, limit: 200 }).catch(() => null))?.items);

function row(item) {
  const at = h('time', { class: 'muted figure', datetime: item.at }, time(item.at));
  if (item.kind === 'match') {
    const who = item.event.instrument ? `, ${league.name(item.event.instrument)}` : '';
    const gone = item.takenBack ? 'Taken back: ' : '';
    return h(
      'li',
      { 'data-kind': 'match', 'data-type': item.event.type },
      icon(SIGNS[item.event.type]),
      h('span', {}, h('b', {}, `${minute(item.event)} ${gone}${words(item.event.type)}`), who),
      at,
    );
  }
  const washed = item.kind === 'washout';
  const what = washed ? 'washed out' : item.action === 'open' ? 'opened' : 'closed';
  return h(
    'li',
    { 'data-kind': item.kind },
    icon(washed ? 'clock' : 'trade'),
    h(
      'span',
      {},
      h('b', {}, league.name(item.instrument)),
      `: ${item.direction} ${item.lots} ${what} at ${price(item.price)}`,
      item.district ? h('span', { class: 'muted' }, `, ${item.district}`) : null,
    ),
    at,
  );
}
