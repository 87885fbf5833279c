// Accounts: points for one, barring one, letting it back.

import { get } from '../api.js';
import { field, h } from '../dom.js';
import { deed } from './deed.js';

export function accounts() {
  const known = h('datalist', { id: 'known-accounts' });
  const account = h('input', { type: 'text', required: true, spellcheck: 'false', autocomplete: 'off', list: known.id });
  const amount = h('input', { type: 'number', min: '0.01', step: '0.01', value: '1000.00' });
  const act = (verb, said) => () => account.reportValidity() && deed(said, 'POST', `/api/admin/accounts/${account.value.trim()}/${verb}`);
  const grant = () =>
    account.reportValidity() &&
    deed('The points are granted', 'POST', '/api/admin/grants', {
      account: account.value.trim(),
      amount: Number(amount.value).toFixed(6),
      key: `console-${Date.now()}`,
    });
  const node = h(
    'section',
    { class: 'card', 'aria-labelledby': 'accounts' },
    h('h2', { id: 'accounts' }, 'Accounts'),
    field('Account id', account, 'Type a name to find those who stand on the boards.'),
    known,
    field('Points', amount),
    h(
      'div',
      { class: 'row start' },
      h('button', { class: 'button', on: { click: grant } }, 'Grant'),
      h('button', { class: 'button', on: { click: act('suspend', 'The account is barred from new orders') } }, 'Suspend'),
      h('button', { class: 'button', on: { click: act('readmit', 'The account may trade again') } }, 'Readmit'),
    ),
  );
  get('/api/leaderboard/equity', { limit: 100 })
    .then(({ rows }) =>
      known.replaceChildren(...rows.filter(({ name }) => name).map((row) => h('option', { value: row.accountId }, row.name))),
    )
    .catch(() => {});
  return { node };
}
