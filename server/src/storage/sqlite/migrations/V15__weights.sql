-- What a change costs whoever opens its record: its bytes, and so many more for each of its operations. Of what was there
-- before, operations are not known; its bytes are.
ALTER TABLE chunks ADD COLUMN weight INTEGER NOT NULL DEFAULT 0;
UPDATE chunks SET weight = length(sealed) WHERE state <> 'ended';
CREATE INDEX chunks_weight ON chunks (document, state, user, weight);
-- How much a record weighed when it was last continued or left as it is.
ALTER TABLE documents ADD COLUMN carried_weight INTEGER NOT NULL DEFAULT 0;
-- What a change builds on, found from the change: asked of what waits at every turn of the feed.
CREATE INDEX deps_of ON deps (document, hash);
