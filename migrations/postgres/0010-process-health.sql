-- How each process is, as it says itself every two seconds: what `readyz` says there, the last entry that it has applied,
-- and how many accounts are connected to it.
ALTER TABLE processes
    ADD COLUMN status   text        NOT NULL DEFAULT 'starting',
    ADD COLUMN applied  bigint      NOT NULL DEFAULT 0,
    ADD COLUMN accounts bigint      NOT NULL DEFAULT 0,
    ADD COLUMN told_at  timestamptz NOT NULL DEFAULT clock_timestamp();
