// Two ways to hear the league: a WebSocket, and Server-Sent Events where there is none. Both tell the same:
// `open()`, `frame(frame)`, `cursor({ seq, batch })` behind what was told whole, `closed({ never })`.

/** A cursor as a query says it; who has only read so far knows no batch. */
const known = ({ seq, batch }) => (batch ? { seq, batch } : { seq });

/** A server says that it lives every 20 s; one that is silent for longer is gone, whatever the system thinks. */
const SILENCE = 50_000;

/** `GET /ws`: resumes behind `cursor`, and follows all prices and the matches of `follow(ids)`. */
export function overSocket(token, cursor, _, { open, frame, cursor: reached, closed }) {
  const query = new URLSearchParams({ token, format: 'json', ...known(cursor) });
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws?${query}`);
  const followed = new Set();
  let opened = false;
  // Until the resume is answered, a cursor was on its way before it and says nothing.
  let resumed = false;
  let silence = null;
  const say = (message) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message));
  const listen = () => {
    clearTimeout(silence);
    silence = setTimeout(() => socket.close(), SILENCE);
  };
  socket.onopen = () => {
    opened = true;
    listen();
    say({ action: 'subscribe', channel: 'prices' });
    open();
  };
  socket.onmessage = ({ data }) => {
    listen();
    const told = JSON.parse(data);
    if (told.type === 'resumed' || told.type === 'resync') resumed = true;
    if (told.type === 'cursor') {
      if (resumed) reached({ seq: told.seq, batch: told.batch });
    } else frame(told);
  };
  socket.onclose = () => {
    clearTimeout(silence);
    closed({ never: !opened });
  };
  return {
    follow(ids) {
      for (const id of ids.filter((one) => !followed.has(one))) {
        if (say({ action: 'subscribe', channel: `fixture:${id}` }) === false) return;
        followed.add(id);
      }
    },
    close() {
      clearTimeout(silence);
      socket.onclose = null;
      socket.close();
    },
  };
}

/** `GET /api/events`: `id` stands on the last frame of an entry. A ticket opens one stream, so the browser's own attempt to come
    again would be refused: it is closed. The matches are named in the address; one that is new is heard of from the next
    connection on. */
export function overStream(token, cursor, matches, { open, frame, cursor: reached, closed }) {
  const channels = ['prices', 'account', ...matches.map((id) => `fixture:${id}`)].join(',');
  const lastEventId = Object.values(known(cursor)).join('-');
  const source = new EventSource(`/api/events?${new URLSearchParams({ token, lastEventId, channels, batch: true })}`);
  source.onopen = open;
  source.onmessage = (event) => {
    frame(JSON.parse(event.data));
    const [seq, batch] = event.lastEventId.split('-');
    if (seq) reached({ seq: Number(seq), batch });
  };
  source.onerror = () => {
    source.close();
    closed({ never: false });
  };
  return { follow() {}, close: () => source.close() };
}
