// The stadium: every match with its score, clock and trade window, and who moves most.

import { h, keyed, say, set } from '../dom.js';
import { change, minute, price, time, tone, words } from '../format.js';
import { icon } from '../icons.js';
import { league } from '../league.js';
import { SIGNS, playersOf, standing, tradeWindow } from '../parts/fixture.js';
import { link } from '../router.js';

export function stadium() {
  const live = h('ul', { class: 'fixtures' });
  const others = h('ul', { class: 'fixtures' });
  const movers = h('ol', { class: 'movers' });
  const latest = h('ol', { class: 'activity' });
  const latestCard = h('section', { class: 'card', 'aria-labelledby': 'latest' }, h('h2', { id: 'latest' }, 'Latest on the pitch'), latest);
  const nothing = h(
    'div',
    { class: 'empty-state' },
    h('h2', {}, 'No match yet'),
    h('p', {}, 'A match appears here as soon as it is announced. An operator can start a replay on the operator\u2019s page.'),
    h('a', { class: 'button', href: '#/operator' }, 'Operator\u2019s page'),
  );
  const liveHead = h('h2', {}, 'On now');
  const otherHead = h('h2', {}, 'Before and after');
  const node = h(
    'div',
    { class: 'screen stadium' },
    h('h1', {}, 'Stadium'),
    nothing,
    h('div', { class: 'grounds' }, liveHead, live, otherHead, others, latestCard),
    h('section', { class: 'card movers-card', 'aria-labelledby': 'movers' }, h('h2', { id: 'movers' }, 'On the move'), movers),
  );

  function draw() {
    const on = league.fixtures.filter((fixture) => fixture.live);
    const off = league.fixtures.filter((fixture) => !fixture.live);
    nothing.hidden = league.fixtures.length > 0;
    liveHead.hidden = live.hidden = !on.length;
    otherHead.hidden = others.hidden = !off.length;
    keyed(live, on, (fixture) => fixture.id, card, update);
    keyed(others, off, (fixture) => fixture.id, card, update);
    move();
  }

  function move() {
    const rows = [...league.instruments.values()].map((row) => {
      const first = league.trails.get(row.id)?.[0]?.mark ?? Number(row.mark);
      return { row, by: (Number(row.mark) - first) / first, first };
    });
    rows.sort((a, b) => Math.abs(b.by) - Math.abs(a.by));
    keyed(movers, rows.slice(0, 6), ({ row }) => row.id, mover, updateMover);
    node.querySelector('.movers-card').hidden = !rows.length;
  }

  function happen() {
    const items = league.news.filter((item) => item.kind === 'match' && !item.takenBack && SIGNS[item.event.type]).slice(0, 6);
    keyed(latest, items, (item) => `${item.seq}-${item.n}`, happening);
    latestCard.hidden = !items.length;
  }

  const offs = [league.on('fixtures', draw), league.on('market', move), league.on('activity', happen)];
  happen();
  draw();
  return { node, title: 'Stadium', close: () => offs.forEach((off) => off()) };
}

const happening = (item) =>
  h(
    'li',
    { 'data-kind': 'match', 'data-type': item.event.type },
    icon(SIGNS[item.event.type]),
    h(
      'span',
      {},
      h('b', {}, `${minute(item.event)} ${words(item.event.type)}`),
      item.event.instrument ? `, ${league.name(item.event.instrument)}` : '',
    ),
    h('time', { class: 'muted figure', datetime: item.at }, time(item.at)),
  );

function card(fixture) {
  const parts = {
    score: h('span', { class: 'score figure' }),
    clock: h('span', { class: 'clock figure' }),
    window: h('span', { class: 'chip' }),
    count: h('span', { class: 'muted' }),
  };
  const item = h(
    'li',
    {},
    h(
      'a',
      { class: 'card fixture', href: link('match', fixture.id) },
      h('span', { class: 'row' }, parts.clock, parts.window),
      h(
        'span',
        { class: 'teams' },
        h('span', { class: 'team' }, fixture.home),
        parts.score,
        h('span', { class: 'team away' }, fixture.away),
      ),
      h('span', { class: 'row' }, parts.count),
    ),
  );
  item.parts = parts;
  return item;
}

function update(item, fixture) {
  const { score, clock, window, count } = item.parts;
  const before = fixture.phase === 'scheduled' || fixture.phase === 'postponed';
  say(score, before ? 'v' : `${fixture.score.home} \u2013 ${fixture.score.away}`);
  say(clock, standing(fixture));
  set(clock, 'data-live', fixture.live);
  const { state, text } = tradeWindow(fixture);
  say(window, text);
  set(window, 'data-state', state);
  say(count, `${playersOf(fixture).length} players`);
}

function mover({ row }) {
  const figures = { mark: h('span', { class: 'figure' }), by: h('span', { class: 'figure delta' }) };
  const item = h(
    'li',
    {},
    h(
      'a',
      { href: row.fixture ? link('match', row.fixture, row.id) : link('player', row.id) },
      h('span', { class: 'name' }, row.name),
      h('span', { class: 'muted team' }, row.team),
      figures.mark,
      figures.by,
    ),
  );
  item.parts = figures;
  return item;
}

function updateMover(item, { row, first, by }) {
  say(item.parts.mark, price(row.mark));
  say(item.parts.by, change(first, Number(row.mark)));
  set(item.parts.by, 'data-tone', tone(Math.round(by * 1e4)));
}
