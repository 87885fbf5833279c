-- The processes of a league that live. What says so is a lock that each one's session holds; a row without it is of one
-- that is gone.
CREATE TABLE processes (
    league  text COLLATE "C" NOT NULL,
    process bytea       NOT NULL, -- its own choice, at random
    backend integer     NOT NULL, -- the session that it keeps open
    role    text        NOT NULL,
    engine  bigint      NOT NULL, -- the newest engine that it knows
    since   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (league, process)
);
