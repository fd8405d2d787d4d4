-- The one-time link of an account: whoever has it chooses the account's password, once.
CREATE TABLE links (
    user BLOB PRIMARY KEY REFERENCES users (id),
    hash BLOB NOT NULL,
    ends_ms INTEGER NOT NULL
) STRICT;
