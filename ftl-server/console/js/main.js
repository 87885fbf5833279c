// The page: a login, or the shell around one screen. What a frame tells is also said in words.

import { h } from './dom.js';
import { level, signed, words } from './format.js';
import { league } from './league.js';
import { notice } from './notices.js';
import { whileAway } from './parts/away.js';
import { shell } from './parts/shell.js';
import { follow, route } from './router.js';
import { activity } from './screens/activity.js';
import { ledger } from './screens/ledger.js';
import { login } from './screens/login.js';
import { match } from './screens/match.js';
import { operator } from './screens/operator.js';
import { player } from './screens/player.js';
import { portfolio } from './screens/portfolio.js';
import { ranks } from './screens/ranks.js';
import { stadium } from './screens/stadium.js';
import { session, theme } from './session.js';

route('stadium', stadium);
route('match/:fixture/:instrument?', match);
route('player/:instrument', player);
route('portfolio', portfolio);
route('ledger', ledger);
route('ranks', ranks);
route('activity', activity);
route('operator', operator);

const app = document.getElementById('app');
let stop = null;
let retry = null;
/** Between two attempts at a league that is not there. */
const PAUSE = 3_000;

async function start(again = false) {
  clearTimeout(retry);
  stop?.();
  stop = null;
  league.end();
  if (!session.player) {
    app.replaceChildren(login());
    document.title = 'Log in \u00b7 FTL';
    return;
  }
  const since = session.seen;
  if (!again) app.replaceChildren(h('p', { class: 'loading', role: 'status' }, 'Opening the league\u2026'));
  try {
    await league.begin();
  } catch (problem) {
    if (!session.player) return;
    retry = setTimeout(() => start(true), PAUSE);
    if (again) return;
    app.replaceChildren(
      h(
        'main',
        { class: 'lonely', id: 'content', tabindex: '-1' },
        h('h1', {}, 'The league is not here yet'),
        h('p', { role: 'status' }, `${problem.advice ?? problem} This page tries again by itself.`),
      ),
    );
    return;
  }
  const frame = shell();
  app.replaceChildren(frame.node);
  const leave = follow(frame.content, 'stadium', frame.mark);
  const present = whileAway(frame.content, since);
  stop = () => {
    leave();
    present();
    frame.close();
  };
}

league.on('notification', (told) => {
  if (told.kind === 'position_closed') {
    const result = `${signed(told.pnl)} points`;
    notice(`${league.name(told.instrument)}: ${words(told.reason).toLowerCase()}, ${result}.`, Number(told.pnl) < 0 ? 'bad' : 'good');
  }
  if (told.kind === 'margin_warning')
    notice(`Margin level ${level(told.levelBps)}. At 50 % positions are closed: close one, or take less.`, 'bad');
  if (told.kind === 'order_cancelled') notice(`Order cancelled: ${words(told.reason).toLowerCase()}. It cost nothing.`, 'bad');
});

theme.apply();
session.stay();
session.onChange(() => start());
// Its address would be taken for that of a screen.
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  document.getElementById('content')?.focus();
});
start();
