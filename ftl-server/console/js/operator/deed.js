// One thing that an operator does: with a reason, a key of its own, and a sentence about what came of it.

import { once } from '../api.js';
import { notice } from '../notices.js';

/** Returns the answer, or nothing where it was refused. */
export async function deed(said, method, path, body = {}) {
  try {
    const answer = await once(method, path, { operator: true, body: { reason: 'console', ...body } });
    const dry = answer?.dryRun ? 'Dry run, nothing was done: ' : '';
    const count = answer?.events?.length;
    const came = count === undefined ? '' : ` (${count === 1 ? 'one event' : `${count} events`}, entry ${answer.seq})`;
    notice(`${dry}${said}${came}.`, 'good');
    return answer ?? {};
  } catch (problem) {
    notice(problem.advice ?? String(problem), 'bad');
    return null;
  }
}
