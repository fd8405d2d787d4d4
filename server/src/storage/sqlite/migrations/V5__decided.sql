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
-- What an account might do until it was changed, noted whoever changes it; and which devices were told since.
CREATE TABLE rights (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user BLOB NOT NULL,
    until_ms INTEGER NOT NULL,
    roles TEXT NOT NULL,
    unit BLOB NOT NULL,
    active INTEGER NOT NULL
) STRICT;
CREATE INDEX rights_user ON rights (user, id);
CREATE TRIGGER users_rights AFTER UPDATE ON users
WHEN old.roles <> new.roles OR old.unit <> new.unit OR old.active <> new.active
BEGIN
    INSERT INTO rights (user, until_ms, roles, unit, active)
    VALUES (old.id, CAST(unixepoch('subsec') * 1000 AS INTEGER), old.roles, old.unit, old.active);
END;
CREATE TABLE told (
    device BLOB NOT NULL,
    rights INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (device, rights)
) STRICT, WITHOUT ROWID;
