-- Which accounts have a stream, and of which process; told with how the process is. An account is here from its first row to
-- its last, wherever they are. The rows of a process go with its own.
CREATE TABLE present (
    league  text COLLATE "C" NOT NULL,
    process bytea       NOT NULL,
    account bytea       NOT NULL,
    since   timestamptz NOT NULL DEFAULT clock_timestamp(), -- when it was first seen there
    PRIMARY KEY (league, process, account),
    FOREIGN KEY (league, process) REFERENCES processes ON DELETE CASCADE
);
