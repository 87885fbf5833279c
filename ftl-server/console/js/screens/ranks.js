// Ranks: a board, own place and neighbours, and district against district.

import { get } from '../api.js';
import { choice, h, keyed, paced, say, set, show } from '../dom.js';
import { points, tone } from '../format.js';
import { league } from '../league.js';
import { session } from '../session.js';

const KINDS = [
  ['pnl', 'Profit'],
  ['equity', 'Equity'],
  ['roi', 'Return'],
];
const MEANS = {
  pnl: 'Realised profit: what closed positions brought.',
  equity: 'What a book is worth now, less what was granted.',
  roi: 'Realised profit by margin committed; needs five positions in three matches.',
};

export function ranks() {
  let kind = 'pnl';
  let scope = 'overall';
  let season = 'season';
  const rows = h('tbody', {});
  const own = h('p', { class: 'own', role: 'status' });
  const means = h('p', { class: 'muted' });
  const districts = h('tbody', {});
  const windows = choice(
    'When',
    [
      ['season', 'Season'],
      ['week', 'This week'],
    ],
    season,
    (value) => {
      season = value;
      read();
    },
  );
  const node = h(
    'div',
    { class: 'screen' },
    h('h1', {}, 'Ranks'),
    h(
      'div',
      { class: 'columns' },
      h(
        'section',
        { class: 'card', 'aria-label': 'Board' },
        h(
          'div',
          { class: 'tools' },
          choice('Board', KINDS, kind, (value) => {
            kind = value;
            show(windows, kind !== 'equity');
            read();
          }),
          choice(
            'Among',
            [
              ['overall', 'Everybody'],
              ['district', session.player.district],
            ],
            scope,
            (value) => {
              scope = value;
              read();
            },
          ),
          windows,
        ),
        means,
        own,
        table(['Rank', 'Player', 'Score'], rows, 'Board'),
      ),
      h(
        'section',
        { class: 'card', 'aria-labelledby': 'districts' },
        h('h2', { id: 'districts' }, 'District against district'),
        h('p', { class: 'muted' }, 'This week: the ten best of each, by ten. Members since before the week count, from three matches on.'),
        table(['Rank', 'District', 'Score'], districts, 'Districts'),
      ),
    ),
  );

  const read = paced(400, async () => {
    const query = { scope, window: kind === 'equity' ? undefined : season, limit: 20 };
    const [board, table] = await Promise.all([get(`/api/leaderboard/${kind}`, query), get('/api/districts')]).catch(() => []);
    if (!board) return;
    say(means, MEANS[kind]);
    say(
      own,
      board.own
        ? `You are ${ordinal(board.own.rank)} of ${board.total}, with ${shown(kind, board.own.score)}.`
        : 'You stand on this board once a position of yours has closed.',
    );
    const shownRows = [...board.rows];
    const last = shownRows.at(-1)?.rank ?? 0;
    const about = board.neighbours.filter((row) => row.rank > last);
    // Between the first ones and those about me there may be many.
    if (about[0]?.rank > last + 1) shownRows.push({ between: about[0].rank - last - 1 });
    shownRows.push(...about);
    // A place stays where it is; who stands there changes.
    const places = (list) => list.map((row, place) => ({ row, place }));
    keyed(rows, places(shownRows), ({ place }) => place, rankRow, (element, { row }) => updateRank(element, row, kind));
    keyed(districts, places(table.week.districts), ({ place }) => place, rankRow, (element, { row }) => updateDistrict(element, row));
  });

  const timer = setInterval(() => document.hidden || read(), 3_000);
  const off = league.on('notification', () => read());
  read();
  return {
    node,
    title: 'Ranks',
    close: () => {
      off();
      clearInterval(timer);
      read.cancel();
    },
  };
}

const shown = (kind, score) => (kind === 'roi' ? `${(Number(score) * 100).toFixed(2)} %` : `${points(score)} points`);

function ordinal(n) {
  const rules = new Intl.PluralRules('en-GB', { type: 'ordinal' });
  return `${n}${{ one: 'st', two: 'nd', few: 'rd', other: 'th' }[rules.select(n)]}`;
}

const table = (heads, body, label) =>
  h(
    'table',
    { 'aria-label': label },
    h('thead', {}, h('tr', {}, ...heads.map((text, n) => h('th', { scope: 'col', class: n === 1 ? '' : 'number' }, text)))),
    body,
  );

function rankRow() {
  const parts = { rank: h('td', { class: 'number figure' }), name: h('td', { class: 'whose' }), score: h('td', { class: 'number figure delta' }) };
  const element = h('tr', {}, parts.rank, parts.name, parts.score);
  element.parts = parts;
  return element;
}

function updateRank(element, row, kind) {
  const me = row.accountId === session.player.accountId;
  set(element, 'data-me', me);
  if (row.between) {
    fill(element, '', `and ${row.between} more`, '');
    return;
  }
  const name = me ? `${row.name ?? session.player.name} (you)` : (row.name ?? `Bot ${row.accountId.slice(-4)}`);
  fill(element, row.rank, name, shown(kind, row.score).replace(' points', ''));
  set(element.parts.score, 'data-tone', kind === 'equity' ? null : tone(Number(row.score)));
}

function updateDistrict(element, row) {
  set(element, 'data-me', row.district === session.player.district);
  fill(element, row.rank ?? '\u2013', row.district, points(row.score));
  set(element.parts.score, 'data-tone', 'flat');
}

function fill({ parts }, rank, name, score) {
  say(parts.rank, String(rank));
  say(parts.name, name);
  say(parts.score, score);
}
