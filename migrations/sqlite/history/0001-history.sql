-- History: what the projections write behind the journal. All of it can be rebuilt from the journal.
-- A book is 18 bytes: the account's 16 and its number, big-endian.
PRAGMA application_id = 0x46544C48; -- "FTLH"

CREATE TABLE watermark (
    projection TEXT    PRIMARY KEY,
    seq        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO watermark VALUES ('history', 0), ('answers', 0);

CREATE TABLE fill (
    seq        INTEGER NOT NULL,
    n          INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    book       BLOB    NOT NULL,
    instrument INTEGER NOT NULL,
    order_id   BLOB,
    position   BLOB    NOT NULL,
    direction  INTEGER NOT NULL, -- 1 long, -1 short
    opened     INTEGER NOT NULL, -- 1 opened, 0 closed
    lots       INTEGER NOT NULL,
    value      INTEGER NOT NULL,
    fee        INTEGER NOT NULL,
    PRIMARY KEY (seq, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX fill_by_book ON fill (book, seq, n);

CREATE TABLE closed_position (
    seq        INTEGER NOT NULL,
    n          INTEGER NOT NULL,
    opened_at  INTEGER NOT NULL,
    closed_at  INTEGER NOT NULL,
    book       BLOB    NOT NULL,
    instrument INTEGER NOT NULL,
    position   BLOB    NOT NULL,
    direction  INTEGER NOT NULL,
    lots       INTEGER NOT NULL,
    entry_cost INTEGER NOT NULL,
    exit_value INTEGER NOT NULL,
    pnl        INTEGER NOT NULL,
    reason     TEXT    NOT NULL,
    PRIMARY KEY (seq, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX closed_position_by_book ON closed_position (book, seq, n);

CREATE TABLE ledger (
    seq     INTEGER NOT NULL,
    n       INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    reason  TEXT    NOT NULL,
    account TEXT    NOT NULL, -- wallet, house, insurance, fees, mint
    book    BLOB,             -- of a wallet
    amount  INTEGER NOT NULL,
    PRIMARY KEY (seq, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_by_book ON ledger (book, seq, n) WHERE book IS NOT NULL;

CREATE TABLE tick (
    instrument INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    n          INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    mark       INTEGER NOT NULL,
    live_base  INTEGER,
    net        INTEGER NOT NULL,
    PRIMARY KEY (instrument, seq, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE bar (
    instrument INTEGER NOT NULL,
    interval   INTEGER NOT NULL, -- milliseconds
    start      INTEGER NOT NULL,
    open       INTEGER NOT NULL,
    high       INTEGER NOT NULL,
    low        INTEGER NOT NULL,
    close      INTEGER NOT NULL,
    PRIMARY KEY (instrument, interval, start)
) STRICT, WITHOUT ROWID;

-- Answers to commands whose ids the state may have forgotten; kept for 24 hours.
CREATE TABLE answer (
    id     BLOB    PRIMARY KEY,
    seq    INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    body   INTEGER NOT NULL,
    answer BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_by_age ON answer (at);
