-- Answers in the order in which they were given, with a short index to find them. In the order of their ids, which are
-- hashes, every answer changed a page of its own.
CREATE TABLE answer_in_order (
    seq    INTEGER PRIMARY KEY,
    id     BLOB    NOT NULL,
    at     INTEGER NOT NULL,
    body   INTEGER NOT NULL,
    answer BLOB    NOT NULL
) STRICT;
INSERT INTO answer_in_order (seq, id, at, body, answer) SELECT seq, id, at, body, answer FROM answer ORDER BY seq;
DROP TABLE answer;
ALTER TABLE answer_in_order RENAME TO answer;
-- The first half of an id tells almost all of them apart.
CREATE INDEX answer_by_id ON answer (substr(id, 1, 8));
