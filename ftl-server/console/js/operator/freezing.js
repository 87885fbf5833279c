// Trading in one player: stopped, or let go on.

import { field, h, keyed, set } from '../dom.js';
import { league } from '../league.js';
import { obstacle } from '../parts/fixture.js';
import { deed } from './deed.js';

export function freezing() {
  const search = h('input', { type: 'search', placeholder: 'Name or team', on: { input: () => draw() } });
  const list = h('ul', { class: 'plain' });
  const node = h(
    'section',
    { class: 'card', 'aria-labelledby': 'freezing' },
    h('h2', { id: 'freezing' }, 'Freeze'),
    field('Find a player', search),
    list,
  );

  function draw() {
    const wanted = search.value.trim().toLowerCase();
    const all = [...league.instruments.values()];
    const found = wanted ? all.filter((row) => `${row.name} ${row.team}`.toLowerCase().includes(wanted)) : all.filter((row) => row.frozen);
    const shown = found.length || wanted ? found : all;
    keyed(
      list,
      shown.slice(0, 8),
      (row) => `${row.id} ${row.frozen}`,
      item,
      (element, row) => {
        element.querySelector('.state').textContent = obstacle(row)?.text ?? 'Trades';
        set(element.querySelector('.state'), 'data-kind', obstacle(row)?.kind);
      },
    );
  }

  function item(row) {
    const verb = row.frozen ? 'unfreeze' : 'freeze';
    const text = row.frozen ? 'Let go on' : 'Freeze';
    return h(
      'li',
      { class: 'row' },
      h('span', {}, row.name),
      h('span', { class: 'state' }),
      h(
        'button',
        {
          class: 'button small',
          'aria-label': `${text}: ${row.name}`,
          on: { click: () => deed(`${row.name}: ${text.toLowerCase()}`, 'POST', `/api/admin/instruments/${row.id}/${verb}`) },
        },
        text,
      ),
    );
  }

  const off = league.on('market', draw);
  draw();
  return { node, close: off };
}
