-- What was decided about changes that were held, every decision; the newest of a change rules, also for one that
-- comes again after a restore. `hash` is the change as its author sent it. Nobody decides `handed over`: written by
-- somebody who could not know yet that the right was gone.
CREATE TABLE decided (
    document BLOB NOT NULL,
    hash BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    what TEXT NOT NULL CHECK (what IN ('released', 'refused', 'handed over')),
    held_for TEXT NOT NULL,
    by BLOB,
    reason TEXT NOT NULL,
    PRIMARY KEY (document, hash, at_ms)
) STRICT, WITHOUT ROWID;
CREATE INDEX decided_at ON decided (at_ms);
CREATE INDEX chunks_held_in ON chunks (document) WHERE state = 'held';
-- Whether an account was let in until it was changed, noted whoever changes it.
CREATE TABLE active (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user BLOB NOT NULL,
    until_ms INTEGER NOT NULL,
    active INTEGER NOT NULL
) STRICT;
CREATE INDEX active_user ON active (user, id);
CREATE TRIGGER users_active AFTER UPDATE OF active ON users WHEN old.active <> new.active
BEGIN
    INSERT INTO active (user, until_ms, active)
    VALUES (old.id, CAST(unixepoch('subsec') * 1000 AS INTEGER), old.active);
END;
-- When devices were told what their people may do.
CREATE TABLE told (
    device BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (device, at_ms)
) STRICT, WITHOUT ROWID;
INSERT INTO told (device, at_ms) SELECT id, seen_ms FROM devices;
