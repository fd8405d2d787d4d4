-- What has become of a device, the most restrictive last. `lost`: it is to hand everything in and then to remove all it
-- has of its person; `wiped`: it says it has. `retired`: its person goes on as another device.
ALTER TABLE devices ADD COLUMN state TEXT NOT NULL DEFAULT 'active'
    CHECK (state IN ('active', 'retired', 'lost', 'wiped'));
ALTER TABLE devices ADD COLUMN ordered_ms INTEGER;
ALTER TABLE devices ADD COLUMN receipt_ms INTEGER;
-- How far a device has shown that it has come, in which life of the log and when: it never goes back but as a copy of
-- itself. `high` was there before and never written.
ALTER TABLE devices ADD COLUMN arrived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN high_epoch BLOB;
ALTER TABLE devices ADD COLUMN high_ms INTEGER NOT NULL DEFAULT 0;
-- The session it comes with, the one before it, and when the newer came first.
ALTER TABLE devices ADD COLUMN session BLOB;
ALTER TABLE devices ADD COLUMN session_before BLOB;
ALTER TABLE devices ADD COLUMN session_ms INTEGER NOT NULL DEFAULT 0;
-- When two were seen that say they are this one.
ALTER TABLE devices ADD COLUMN cloned_ms INTEGER;
