-- One row for every answer that was given.
-- depends: 0001.inbox

CREATE TABLE records (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    channel      TEXT NOT NULL,
    source       TEXT NOT NULL,
    session      TEXT NOT NULL,
    at           REAL NOT NULL,
    as_of        TEXT NOT NULL,
    number       INTEGER,
    after        INTEGER,
    instead_of   INTEGER,
    message      TEXT NOT NULL,
    outcome      TEXT NOT NULL,
    reply        TEXT NOT NULL,
    policy       TEXT NOT NULL,
    policy_hash  TEXT NOT NULL,
    engine       TEXT NOT NULL,
    seconds      REAL NOT NULL,
    by           TEXT NOT NULL,
    opinion      TEXT CHECK (opinion IN ('good', 'bad', 'withdrawn')),
    reason       TEXT NOT NULL DEFAULT '',
    UNIQUE (channel, source)
);
CREATE INDEX records_of_session ON records (session, id);
CREATE INDEX records_by_age ON records (at);
