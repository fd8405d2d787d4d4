CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;

CREATE TABLE documents (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    parent BLOB,
    unit BLOB NOT NULL,
    protection INTEGER NOT NULL,
    user BLOB NOT NULL,
    device BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    digest BLOB NOT NULL
) STRICT;
CREATE INDEX documents_unit ON documents (unit, kind);
CREATE INDEX documents_parent ON documents (parent);

-- The chunk log: the only truth. `feed` is given when a chunk becomes visible.
CREATE TABLE chunks (
    received INTEGER PRIMARY KEY AUTOINCREMENT,
    feed INTEGER UNIQUE,
    chain BLOB,
    document BLOB NOT NULL REFERENCES documents (id),
    hash BLOB NOT NULL,
    sealed BLOB NOT NULL,
    envelope BLOB NOT NULL,
    user BLOB NOT NULL,
    device BLOB NOT NULL,
    received_ms INTEGER NOT NULL,
    actor BLOB NOT NULL,
    seq INTEGER NOT NULL,
    max_op INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'visible', 'held')),
    reason TEXT,
    UNIQUE (document, hash),
    UNIQUE (document, actor, seq)
) STRICT;
CREATE INDEX chunks_pending ON chunks (received) WHERE state = 'pending';
CREATE INDEX chunks_held ON chunks (user) WHERE state = 'held';

CREATE TABLE deps (
    document BLOB NOT NULL,
    dep BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (document, dep, hash)
) STRICT, WITHOUT ROWID;

-- Which device holds which document, and which houses it has taken along.
CREATE TABLE holdings (
    device BLOB NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (device, document)
) STRICT, WITHOUT ROWID;
CREATE TABLE wants (
    device BLOB NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (device, document)
) STRICT, WITHOUT ROWID;

CREATE TABLE units (id BLOB PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE users (
    id BLOB PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password TEXT NOT NULL,
    roles TEXT NOT NULL,
    unit BLOB NOT NULL REFERENCES units (id),
    active INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE TABLE devices (
    id BLOB PRIMARY KEY,
    user BLOB NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    key BLOB NOT NULL,
    enrolment BLOB NOT NULL,
    active INTEGER NOT NULL DEFAULT 1,
    high INTEGER NOT NULL DEFAULT 0,
    seen_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE sessions (
    id BLOB PRIMARY KEY,
    user BLOB NOT NULL REFERENCES users (id),
    device BLOB NOT NULL REFERENCES devices (id),
    refresh BLOB NOT NULL,
    previous BLOB,
    rotated_ms INTEGER NOT NULL,
    ends_ms INTEGER NOT NULL,
    ended INTEGER NOT NULL DEFAULT 0
) STRICT;
