-- What each process computed: the hash of its state behind the batch that ends at an entry. Kept for an hour.
CREATE TABLE state_hashes (
    league   text COLLATE "C" NOT NULL,
    seq      bigint      NOT NULL,
    batch_id bytea       NOT NULL, -- of the batch: another history has another one
    process  bytea       NOT NULL,
    role     text        NOT NULL,
    hash     bytea       NOT NULL,
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (league, seq, batch_id, process)
);
