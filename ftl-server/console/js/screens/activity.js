// Activity: what happens on the pitch and who trades, the latest first.

import { get } from '../api.js';
import { choice, h, keyed, paced, set, show } from '../dom.js';
import { minute, price, time, words } from '../format.js';
import { icon } from '../icons.js';
import { league } from '../league.js';
import { SIGNS } from '../parts/fixture.js';

/** Trades come by the second; nobody reads faster. */
const ASK_EVERY = 2_000;

export function activity() {
  let kind = 'all';
  let held = false;
  const list = h('ol', { class: 'activity' });
  const hold = h('button', { class: 'button small', 'aria-pressed': 'false', on: { click: toggle } }, 'Hold still');
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
        hold,
      ),
      none,
      list,
    ),
  );

  /** Nobody reads what moves away. */
  function toggle() {
    held = !held;
    set(hold, 'aria-pressed', String(held));
    if (!held) read();
  }

  const read = paced(300, async () => {
    const asked = kind;
    const page = await get('/api/activity', { kind: asked === 'all' ? undefined : asked, limit: 200 }).catch(() => null);
    // Another kind may have been chosen since.
    if (!page || asked !== kind) return;
    const items = page.items.filter((item) => item.kind !== 'match' || SIGNS[item.event.type]);
    keyed(list, items, (item) => `${item.seq}-${item.n}`, row);
    show(none, !items.length);
  });

  const timer = setInterval(() => document.hidden || held || read(), ASK_EVERY);
  const off = league.on('pitch', () => held || read());
  read();
  return {
    node,
    title: 'Activity',
    close() {
      off();
      clearInterval(timer);
      read.cancel();
    },
  };
}

function row(item) {
  const at = h('time', { class: 'muted figure', datetime: item.at }, time(item.at));
  if (item.kind === 'match') {
    const who = item.event.instrument ? `, ${league.name(item.event.instrument)}` : '';
    const where = league.fixture(item.fixture);
    const gone = item.takenBack ? 'Taken back: ' : '';
    return h(
      'li',
      { 'data-kind': 'match', 'data-type': item.event.type },
      icon(SIGNS[item.event.type]),
      h('span', {}, h('b', {}, `${minute(item.event)} ${gone}${words(item.event.type)}`), who, where ? h('span', { class: 'muted' }, ` \u00b7 ${where.home} v ${where.away}`) : null),
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
