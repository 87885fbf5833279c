// Who is logged in here, and as what he likes to see the console. The operator's token is kept for this tab alone.

const kept = (store, name) => {
  try {
    return JSON.parse(store.getItem(name));
  } catch {
    return null;
  }
};

class Session {
  #listeners = new Set();
  player = kept(localStorage, 'ftl.player');
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
    localStorage.setItem('ftl.player', JSON.stringify(player));
    this.#tell();
  }

  end(why = '') {
    if (!this.player) return;
    this.farewell = why;
    this.player = null;
    localStorage.removeItem('ftl.player');
    this.#tell();
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
