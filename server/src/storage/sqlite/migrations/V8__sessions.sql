-- Whether the answer of the last renewal has come: until then the secret before it is good.
ALTER TABLE sessions ADD COLUMN taken INTEGER NOT NULL DEFAULT 1;
