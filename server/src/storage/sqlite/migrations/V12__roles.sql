-- Whether a case is that of an unaccompanied child, as far as anybody says; NULL where nobody does. Made from its
-- fields in the commit that makes them visible; a case without a row has not been read yet.
CREATE TABLE children (document BLOB PRIMARY KEY, is_child INTEGER) STRICT, WITHOUT ROWID;
-- The department a recipient is of, by its code.
ALTER TABLE grants ADD COLUMN department TEXT;
-- What a unit has decided about who comes in, by its key, from which day on: that tablets are enrolled only by link, that
-- a password is not enough. It stands here beside the record of the decision, so that a log that is put back, and does
-- not know the decision, weakens nothing.
CREATE TABLE stricter (
    unit BLOB NOT NULL,
    key TEXT NOT NULL,
    from_day TEXT NOT NULL,
    PRIMARY KEY (unit, key, from_day)
) STRICT, WITHOUT ROWID;
-- Whoever has used a one-time link may enrol one device until then. The device that was is noted until it comes with its
-- session: the answer may have been lost on the way.
CREATE TABLE may_enrol (
    user BLOB PRIMARY KEY REFERENCES users (id),
    until_ms INTEGER NOT NULL,
    device BLOB
) STRICT;
