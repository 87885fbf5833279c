-- Identity: outside the journal, so that a person can be forgotten.
PRAGMA application_id = 0x46544C41; -- "FTLA"

CREATE TABLE account (
    id         BLOB    PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    district   TEXT    NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('human', 'bot')),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A session's token is known by its hash only.
CREATE TABLE session (
    token_hash BLOB    PRIMARY KEY,
    account    BLOB    NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_account ON session (account);
CREATE INDEX session_by_expiry ON session (expires_at);
