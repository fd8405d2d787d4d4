-- Pictures and other files, each as the device keeps it that brought it: how much of it is on the disk, when it moved last,
-- since when all of it is there, and in which life of the log a backup had it. Unix milliseconds.
CREATE TABLE files (
    id BLOB PRIMARY KEY,
    document BLOB NOT NULL,
    name BLOB NOT NULL,
    bytes INTEGER NOT NULL,
    have INTEGER NOT NULL,
    device BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    whole_ms INTEGER,
    backed_epoch BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX files_named ON files (document, name);
CREATE INDEX files_of ON files (device, at_ms, bytes);
CREATE INDEX files_partial ON files (at_ms) WHERE whole_ms IS NULL;
