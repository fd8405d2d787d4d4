-- What was cleaned of a record: the fields and entries, and what of them stays all the same. The old changes
-- keep their place in the log and lose their bytes. `line` is, of a change, the newest cleaning its author knew.
CREATE TABLE cuts (
    document BLOB NOT NULL REFERENCES documents (id),
    line INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    by BLOB NOT NULL,
    reason TEXT NOT NULL,
    paths BLOB NOT NULL,
    kept BLOB NOT NULL,
    gone BLOB NOT NULL,
    PRIMARY KEY (document, line)
) STRICT, WITHOUT ROWID;
ALTER TABLE chunks ADD COLUMN line INTEGER NOT NULL DEFAULT 0;
-- Written by somebody who did not know that a place had been cleaned: what else it says was carried over.
CREATE INDEX chunks_cleaned ON chunks (user) WHERE reason = 'cleaned';
-- What stands for a change is asked for with every arrival.
CREATE INDEX chunks_was ON chunks (document, was) WHERE was IS NOT NULL;
