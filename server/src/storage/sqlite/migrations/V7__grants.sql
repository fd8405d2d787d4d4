-- Rights are rows with dates: a role in a unit, for all of its records or for one (`object`), up to a level of
-- protection. A row with a `category` was taken in an emergency: read on the server only, and never written with.
-- Nothing is deleted here: a right that is taken back gets an end.
CREATE TABLE grants (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user BLOB NOT NULL REFERENCES users (id),
    role TEXT NOT NULL,
    unit BLOB NOT NULL REFERENCES units (id),
    object BLOB,
    level INTEGER NOT NULL,
    category TEXT,
    reason TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER,
    given_by BLOB,
    second_by BLOB
) STRICT;
CREATE INDEX grants_user ON grants (user);
CREATE INDEX grants_object ON grants (object) WHERE object IS NOT NULL;
-- Whoever has an account keeps what he had: each of his roles, in his unit, at every level, without an end.
INSERT INTO grants (user, role, unit, level, reason, from_ms)
    SELECT users.id, roles.name, users.unit, 3, '', 0
    FROM users JOIN (
        SELECT 'caseworker' AS name UNION SELECT 'inspector' UNION SELECT 'supervisor' UNION SELECT 'administrator'
    ) AS roles ON instr(',' || users.roles || ',', ',' || roles.name || ',') > 0
    ORDER BY users.id, roles.name;
ALTER TABLE users DROP COLUMN roles;
-- A unit may let assignment decide: then a caseworker has the own cases only. Who has a case is made from its fields.
ALTER TABLE units ADD COLUMN by_assignment INTEGER NOT NULL DEFAULT 0;
CREATE TABLE staff (document BLOB NOT NULL, user BLOB NOT NULL, PRIMARY KEY (document, user)) STRICT, WITHOUT ROWID;
CREATE INDEX staff_user ON staff (user);
-- A record may be protected more, never less. It stands apart from the record, so that a log that is put back
-- does not lower it, and a record that comes again is as protected as it was.
CREATE TABLE raised (
    document BLOB PRIMARY KEY,
    level INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    by BLOB NOT NULL
) STRICT, WITHOUT ROWID;
