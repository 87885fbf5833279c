// How this process and the others of the league are, and what the house stands to lose (R7.2).

import { call, get } from '../api.js';
import { h, keyed, say, set, show } from '../dom.js';
import { points, signed, tone, words } from '../format.js';
import { league } from '../league.js';

export function health() {
  const rows = [
    ['status', 'This process'],
    ['role', 'Role'],
    ['league', 'League'],
    ['epoch', 'Epoch'],
    ['seq', 'Last entry'],
    ['ageMs', 'Age of it'],
  ];
  const figures = Object.fromEntries(rows.map(([name]) => [name, h('dd', { class: 'figure' }, '\u2013')]));
  const money = [
    ['house', 'House\u2019s result'],
    ['insurance', 'Insurance'],
    ['fees', 'Fees'],
    ['worstLoss', 'Worst loss of the book'],
    ['worstEvent', 'Worst single event'],
    ['of', 'Worst event is of'],
    ['positions', 'Open positions'],
  ];
  const risk = Object.fromEntries(money.map(([name]) => [name, h('dd', { class: 'figure' }, '\u2013')]));
  const solvency = h('p', { class: 'banner', role: 'status' });
  const columns = ['Role', 'Status', 'Last entry', 'Accounts connected', 'Last heard'];
  const processes = h('tbody', {});
  const others = h(
    'div',
    { class: 'scroller', tabindex: 0, role: 'region', 'aria-label': 'Processes of the league' },
    h(
      'table',
      {},
      h('caption', {}, 'Processes of the league'),
      h('thead', {}, h('tr', {}, ...columns.map((text) => h('th', { scope: 'col' }, text)))),
      processes,
    ),
  );
  const node = h(
    'section',
    { class: 'card', 'aria-labelledby': 'health' },
    h('h2', { id: 'health' }, 'Health and risk'),
    h('dl', { class: 'facts' }, ...rows.map(([name, text]) => h('div', {}, h('dt', {}, text), figures[name]))),
    others,
    solvency,
    h('dl', { class: 'facts' }, ...money.map(([name, text]) => h('div', {}, h('dt', {}, text), risk[name]))),
  );

  async function read() {
    const [ready, now, living] = await Promise.allSettled([
      call('GET', '/readyz', { anonymous: true }),
      get('/api/risk'),
      get('/api/admin/processes', {}, { operator: true }),
    ]);
    show(others, !!living.value);
    const rows = (living.value ?? []).map((row, n) => ({ ...row, n }));
    keyed(processes, rows, (row) => row.n, process, (element, row) => {
      const told = [words(row.role), words(row.status), row.seq, row.accounts, `${(row.toldMs / 1000).toFixed(1)} s ago`];
      told.forEach((text, place) => say(element.children[place], String(text)));
      set(element.children[1], 'data-tone', row.status === 'ready' ? 'rise' : 'fall');
    });
    const state = ready.value ?? { status: 'no answer' };
    for (const name of Object.keys(figures))
      say(figures[name], name === 'ageMs' ? `${((state.ageMs ?? 0) / 1000).toFixed(1)} s` : String(state[name] ?? '\u2013'));
    set(figures.status, 'data-tone', state.status === 'ready' ? 'rise' : 'fall');
    if (!now.value) return;
    const told = now.value;
    say(risk.house, signed(told.house));
    set(risk.house, 'data-tone', tone(Number(told.house)));
    for (const name of ['insurance', 'fees', 'worstLoss']) say(risk[name], points(told[name]));
    say(risk.worstEvent, told.worstEvent ? points(told.worstEvent.amount) : 'none');
    say(risk.of, told.worstEvent ? league.name(told.worstEvent.instrument) : '\u2013');
    say(risk.positions, String(told.positions));
    const reserve = Number(told.insurance) + Number(told.house);
    const covered = reserve >= Number(told.worstEvent?.amount ?? 0);
    say(
      solvency,
      covered
        ? 'The house\u2019s result and the insurance cover the worst single event.'
        : 'The worst single event would cost more than the house and the insurance hold. It is play money; mind the side caps.',
    );
    set(solvency, 'data-kind', covered ? 'fine' : 'review');
  }

  function process() {
    return h('tr', {}, h('th', { scope: 'row' }), ...columns.slice(1).map(() => h('td', { class: 'figure' })));
  }

  const timer = setInterval(() => document.hidden || read(), 2_000);
  read();
  return { node, close: () => clearInterval(timer) };
}
