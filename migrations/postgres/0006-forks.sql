-- Forks: where an operator cut a league's journal, and what he cut off. Kept for good.
CREATE TABLE forks (
    league    text        NOT NULL REFERENCES leagues,
    epoch     bigint      NOT NULL, -- the epoch that began with it
    at        bigint      NOT NULL, -- the last entry that stays
    cut_to    bigint      NOT NULL, -- the last entry that was cut off
    reason    text        NOT NULL,
    forked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (league, epoch)
);

CREATE TABLE cut_batches (
    league   text   NOT NULL REFERENCES leagues,
    fork     bigint NOT NULL, -- the epoch that began with the fork
    last     bigint NOT NULL,
    first    bigint NOT NULL,
    at       bigint NOT NULL,
    epoch    bigint NOT NULL,
    batch_id bytea  NOT NULL,
    prev     bytea  NOT NULL,
    chain    bytea  NOT NULL,
    commands bytea  NOT NULL,
    PRIMARY KEY (league, fork, last)
);
