// What a trader asks of an order or a position that he has; what comes of it is said in a notice.

import { once } from '../api.js';
import { time } from '../format.js';
import { league } from '../league.js';
import { notice } from '../notices.js';

async function asked(work, said) {
  try {
    const answer = await work();
    const due = answer.order?.due ?? answer.due;
    notice(due ? `${said} It takes effect in the first clock tick after ${time(due)}.` : said, 'good');
    return answer;
  } catch (problem) {
    notice(problem.advice ?? String(problem), 'bad');
    return null;
  }
}

export const cancel = (order) =>
  asked(() => once('DELETE', `/api/orders/${order.id}`), `The order in ${league.name(order.instrument)} is taken back.`);

export const close = (position, lots) =>
  asked(
    () => once('DELETE', `/api/positions/${position.id}`, { query: { lots } }),
    `Closing ${lots ?? position.lots} lots of ${league.name(position.instrument)}.`,
  );

/** `levels`: those that are to change, a level or `null` for none. */
export const setLevels = (position, levels) =>
  asked(
    () => once('PATCH', `/api/positions/${position.id}`, { body: levels }),
    `Levels of ${league.name(position.instrument)} are set.`,
  );
