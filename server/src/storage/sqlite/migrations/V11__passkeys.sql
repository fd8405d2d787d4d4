-- Passkeys of accounts: public keys only.
CREATE TABLE passkeys (
    credential BLOB PRIMARY KEY,
    user BLOB NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    -- The host name it is good for.
    host TEXT NOT NULL,
    key BLOB NOT NULL,
    counter INTEGER NOT NULL,
    made_ms INTEGER NOT NULL,
    used_ms INTEGER,
    -- When its counter was last not above the one before: there may be two of it.
    regressed_ms INTEGER,
    -- When it was removed: it stays noted, so that no backup brings it back.
    removed_ms INTEGER
) STRICT;
CREATE INDEX passkeys_user ON passkeys (user);

-- Who came by a one-time link and may sign in by password until then, to make the first passkey.
CREATE TABLE first_passkeys (
    user BLOB PRIMARY KEY REFERENCES users (id),
    ends_ms INTEGER NOT NULL
) STRICT;
