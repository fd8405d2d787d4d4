-- A change can have ended: its document goes on in changes that say what of it still counts. `became` are
-- those to build on instead, `said` its acts of writing with their new ids; `was` is, of a change that was
-- carried over, the one it stands for. Numbers and chain values stay: devices were told of them.
CREATE TABLE chunks_3 (
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
    state TEXT NOT NULL CHECK (state IN ('pending', 'visible', 'held', 'ended')),
    reason TEXT,
    arrival BLOB,
    became BLOB,
    said BLOB,
    was BLOB,
    UNIQUE (document, hash),
    UNIQUE (document, actor, seq)
) STRICT;
INSERT INTO chunks_3 (received, feed, chain, document, hash, sealed, envelope, user, device, received_ms, actor, seq, max_op, state, reason, arrival)
    SELECT received, feed, chain, document, hash, sealed, envelope, user, device, received_ms, actor, seq, max_op, state, reason, arrival
    FROM chunks ORDER BY received;
DROP TABLE chunks;
ALTER TABLE chunks_3 RENAME TO chunks;
CREATE INDEX chunks_pending ON chunks (received) WHERE state = 'pending';
CREATE INDEX chunks_held ON chunks (user) WHERE state = 'held';
CREATE INDEX chunks_ended ON chunks (document) WHERE state = 'ended';
-- How many changes a document had when it was last continued, and how many actors.
ALTER TABLE documents ADD COLUMN carried INTEGER NOT NULL DEFAULT 0;
ALTER TABLE documents ADD COLUMN carried_actors INTEGER NOT NULL DEFAULT 0;
