// "While you were away": what happened to my book since I looked last, as the journal tells it.

import { get } from '../api.js';
import { h } from '../dom.js';
import { level, points, price, signed, time, tone, words } from '../format.js';
import { league } from '../league.js';

/** A shorter cut is made good by the stream itself. */
const LONG = 10_000;

/** Puts the panel above the screen if there is anything to tell, again after every long cut; returns how to stop that. */
export function whileAway(content, since) {
  let seen = since;
  const look = async () => {
    if (!seen) return;
    const report = await get('/api/me/while-away', { since: seen }).catch(() => null);
    if (report?.closes.length || report?.warnings.length || report?.cancelled.length) content.before(panel(report));
  };
  look();
  let cut = null;
  return league.on('connection', (state) => {
    if (state === 'cut') cut ??= { at: Date.now(), seq: league.seq };
    else if (cut) {
      seen = cut.seq;
      if (Date.now() - cut.at > LONG) look();
      cut = null;
    }
  });
}

function panel(report) {
  document.querySelector('.absence')?.remove();
  const close = h('button', { class: 'icon-button', 'aria-label': 'Dismiss this report', on: { click: () => section.remove() } }, '\u00d7');
  const result = `${signed(report.realised)} points realised`;
  const section = h(
    'section',
    { class: 'card absence', 'aria-labelledby': 'away' },
    h('div', { class: 'row' }, h('h2', { id: 'away' }, 'While you were away'), close),
    h(
      'p',
      {},
      `${result}. Equity ${report.before ? `${points(report.before.equity)} then, ` : ''}${points(report.after.equity)} now; margin level: ${level(report.after.levelBps)}.`,
    ),
    h(
      'ul',
      {},
      ...report.closes.map((row) =>
        h(
          'li',
          {},
          h('b', {}, league.name(row.instrument)),
          `: ${words(row.reason).toLowerCase()} at ${price(row.exitPrice)}, `,
          h('span', { class: 'figure delta', 'data-tone': tone(Number(row.pnl)) }, signed(row.pnl)),
          h('span', { class: 'muted' }, ` ${time(row.closedAt)}`),
        ),
      ),
      ...report.cancelled.map((row) =>
        h('li', {}, `An order in ${league.name(row.instrument)} was cancelled: ${words(row.reason).toLowerCase()}.`),
      ),
      ...report.warnings.map((row) => h('li', {}, `Margin warning at ${time(row.at)}: level ${level(row.levelBps)}.`)),
    ),
  );
  return section;
}
