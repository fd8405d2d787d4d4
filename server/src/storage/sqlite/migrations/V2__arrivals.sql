-- The chain value at each arrival, as `chain` is at each number of the feed: it shows whether a log is
-- the one a device was told of, also in what is not in the feed. Begins with the next arrival.
ALTER TABLE chunks ADD COLUMN arrival BLOB;
