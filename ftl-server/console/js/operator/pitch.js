// What is reported of a match: the list, a new event, and what is corrected or taken back.

import { get } from '../api.js';
import { field, h, keyed, paced, say, show } from '../dom.js';
import { minute, words } from '../format.js';
import { league } from '../league.js';
import { notice } from '../notices.js';
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
  /** Of the squads of the match. */
  let members = [];
  const fixture = h('select', {
    on: {
      change: () => {
        readSquads().then(read);
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
      readSquads().then(read);
    }
    const now = league.fixture(fixture.value);
    if (now?.minute && document.activeElement !== at) at.value = now.minute;
  }

  /** Those of the squads: before kick-off and after the end they are in no match. */
  async function readSquads() {
    const id = fixture.value;
    const told = await get(`/api/fixtures/${id}/squads`).catch(() => null);
    if (!told || id !== fixture.value) return;
    const { home, away } = league.fixture(id);
    members = [...told.home.map((row) => ({ ...row, team: home })), ...told.away.map((row) => ({ ...row, team: away }))];
    for (const select of [who, other]) {
      select.replaceChildren(
        h('option', { value: NONE }, 'nobody'),
        ...members.map((row) => h('option', { value: row.instrument }, `${row.name}, ${row.team}`)),
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
    keyed(list, [...told.events].reverse().slice(0, 60), (event) => `${event.eventId}-${event.type}-${event.instrument}-${event.minute}`, item);
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
    return h('li', { class: 'row' }, h('span', { class: 'text' }, text), takeBack, correction(event, text, path));
  }

  /** What it was, when, and whose: what is changed is sent, the rest stays. */
  function correction(event, text, path) {
    const kinds = KINDS.includes(event.type) ? KINDS : [event.type, ...KINDS];
    const what = h('select', {}, ...kinds.map((code) => h('option', { value: code, selected: code === event.type }, words(code))));
    const whose = h(
      'select',
      {},
      h('option', { value: NONE }, 'nobody'),
      ...members.map((row) => h('option', { value: row.instrument, selected: row.instrument === event.instrument }, row.name)),
    );
    const when = h('input', { type: 'number', min: 1, max: 125, value: event.minute, required: true });
    function send(submitted) {
      submitted.preventDefault();
      const body = {};
      if (what.value !== event.type) body.type = what.value;
      if (whose.value !== (event.instrument ?? NONE)) body.instrument = whose.value || null;
      if (Number(when.value) !== event.minute) body.minute = Number(when.value);
      if (Object.keys(body).length) deed('It is corrected', 'PATCH', path, body).then(read);
      else notice('Nothing is changed: choose what it was, whose, or when.', 'bad');
    }
    return h(
      'details',
      {},
      h('summary', { 'aria-label': `Correct: ${text}` }, 'Correct'),
      h(
        'form',
        { class: 'inline-form', 'aria-label': `Correction of ${text}`, on: { submit: send } },
        field('What', what),
        field('Who', whose),
        field('Minute', when),
        h('button', { class: 'button small', type: 'submit' }, 'Send the correction'),
      ),
    );
  }

  const offs = [
    league.on('fixtures', fillFixtures),
    league.on('pitch', read),
  ];
  fillFixtures();
  say(none, 'Nothing is reported.');
  return {
    node,
    close: () => {
      offs.forEach((off) => off());
      read.cancel();
    },
  };
}
