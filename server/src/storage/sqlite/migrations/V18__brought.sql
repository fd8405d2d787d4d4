-- Changes of others that a device has brought, as after a restore, while not everybody has them: it is told which of
-- them are held.
CREATE TABLE brought (
    document BLOB NOT NULL,
    hash BLOB NOT NULL,
    device BLOB NOT NULL,
    PRIMARY KEY (document, hash, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX brought_by ON brought (device);
-- What has ended stands as another change, which may be held.
CREATE TRIGGER brought_shared AFTER UPDATE OF state ON chunks WHEN NEW.state = 'visible' BEGIN
    DELETE FROM brought WHERE document = NEW.document AND hash IN (NEW.hash, NEW.was);
END;
CREATE TRIGGER brought_gone AFTER DELETE ON chunks BEGIN
    DELETE FROM brought WHERE document = OLD.document AND hash IN (OLD.hash, OLD.was);
END;
