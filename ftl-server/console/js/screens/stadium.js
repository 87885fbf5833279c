// The stadium: every match with its score, clock and trade window, and who moves most.

import { h, keyed, paced, say, set, show } from '../dom.js';
import { change, date, minute, price, time, tone, words } from '../format.js';
import { icon } from '../icons.js';
import { league, opening } from '../league.js';
import { SIGNS, standing, tradeWindow } from '../parts/fixture.js';
import { link } from '../router.js';

const SINCE = 'Since kick-off.';
/** Matches shown of those that are not on, at first and with every press. */
const SOME = 6;
/** A smaller change is shown as none. */
const LEAST = 0.00005;
const YET = new Set(['scheduled', 'postponed']);

export function stadium() {
  let ranked = null;
  const parts = [part('On now'), part('Next'), part('Played')];
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
  const node = h(
    'div',
    { class: 'screen stadium' },
    h('h1', {}, 'Stadium'),
    nothing,
    h('div', { class: 'grounds' }, ...parts.map((part) => part.node), latestCard),
    h('section', { class: 'card movers-card', 'aria-labelledby': 'movers' }, h('h2', { id: 'movers' }, 'On the move'), h('p', { class: 'muted small' }, SINCE), movers),
  );

  function draw() {
    const byKickOff = [...league.fixtures].sort((a, b) => Date.parse(a.kickOff) - Date.parse(b.kickOff));
    const over = (fixture) => !fixture.live && !YET.has(fixture.phase);
    nothing.hidden = league.fixtures.length > 0;
    parts[0].keep(byKickOff.filter((fixture) => fixture.live), Infinity);
    parts[1].keep(byKickOff.filter((fixture) => YET.has(fixture.phase)), SOME);
    parts[2].keep(byKickOff.filter(over).reverse(), SOME);
  }

  /** Who stands where changes seldom; the places stay where they are, and what they say is of now. */
  const rank = paced(5_000, () => {
    ranked = null;
    move();
  });

  function move() {
    const by = (row) => Math.abs(Number(row.mark) - opening(row)) / opening(row);
    if (!ranked?.length) {
      const rows = [...league.instruments.values()].filter((row) => by(row) >= LEAST).sort((a, b) => by(b) - by(a));
      ranked = rows.slice(0, 6).map((row) => row.id);
    }
    const rows = ranked.map((id, place) => ({ place, row: league.instruments.get(id) })).filter(({ row }) => row);
    keyed(movers, rows, ({ place }) => place, mover, updateMover);
    show(node.querySelector('.movers-card'), rows.length > 0);
  }

  function happen() {
    const items = league.news.filter((item) => item.kind === 'match' && !item.takenBack && SIGNS[item.event.type]).slice(0, 6);
    keyed(latest, items, (item) => `${item.seq}-${item.n}`, happening);
    latestCard.hidden = !items.length;
  }

  const offs = [
    league.on('fixtures', draw),
    league.on('market', rank),
    league.on('price', paced(1_000, move)),
    league.on('price', rank),
    league.on('pitch', happen),
    rank.cancel,
  ];
  happen();
  draw();
  move();
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

/** Some of the matches; a press shows more. */
function part(title) {
  const list = h('ul', { class: 'fixtures' });
  const more = h('button', { class: 'button small', on: { click: () => draw(shown + 4 * SOME) } });
  const node = h('section', { class: 'part', 'aria-label': title }, h('h2', {}, title), list, more);
  let all = [];
  let shown = 0;
  function draw(most) {
    shown = most;
    keyed(list, all.slice(0, shown), (fixture) => fixture.id, card, update);
    say(more, `Show more of ${all.length}`);
    show(more, all.length > shown);
    show(node, all.length > 0);
  }
  return {
    node,
    keep(rows, first) {
      all = rows;
      draw(Math.max(shown, first));
    },
  };
}

function card(fixture) {
  const parts = {
    score: h('span', { class: 'score figure' }),
    clock: h('span', { class: 'clock figure' }),
    window: h('span', { class: 'chip' }),
    day: h('span', { class: 'muted' }),
  };
  const item = h(
    'li',
    {},
    h(
      'a',
      { class: 'card fixture', href: link('match', fixture.id) },
      h('span', { class: 'row' }, parts.clock, parts.day, parts.window),
      h(
        'span',
        { class: 'teams' },
        h('span', { class: 'team' }, fixture.home),
        parts.score,
        h('span', { class: 'team away' }, fixture.away),
      ),
    ),
  );
  item.parts = parts;
  return item;
}

function update(item, fixture) {
  const { score, clock, window, day } = item.parts;
  say(score, YET.has(fixture.phase) ? 'v' : `${fixture.score.home} \u2013 ${fixture.score.away}`);
  say(clock, standing(fixture));
  set(clock, 'data-live', fixture.live);
  const { state, text } = tradeWindow(fixture);
  say(window, text);
  set(window, 'data-state', state);
  show(window, state !== 'over');
  say(day, fixture.live || fixture.phase === 'scheduled' ? '' : date(fixture.kickOff));
}

function mover() {
  const parts = {
    name: h('span', { class: 'name' }),
    team: h('span', { class: 'muted team' }),
    mark: h('span', { class: 'figure' }),
    by: h('span', { class: 'figure delta' }),
  };
  parts.way = h('a', {}, parts.name, parts.team, parts.mark, parts.by);
  const item = h('li', {}, parts.way);
  item.parts = parts;
  return item;
}

function updateMover(item, { row }) {
  set(item.parts.way, 'href', row.fixture ? link('match', row.fixture, row.id) : link('player', row.id));
  say(item.parts.name, row.name);
  say(item.parts.team, row.team);
  say(item.parts.mark, price(row.mark));
  say(item.parts.by, change(opening(row), Number(row.mark)));
  set(item.parts.by, 'data-tone', tone(Number(row.mark) - opening(row)));
}
