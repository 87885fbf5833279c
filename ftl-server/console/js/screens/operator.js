// The operator's page. The token is typed in, kept for this tab, and sent with nothing else.

import { call } from '../api.js';
import { field, h, say } from '../dom.js';
import { accounts } from '../operator/accounts.js';
import { freezing } from '../operator/freezing.js';
import { health } from '../operator/health.js';
import { pitch } from '../operator/pitch.js';
import { replays } from '../operator/replays.js';
import { rules } from '../operator/rules.js';
import { session } from '../session.js';

export function operator() {
  const node = h('div', { class: 'screen operator' });
  let parts = [];

  function draw() {
    parts.forEach((part) => part.close?.());
    parts = session.operator ? [health(), replays(), pitch(), freezing(), rules(), accounts()] : [];
    const leave = h(
      'button',
      {
        class: 'button small',
        on: {
          click: () => {
            session.setOperator(null);
            draw();
          },
        },
      },
      'Forget the token',
    );
    node.replaceChildren(
      h('div', { class: 'row' }, h('h1', {}, 'Operator'), session.operator ? leave : null),
      session.operator ? h('div', { class: 'panels' }, ...parts.map((part) => part.node)) : door(draw),
    );
  }

  /** A server that was started anew may have another token. */
  async function ask() {
    const problem = await call('GET', '/api/admin', { operator: true }).then(() => null, (refused) => refused);
    if (problem?.status !== 401) return;
    session.setOperator(null);
    draw();
  }

  draw();
  if (session.operator) ask();
  return { node, title: 'Operator', close: () => parts.forEach((part) => part.close?.()) };
}

function door(open) {
  const token = h('input', { type: 'password', required: true, autocomplete: 'off' });
  const problem = h('p', { class: 'problem', role: 'alert' });
  async function submit(event) {
    event.preventDefault();
    session.setOperator(token.value.trim());
    try {
      await call('GET', '/api/admin', { operator: true });
      open();
    } catch (error) {
      session.setOperator(null);
      say(
        problem,
        error.status === 401
          ? 'This is not the operator\u2019s token. It is OPERATOR_TOKEN of the server; the demo prints it.'
          : error.advice,
      );
    }
  }
  return h(
    'form',
    { class: 'card door', 'aria-label': 'Operator\u2019s token', on: { submit } },
    h('p', {}, 'What is done here is written into the journal with its reason.'),
    field('Operator\u2019s token', token, 'Kept for this tab alone.'),
    problem,
    h('button', { class: 'button primary', type: 'submit' }, 'Open'),
  );
}
