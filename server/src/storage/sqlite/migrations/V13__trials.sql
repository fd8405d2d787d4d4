-- Changes whose trial ended with the end of its process, and how often that was when they were tried alone.
CREATE TABLE trials (
    document BLOB NOT NULL,
    hash BLOB NOT NULL,
    deaths INTEGER NOT NULL,
    PRIMARY KEY (document, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX chunks_killed ON chunks (device) WHERE state = 'held' AND reason = 'the trial was aborted';
