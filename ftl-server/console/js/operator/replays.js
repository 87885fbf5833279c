// Bundled matches, played into the league.

import { call } from '../api.js';
import { field, h, keyed, say, show } from '../dom.js';
import { words } from '../format.js';
import { link } from '../router.js';
import { deed } from './deed.js';

const BUNDLED = [
  ['wc2022-final', 'World Cup final 2022'],
  ['var-takeback', 'Invented: a goal taken back'],
  ['red-abandoned', 'Invented: abandoned'],
];

export function replays() {
  const source = h('select', {}, ...BUNDLED.map(([name, text]) => h('option', { value: name }, text)));
  const speed = h('input', { type: 'number', min: 1, max: 600, value: 30, required: true });
  const list = h('ul', { class: 'plain' });
  const none = h('p', { class: 'muted' }, 'None is playing.');
  const node = h(
    'section',
    { class: 'card', 'aria-labelledby': 'replays' },
    h('h2', { id: 'replays' }, 'Replays'),
    h(
      'form',
      { class: 'inline-form', 'aria-label': 'Start a replay', on: { submit } },
      field('Match', source),
      field('Times as fast', speed),
      h('button', { class: 'button', type: 'submit' }, 'Start'),
    ),
    none,
    list,
  );

  async function submit(event) {
    event.preventDefault();
    await deed('The replay plays', 'POST', '/api/admin/replays', { source: source.value, speed: Number(speed.value) });
    read();
  }

  async function read() {
    const rows = await call('GET', '/api/admin/replays', { operator: true }).catch(() => null);
    if (!rows) return;
    keyed(
      list,
      rows,
      (row) => row.id,
      item,
      (element, row) => {
        say(element.querySelector('.state'), `${words(row.status)}, ${row.speed} times as fast${row.detail ? `: ${row.detail}` : ''}`);
        show(element.querySelector('button'), row.status === 'playing');
      },
    );
    show(none, !rows.length);
  }

  function item(row) {
    const stop = h(
      'button',
      {
        class: 'button small',
        'aria-label': `Stop ${row.source}`,
        on: { click: () => deed('The replay stands', 'DELETE', `/api/admin/replays/${row.id}`).then(read) },
      },
      'Stop',
    );
    return h('li', { class: 'row' }, h('a', { href: link('match', row.fixture) }, row.source), h('span', { class: 'muted state' }), stop);
  }

  const timer = setInterval(() => document.hidden || read(), 3_000);
  read();
  return { node, close: () => clearInterval(timer) };
}
