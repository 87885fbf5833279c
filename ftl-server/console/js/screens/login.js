// The development login: a name, and a district that is chosen once.

import { Problem, call, get } from '../api.js';
import { field, h, say } from '../dom.js';
import { session } from '../session.js';

/** Between two attempts at a server that does not answer. */
const PAUSE = 3_000;

export function login() {
  const name = h('input', {
    type: 'text',
    name: 'name',
    required: true,
    maxlength: 32,
    autocomplete: 'username',
    spellcheck: 'false',
    autofocus: true,
  });
  const district = h('select', { name: 'district', required: true });
  const problem = h('p', { class: 'problem', role: 'alert' }, session.farewell);
  const enter = h('button', { class: 'button primary wide', type: 'submit' }, 'Enter');

  async function submit(event) {
    event.preventDefault();
    enter.disabled = true;
    say(problem, '');
    try {
      const body = { name: name.value.trim(), district: district.value };
      const login = await call('POST', '/api/auth/dev', { body, anonymous: true });
      session.begin({ ...login, ...body });
    } catch (error) {
      say(problem, error instanceof Problem ? error.advice : String(error));
      enter.disabled = false;
      name.focus();
    }
  }

  async function readDistricts() {
    try {
      const { week } = await get('/api/districts', undefined, { anonymous: true });
      const names = week.districts.map((row) => row.district).sort();
      district.replaceChildren(...names.map((text) => h('option', {}, text)));
      if (waits) say(problem, '');
    } catch (error) {
      waits = true;
      say(problem, error.advice ?? String(error));
      if (node.isConnected) setTimeout(readDistricts, PAUSE);
    }
  }

  const node = h(
    'main',
    { class: 'login', id: 'content', tabindex: '-1' },
    h(
      'section',
      { class: 'welcome' },
      h('p', { class: 'brand' }, 'FTL'),
      h('h1', {}, 'Trade the match.'),
      h(
        'p',
        {},
        'Every footballer has a price. It follows the pitch and the crowd. Go long or short with play money; the best of a district wins.',
      ),
    ),
    h(
      'form',
      { class: 'card', on: { submit }, 'aria-label': 'Log in' },
      h('h2', {}, 'Log in'),
      field('Name', name, 'The same name is the same account.'),
      field('District', district, 'Chosen once, with the name.'),
      problem,
      enter,
    ),
  );
  let waits = false;
  readDistricts();
  return node;
}
