// What is reported of a match: the list, a new event, and what is corrected or taken back.

import { get } from '../api.js';
import { field, h, keyed, paced, say, show } from '../dom.js';
import { minute, words } from '../format.js';
import { league } from '../league.js';
import { deed } from './deed.js';

const KINDS = [
  'goal',
  'penalty_goal',
  'own_goal',
  'shot_on_target',
  'key_pass',
  'save',
  'penalty_awarded',
  'penalty_missed',
  'penalty_saved',
  'yellow',
  'second_yellow',
  'red',
  'substitution',
  'var_check',
  'check_ended',
  'restart',
];
const NONE = '';

export function pitch() {
  const fixture = h('select', {
    on: {
      change: () => {
        read();
        fillPlayers();
      },
    },
  });
  const kind = h('select', {}, ...KINDS.map((code) => h('option', { value: code }, words(code))));
  const who = h('select', {});
  const other = h('select', {});
  const at = h('input', { type: 'number', min: 1, max: 125, value: 1, required: true });
  const list = h('ul', { class: 'plain reports' });
  const none = h('p', { class: 'muted' }, 'Nothing is reported.');
  const node = h(
    'section',
    { class: 'card wide', 'aria-labelledby': 'pitch' },
    h('h2', { id: 'pitch' }, 'On the pitch'),
    field('Match of the list', fixture),
    h(
      'form',
      { class: 'inline-form', 'aria-label': 'Report an event', on: { submit } },
      field('What', kind),
      field('Who', who),
      field('With', other),
      field('Minute', at),
      h('button', { class: 'button', type: 'submit' }, 'Report'),
    ),
    none,
    list,
  );

  function fillFixtures() {
    const chosen = fixture.value;
    keyed(
      fixture,
      league.fixtures,
      (row) => row.id,
      (row) => h('option', { value: row.id }, `${row.home} v ${row.away}`),
    );
    if (!chosen && league.fixtures.length) {
      fixture.value = (league.fixtures.find((row) => row.live) ?? league.fixtures[0]).id;
      read();
      fillPlayers();
    }
    const now = league.fixture(fixture.value);
    if (now?.minute && document.activeElement !== at) at.value = now.minute;
  }

  function fillPlayers() {
    const players = [...league.instruments.values()].filter((row) => row.fixture === fixture.value);
    for (const select of [who, other]) {
      select.replaceChildren(
        h('option', { value: NONE }, 'nobody'),
        ...players.map((row) => h('option', { value: row.id }, `${row.name}, ${row.team}`)),
      );
    }
  }

  async function submit(event) {
    event.preventDefault();
    const said = `${words(kind.value)} is reported`;
    const body = {
      eventId: `console-${Date.now()}`,
      type: kind.value,
      minute: Number(at.value),
      instrument: who.value || null,
      related: other.value || null,
    };
    await deed(said, 'POST', `/api/admin/fixtures/${fixture.value}/events`, body);
    read();
  }

  const read = paced(500, async () => {
    if (!fixture.value) return;
    const told = await get(`/api/fixtures/${fixture.value}/events`).catch(() => null);
    if (!told) return;
    keyed(list, [...told.events].reverse().slice(0, 60), (event) => `${event.eventId}-${event.type}-${event.instrument}`, item);
    show(none, !told.events.length);
  });

  function item(event) {
    const text = `${minute(event)} ${words(event.type)}${event.instrument ? `, ${league.name(event.instrument)}` : ''}`;
    const path = `/api/admin/fixtures/${fixture.value}/events/${event.eventId}`;
    const takeBack = h(
      'button',
      {
        class: 'button small',
        'aria-label': `Take back: ${text}`,
        on: { click: () => deed('It is taken back', 'DELETE', path).then(read) },
      },
      'Take back',
    );
    const players = [...league.instruments.values()].filter((row) => row.fixture === fixture.value);
    const credit = h(
      'select',
      { 'aria-label': `Credit ${text} to` },
      ...players.map((row) => h('option', { value: row.id, selected: row.id === event.instrument }, row.name)),
    );
    const correct = h(
      'button',
      {
        class: 'button small',
        'aria-label': `Correct: ${text}`,
        on: { click: () => deed('It is corrected', 'PATCH', path, { instrument: credit.value }).then(read) },
      },
      'Correct',
    );
    return h(
      'li',
      { class: 'row' },
      h('span', { class: 'text' }, text),
      event.instrument ? credit : null,
      event.instrument ? correct : null,
      takeBack,
    );
  }

  const offs = [
    league.on('fixtures', () => {
      fillFixtures();
      read();
    }),
    league.on('market', () => {
      if (who.options.length <= 1) fillPlayers();
    }),
  ];
  fillFixtures();
  fillPlayers();
  say(none, 'Nothing is reported.');
  return {
    node,
    close: () => {
      offs.forEach((off) => off());
      read.cancel();
    },
  };
}
