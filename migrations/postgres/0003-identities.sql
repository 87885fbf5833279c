-- Who an account is, and its logins. Not in the journal and no projection: a person can be forgotten.

CREATE TABLE identities (
    league     text COLLATE "C" NOT NULL,
    id         uuid   NOT NULL, -- UUIDv7: sorts by making
    name       text   NOT NULL,
    district   text   NOT NULL,
    kind       text   NOT NULL, -- human, bot
    created_at bigint NOT NULL,
    PRIMARY KEY (league, id),
    UNIQUE (league, name)
);

CREATE TABLE sessions (
    league     text COLLATE "C" NOT NULL,
    token_hash bytea  NOT NULL,
    account    uuid   NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (league, token_hash),
    FOREIGN KEY (league, account) REFERENCES identities ON DELETE CASCADE
);
CREATE INDEX ON sessions (league, account);
CREATE INDEX ON sessions (league, expires_at);
