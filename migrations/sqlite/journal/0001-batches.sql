-- The journal: one row a batch, whole or not at all, under the seq of its last command.
PRAGMA application_id = 0x46544C4A; -- "FTLJ"

CREATE TABLE batch (
    last     INTEGER PRIMARY KEY,
    first    INTEGER NOT NULL,
    at       INTEGER NOT NULL, -- milliseconds since 1970
    epoch    INTEGER NOT NULL,
    batch_id BLOB    NOT NULL,
    prev     BLOB    NOT NULL,
    chain    BLOB    NOT NULL, -- BLAKE3 over everything up to and with this row
    commands BLOB    NOT NULL  -- the journal's encoding
) STRICT;

-- What the league was founded as; fixed for good.
CREATE TABLE league (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    name       TEXT    NOT NULL,
    clock      TEXT    NOT NULL CHECK (clock IN ('store', 'supplied')),
    created_at INTEGER NOT NULL,
    epoch      INTEGER NOT NULL
) STRICT;
