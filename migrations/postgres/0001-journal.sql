-- Leagues, their journals, and where each ends. Several leagues share a database: every table carries the league's name.

-- What a league was founded as; fixed for good.
CREATE TABLE leagues (
    league     text   PRIMARY KEY CHECK (league ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    clock      text   NOT NULL CHECK (clock IN ('store', 'supplied')),
    ordered_by text   NOT NULL CHECK (ordered_by IN ('postgres', 'redis')), -- whose head decides what comes next
    created_at bigint NOT NULL                                              -- milliseconds since 1970
);

-- Where a league's batches end, and the epoch that takes more. Nothing that changes is indexed, and pages are half empty,
-- so that a row is replaced within its page.
CREATE TABLE heads (
    league      text   PRIMARY KEY REFERENCES leagues,
    epoch       bigint NOT NULL DEFAULT 0,
    last        bigint NOT NULL DEFAULT 0,
    at          bigint NOT NULL DEFAULT 0,
    batch_epoch bigint NOT NULL DEFAULT 0, -- the epoch that the last batch was stored in
    batch_id    bytea  NOT NULL DEFAULT '\x00000000000000000000000000000000',
    chain       bytea  NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000',
    streamed    boolean NOT NULL DEFAULT false -- whether a stream in Redis was ever begun for it
) WITH (fillfactor = 50);

-- One row a batch, whole or not at all, under the seq of its last command. For a league ordered by Postgres this is the
-- journal, for one ordered by Redis its archive.
CREATE TABLE batches (
    league   text   NOT NULL REFERENCES leagues,
    last     bigint NOT NULL,
    first    bigint NOT NULL,
    at       bigint NOT NULL, -- milliseconds since 1970
    epoch    bigint NOT NULL,
    batch_id bytea  NOT NULL,
    prev     bytea  NOT NULL,
    chain    bytea  NOT NULL, -- BLAKE3 over everything up to and with this row
    commands bytea  NOT NULL, -- the journal's encoding
    PRIMARY KEY (league, last)
);
ALTER TABLE batches ALTER COLUMN commands SET STORAGE EXTERNAL;

-- Appends a batch where the head is still the one that the caller built on; otherwise says where the head is.
-- Appends take turns by an advisory lock before they look: whoever lost finds the new head without having written
-- anything, so losing costs no sync of the log. `caller_now` is null for a journal whose time is supplied.
CREATE FUNCTION append_batch(
    of_league text, in_epoch bigint, behind bigint, behind_id bytea, caller_now bigint, most_skew bigint,
    new_last bigint, new_at bigint, new_id bytea, new_chain bytea, new_commands bytea
) RETURNS TABLE (
    stored boolean, server_now bigint, head_epoch bigint, head_last bigint, head_at bigint,
    head_batch_epoch bigint, head_batch_id bytea, head_chain bytea
) LANGUAGE plpgsql AS $$
DECLARE
    now_ms bigint := floor(extract(epoch FROM clock_timestamp()) * 1000);
    moved  boolean := false;
BEGIN
    PERFORM pg_advisory_xact_lock(1179929674, hashtext(of_league));
    IF caller_now IS NULL OR abs(now_ms - caller_now) <= most_skew THEN
        UPDATE heads SET last = new_last, at = new_at, batch_epoch = in_epoch, batch_id = new_id, chain = new_chain
            WHERE league = of_league AND epoch = in_epoch AND last = behind AND batch_id = behind_id AND at <= new_at;
        moved := FOUND;
    END IF;
    IF moved THEN
        INSERT INTO batches (league, last, first, at, epoch, batch_id, prev, chain, commands)
            VALUES (of_league, new_last, behind + 1, new_at, in_epoch, new_id, behind_id, new_chain, new_commands);
    END IF;
    RETURN QUERY SELECT moved, now_ms, h.epoch, h.last, h.at, h.batch_epoch, h.batch_id, h.chain
        FROM heads h WHERE h.league = of_league;
END $$;
