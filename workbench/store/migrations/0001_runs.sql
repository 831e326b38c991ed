-- The index of runs. The truth is in the run folders; everything here can be built from them again.

CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE runs (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    folder TEXT NOT NULL,              -- name of the folder in runs/, or in bin/ when deleted
    task TEXT NOT NULL,
    model TEXT NOT NULL,
    state TEXT NOT NULL,
    started REAL NOT NULL,
    seconds REAL NOT NULL DEFAULT 0,
    steps INTEGER NOT NULL DEFAULT 0,
    total_steps INTEGER NOT NULL DEFAULT 0,
    best_step INTEGER NOT NULL DEFAULT 0,
    headline TEXT NOT NULL DEFAULT '',
    higher_is_better INTEGER NOT NULL DEFAULT 1,
    score REAL,
    message TEXT NOT NULL DEFAULT '',
    deleted INTEGER NOT NULL DEFAULT 0,
    bin_seconds REAL NOT NULL DEFAULT 0,  -- how long it has been in the bin, as far as the clock can be believed
    indexed INTEGER NOT NULL DEFAULT 1    -- 0: the curves are still only in events.jsonl
);

-- Many steps in one row: the columns of `steps.py`, one after the other.
CREATE TABLE steps (
    number INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs (sequence) ON DELETE CASCADE,
    count INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    columns BLOB NOT NULL
);
CREATE INDEX steps_of_run ON steps (run, number);

-- Every event that is not a step, as JSON.
CREATE TABLE events (
    number INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs (sequence) ON DELETE CASCADE,
    body TEXT NOT NULL
);
CREATE INDEX events_of_run ON events (run, number);
