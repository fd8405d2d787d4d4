-- When somebody opened a house there last that a device has taken along, Unix milliseconds; 0: nothing is known of it.
ALTER TABLE wants ADD COLUMN used_ms INTEGER NOT NULL DEFAULT 0;
