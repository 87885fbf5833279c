-- Tickets that have opened a stream. Nothing that outlives them: a minute after they end they may go.
CREATE UNLOGGED TABLE spent_tickets (
    league text        NOT NULL REFERENCES leagues,
    id     text        NOT NULL,
    until  timestamptz NOT NULL,
    PRIMARY KEY (league, id)
);
CREATE INDEX spent_tickets_until ON spent_tickets (until);
