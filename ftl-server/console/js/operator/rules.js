// The rules in force; what is written over them changes, the rest stays.

import { call } from '../api.js';
import { field, h, say } from '../dom.js';
import { notice } from '../notices.js';
import { deed } from './deed.js';

export function rules() {
  const now = h('pre', { class: 'figure', tabindex: '0', role: 'region', 'aria-label': 'Rules in force' });
  const change = h('textarea', { rows: 4, spellcheck: 'false', placeholder: '{"margin": {"warnBelow": 10500}}' });
  const node = h(
    'section',
    { class: 'card', 'aria-labelledby': 'rules' },
    h('h2', { id: 'rules' }, 'Rules'),
    h('details', {}, h('summary', {}, 'In force'), now),
    h(
      'form',
      {
        'aria-label': 'Change rules',
        on: {
          submit: (event) => {
            event.preventDefault();
            send(false);
          },
        },
      },
      field('Change', change, 'JSON with what changes, in the form of the rules in force.'),
      h(
        'div',
        { class: 'row start' },
        h('button', { class: 'button', type: 'button', on: { click: () => send(true) } }, 'Dry run'),
        h('button', { class: 'button', type: 'submit' }, 'Change'),
      ),
    ),
  );

  async function send(dryRun) {
    let wanted;
    try {
      wanted = JSON.parse(change.value);
    } catch {
      notice('This is not JSON: mind quotes and commas.', 'bad');
      return;
    }
    if (await deed('The rules change', 'PATCH', '/api/admin/rules', { rules: wanted, dryRun })) read();
  }

  async function read() {
    const answer = await call('GET', '/api/admin/rules', { operator: true }).catch(() => null);
    if (answer) say(now, JSON.stringify(answer.rules, null, 2));
  }

  read();
  return { node };
}
