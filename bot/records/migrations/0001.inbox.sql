-- Messages from their acceptance until some days after their answer, opinions of answers, and places to read on from.

CREATE TABLE messages (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    channel     TEXT NOT NULL,
    source_id   TEXT NOT NULL,
    session     TEXT NOT NULL,
    kind        TEXT NOT NULL,
    words       TEXT NOT NULL,
    address     TEXT NOT NULL,
    after       INTEGER,
    revises     TEXT,
    accepted_at REAL NOT NULL,
    as_of       TEXT NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('waiting', 'answered', 'done', 'failed', 'refused')),
    parts       TEXT NOT NULL DEFAULT '',
    sent        INTEGER NOT NULL DEFAULT 0,
    UNIQUE (channel, source_id)
);
CREATE INDEX messages_open ON messages (session, number) WHERE status IN ('waiting', 'answered');
CREATE INDEX messages_of_session ON messages (session, accepted_at);
CREATE INDEX messages_by_age ON messages (accepted_at);

CREATE TABLE feedback (
    channel   TEXT NOT NULL,
    source_id TEXT NOT NULL,
    session   TEXT NOT NULL,
    answer    TEXT NOT NULL,
    opinion   TEXT NOT NULL,
    reasons   TEXT NOT NULL,
    at        REAL NOT NULL,
    UNIQUE (channel, source_id)
);
CREATE INDEX feedback_by_age ON feedback (at);

CREATE TABLE marks (name TEXT PRIMARY KEY, value TEXT NOT NULL);
