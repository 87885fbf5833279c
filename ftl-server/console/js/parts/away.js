// "While you were away": what happened to my book since I looked last, as the journal tells it.

import { get } from '../api.js';
import { h } from '../dom.js';
import { level, price, signed, time, tone, words } from '../format.js';
import { league } from '../league.js';

/** Puts the panel above the screen if there is anything to tell; again after every cut. */
export function whileAway(content, since) {
  let seen = since;
  const look = async () => {
    if (!seen) return;
    const report = await get('/api/me/while-away', { since: seen }).catch(() => null);
    if (report?.closes.length || report?.warnings.length || report?.cancelled.length) content.before(panel(report));
  };
  look();
  let cutAt = null;
  league.on('connection', (state) => {
    if (!content.isConnected) return;
    if (state === 'cut') cutAt ??= league.seq;
    else if (cutAt) {
      seen = cutAt;
      cutAt = null;
      look();
    }
  });
}

function panel(report) {
  document.querySelector('.absence')?.remove();
  const close = h('button', { class: 'icon-button', 'aria-label': 'Dismiss this report', on: { click: () => section.remove() } }, '\u00d7');
  const result = `${signed(report.realised)} points realised`;
  const section = h('section', { class: 'card absence', 'aria-labelledby': 'away' },
    h('div', { class: 'row' }, h('h2', { id: 'away' }, 'While you were away'), close),
    h('p', {}, `${result}. Equity ${price(report.before.equity)} then, ${price(report.after.equity)} now; margin level ${level(report.after.levelBps)}.`),
    h('ul', {},
      ...report.closes.map((row) => h('li', {}, h('b', {}, league.name(row.instrument)), `: ${words(row.reason).toLowerCase()} at ${price(row.exitPrice)}, `,
        h('span', { class: 'figure delta', 'data-tone': tone(Number(row.pnl)) }, signed(row.pnl)), h('span', { class: 'muted' }, ` ${time(row.at)}`))),
      ...report.cancelled.map((row) => h('li', {}, `An order in ${league.name(row.instrument)} was cancelled: ${words(row.reason).toLowerCase()}.`)),
      ...report.warnings.map((row) => h('li', {}, `Margin warning at ${time(row.at)}: level ${level(row.levelBps)}.`))));
  return section;
}
