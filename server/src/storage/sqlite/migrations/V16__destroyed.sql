-- Records that were lawfully destroyed: that they were, and nothing that stood in them. The ledger outside the log rules
-- (`destroyed.jsonl`); these are made from it at each start.
CREATE TABLE destroyed (
    record BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    unit BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    by BLOB NOT NULL,
    ground TEXT NOT NULL,
    reference TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- The documents it was made of.
CREATE TABLE destroyed_documents (document BLOB PRIMARY KEY, record BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX destroyed_of ON destroyed_documents (record);
-- Devices that had it, or came with something written in it: when they were told, when they said that they have nothing
-- of it any more, when they first came too late.
CREATE TABLE destroyed_devices (
    record BLOB NOT NULL,
    device BLOB NOT NULL,
    told_ms INTEGER,
    gone_ms INTEGER,
    late_ms INTEGER,
    PRIMARY KEY (record, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX destroyed_open ON destroyed_devices (device) WHERE gone_ms IS NULL;
