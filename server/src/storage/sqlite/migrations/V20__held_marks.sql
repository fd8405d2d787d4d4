-- How often what a device holds by the ledger has changed: whoever remembers what follows from that looks here first.
CREATE TABLE held_marks (device BLOB PRIMARY KEY, mark INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TRIGGER held_marks_added AFTER INSERT ON holdings BEGIN
    INSERT INTO held_marks (device, mark) VALUES (NEW.device, 1) ON CONFLICT (device) DO UPDATE SET mark = mark + 1;
END;
CREATE TRIGGER held_marks_gone AFTER DELETE ON holdings BEGIN
    INSERT INTO held_marks (device, mark) VALUES (OLD.device, 1) ON CONFLICT (device) DO UPDATE SET mark = mark + 1;
END;
