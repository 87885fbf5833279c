-- Snapshots of leagues' states, shared by their processes: in chunks, each compressed and with its own hash.

CREATE TABLE snapshots (
    league     text COLLATE "C" NOT NULL,
    seq        bigint   NOT NULL,
    id         bytea    NOT NULL, -- of the chunks
    version    smallint NOT NULL, -- what the state's rows are
    head       bytea    NOT NULL, -- the journal's encoding of what it is of
    state_hash bytea    NOT NULL,
    hash       bytea    NOT NULL, -- BLAKE3 of head and state, uncompressed
    chunks     integer  NOT NULL,
    bytes      bigint   NOT NULL, -- of the state, uncompressed
    confirmed  boolean  NOT NULL DEFAULT false, -- two computations had the same hash
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (league, seq)
);

CREATE TABLE snapshot_chunks (
    id   bytea   NOT NULL,
    n    integer NOT NULL,
    hash bytea   NOT NULL, -- BLAKE3 of id, n and body
    body bytea   NOT NULL, -- zstd
    PRIMARY KEY (id, n)
);
ALTER TABLE snapshot_chunks ALTER COLUMN body SET STORAGE EXTERNAL;
