// Who is logged in here, and as what he likes to see the console. A tab stays who it is; a new one is who logged in last.
// The operator's token is kept for this tab alone.

const kept = (store, name) => {
  try {
    return JSON.parse(store.getItem(name));
  } catch {
    return null;
  }
};

class Session {
  #listeners = new Set();
  player = kept(sessionStorage, 'ftl.player') ?? kept(localStorage, 'ftl.player');
  operator = kept(sessionStorage, 'ftl.operator');
  /** Why the last session ended, for the login page. */
  farewell = '';

  get token() {
    return this.player?.token;
  }

  onChange(listener) {
    this.#listeners.add(listener);
  }

  begin(player) {
    this.farewell = '';
    this.player = player;
    this.stay();
    localStorage.setItem('ftl.player', JSON.stringify(player));
    this.#tell();
  }

  end(why = '') {
    if (!this.player) return;
    this.farewell = why;
    // Another tab may be somebody else by now.
    if (kept(localStorage, 'ftl.player')?.token === this.token) localStorage.removeItem('ftl.player');
    this.player = null;
    sessionStorage.removeItem('ftl.player');
    this.#tell();
  }

  /** Whoever logs in elsewhere, this tab is the same after a reload. */
  stay() {
    if (this.player) sessionStorage.setItem('ftl.player', JSON.stringify(this.player));
  }

  setOperator(token) {
    this.operator = token;
    if (token) sessionStorage.setItem('ftl.operator', JSON.stringify(token));
    else sessionStorage.removeItem('ftl.operator');
  }

  /** The last entry that this player has seen, for "while you were away". */
  get seen() {
    return kept(localStorage, `ftl.seen.${this.player?.accountId}`);
  }

  set seen(seq) {
    if (this.player) localStorage.setItem(`ftl.seen.${this.player.accountId}`, JSON.stringify(seq));
  }

  #tell() {
    for (const listener of this.#listeners) listener(this.player);
  }
}

export const session = new Session();

/** `light`, `dark`, or what the system says. */
export const theme = {
  get now() {
    const wanted = kept(localStorage, 'ftl.theme');
    return wanted ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  },
  apply() {
    const wanted = kept(localStorage, 'ftl.theme');
    if (wanted) document.documentElement.dataset.theme = wanted;
    else delete document.documentElement.dataset.theme;
  },
  toggle() {
    localStorage.setItem('ftl.theme', JSON.stringify(this.now === 'dark' ? 'light' : 'dark'));
    this.apply();
  },
};
