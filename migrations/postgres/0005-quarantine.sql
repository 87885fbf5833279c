-- Entries that an operator set aside: every process reads them before it executes the journal.
CREATE TABLE quarantine (
    league text        NOT NULL REFERENCES leagues,
    seq    bigint      NOT NULL,
    reason text        NOT NULL,
    at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (league, seq)
);
