// One side of a match: every player with price, change and sparkline; a press chooses him.

import { h, keyed, say, set, show, svg } from '../dom.js';
import { change, price, tone } from '../format.js';
import { league, opening } from '../league.js';
import { link } from '../router.js';
import { spark } from '../sparkline.js';
import { obstacle } from './fixture.js';

const SHORT = { goalkeeper: 'GK', defender: 'DF', midfielder: 'MF', forward: 'FW' };
const LONG = { goalkeeper: 'goalkeeper', defender: 'defender', midfielder: 'midfielder', forward: 'forward' };
const FROM_THE_FRONT = ['forward', 'midfielder', 'defender', 'goalkeeper'];

/** `members` of the squad answer; `chosen()` says who is looked at. */
export function squad(fixture, team, chosen) {
  const list = h('ul', { class: 'squad' });
  const unknown = h('p', { class: 'muted', hidden: true }, 'The squad is not known yet.');
  const name = h('h2', { tabindex: '-1' }, team);
  const node = h('section', { class: 'squad-side', 'aria-label': team }, name, unknown, list);
  let members = [];

  /** A substitution moves nobody: a finger may be on his way. */
  function sorted() {
    const place = (member) => (member.starts ? 0 : 10) + FROM_THE_FRONT.indexOf(member.position);
    return [...members].sort((a, b) => place(a) - place(b));
  }

  function draw() {
    keyed(list, sorted(), (member) => member.instrument, row, update);
  }

  function row(member) {
    const parts = {
      mark: h('span', { class: 'mark figure' }),
      by: h('span', { class: 'delta figure' }),
      state: h('span', { class: 'state' }),
      line: svg('path', {}),
      held: h('span', { class: 'held' }),
    };
    const item = h(
      'li',
      {},
      h(
        'a',
        { href: link('match', fixture, member.instrument) },
        h('abbr', { class: 'place', title: LONG[member.position] }, SHORT[member.position]),
        h('span', { class: 'name', title: member.name }, member.name, parts.held),
        parts.state,
        svg('svg', { class: 'spark', viewBox: '0 0 100 28', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, parts.line),
        parts.mark,
        parts.by,
      ),
    );
    item.parts = parts;
    return item;
  }

  function update(item, member) {
    const { mark, by, state, line, held } = item.parts;
    const found = league.instruments.get(member.instrument);
    if (!found) return;
    const trail = league.trails.get(member.instrument) ?? [];
    const moved = (from) => tone(Math.round(((Number(found.mark) - from) / from) * 1e4));
    say(mark, price(found.mark));
    say(by, change(opening(found), Number(found.mark)));
    set(by, 'data-tone', moved(opening(found)));
    set(line, 'd', spark(trail));
    // The line is of the last minutes, the figure of the whole match.
    set(line, 'data-tone', moved(trail[0]?.mark ?? Number(found.mark)));
    const stop = obstacle(found);
    say(state, stop ? stop.short : '');
    set(state, 'data-kind', stop?.kind);
    set(item, 'data-off', members.some(({ onPitch }) => onPitch) ? !member.onPitch : !member.starts);
    set(item.firstElementChild, 'aria-current', chosen() === member.instrument ? 'true' : null);
    const mine = league.book?.positions.filter((position) => position.instrument === member.instrument) ?? [];
    say(held, mine.map((position) => (position.direction === 'long' ? '\u25b2' : '\u25bc')).join(''));
    set(held, 'title', mine.length ? `You hold ${mine.length}` : null);
  }

  return {
    node,
    keep(next) {
      members = next;
      show(unknown, !members.length);
      show(list, members.length > 0);
      draw();
      for (const { instrument } of members.filter((member) => member.starts || member.onPitch))
        league.fillTrail(instrument).catch(() => {});
    },
    draw,
    come() {
      name.scrollIntoView({ block: 'start' });
      name.focus({ preventScroll: true });
    },
    move(slug) {
      const item = list.querySelector(`[data-key="${CSS.escape(slug)}"]`);
      const member = members.find(({ instrument }) => instrument === slug);
      if (item && member) update(item, member);
    },
  };
}
