// A match: score and clock, both squads, what happens, and the player who is looked at.

import { get } from '../api.js';
import { h, keyed, paced, say, set, show } from '../dom.js';
import { date, minute, words } from '../format.js';
import { icon } from '../icons.js';
import { league } from '../league.js';
import { absent } from '../parts/absent.js';
import { SIGNS, standing, tradeWindow } from '../parts/fixture.js';
import { playerPanel } from '../parts/player.js';
import { squad } from '../parts/squad.js';

export function match(params) {
  const id = params.fixture;
  if (!league.fixture(id)) return absent('match');
  let slug = league.instruments.has(params.instrument) ? params.instrument : undefined;
  let panel = null;
  const fixture = () => league.fixture(id);
  const known = fixture();
  const parts = {
    score: h('span', { class: 'score figure' }),
    clock: h('span', { class: 'clock figure' }),
    window: h('span', { class: 'chip' }),
  };
  const home = squad(id, known.home, () => slug);
  const away = squad(id, known.away, () => slug);
  const events = h('ol', { class: 'events', tabindex: '0', 'aria-labelledby': 'happenings', 'aria-live': 'polite', 'aria-relevant': 'additions' });
  const quiet = h('p', { class: 'muted quiet' }, 'Nothing has happened yet.');
  const middle = h('div', { class: 'middle' });
  const sides = h('div', { class: 'sides' }, home.node, away.node);
  // For phones, where they are far below, and for keyboards.
  const toSquads = h('button', { class: 'button small to-squads', on: { click: () => home.come() } }, 'Choose a player');
  const node = h(
    'div',
    { class: 'screen match' },
    h(
      'header',
      { class: 'scoreboard' },
      h('h1', {}, h('span', { class: 'team' }, known.home), parts.score, h('span', { class: 'team away' }, known.away)),
      h('p', { class: 'row' }, parts.clock, parts.window),
      toSquads,
    ),
    middle,
    h(
      'section',
      { class: 'card happenings', 'aria-labelledby': 'happenings' },
      h('h2', { id: 'happenings' }, 'On the pitch'),
      quiet,
      events,
    ),
    // Last, as on a phone: whoever goes by keyboard trades before he passes fifty players.
    sides,
  );

  function head() {
    const now = fixture();
    if (!now) return;
    const before = now.phase === 'scheduled';
    say(parts.score, before || now.phase === 'postponed' ? 'v' : `${now.score.home} \u2013 ${now.score.away}`);
    const played = now.phase === 'finalised' ? `, ${date(now.kickOff)}` : '';
    say(parts.clock, before ? `Kick-off ${standing(now)}` : `${standing(now)}${played}`);
    set(parts.clock, 'data-live', now.live);
    const { state, text } = tradeWindow(now);
    say(parts.window, text);
    set(parts.window, 'data-state', state);
    show(parts.window, state !== 'over');
  }

  const read = paced(900, async () => {
    const [squads, told] = await Promise.all([get(`/api/fixtures/${id}/squads`), get(`/api/fixtures/${id}/events`)]).catch(() => []);
    if (!squads) return;
    home.keep(squads.home);
    away.keep(squads.away);
    if (!slug) choose(favourite([...squads.home, ...squads.away]));
    const list = told.events.filter((event) => SIGNS[event.type]).reverse();
    quiet.hidden = list.length > 0;
    keyed(events, list, (event) => `${event.eventId}-${event.type}-${event.instrument}`, happening);
  });

  function choose(next) {
    if (!next) return;
    slug = next;
    panel?.close();
    panel = playerPanel(slug);
    middle.replaceChildren(panel.node);
    home.draw();
    away.draw();
    read();
  }

  const offs = [
    league.on('fixtures', head),
    league.on('pitch', read),
    league.on('market', () => {
      home.draw();
      away.draw();
    }),
    league.on('price', (moved) => {
      home.move(moved);
      away.move(moved);
    }),
    league.on(
      'book',
      paced(500, () => {
        home.draw();
        away.draw();
      }),
    ),
  ];
  head();
  choose(slug);
  read();
  return {
    node,
    title: `${known.home} v ${known.away}`,
    change(next) {
      if (next.fixture !== id || !league.instruments.has(next.instrument)) return false;
      choose(next.instrument);
      panel.come();
      return true;
    },
    close() {
      offs.forEach((off) => off());
      read.cancel();
      panel?.close();
    },
  };
}

/** Who is looked at first: a forward who starts. */
const favourite = (members) => (members.find((member) => member.starts && member.position === 'forward') ?? members[0])?.instrument;

function happening(event) {
  const who = league.name(event.instrument) ?? '';
  const other = event.related ? ` (${league.name(event.related)})` : '';
  return h(
    'li',
    { 'data-kind': event.type },
    h('span', { class: 'minute figure' }, minute(event)),
    icon(SIGNS[event.type]),
    h('span', {}, h('b', {}, words(event.type)), event.instrument ? ` ${who}${other}` : ''),
  );
}
