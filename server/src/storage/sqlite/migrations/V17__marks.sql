-- How often something of a unit's documents has changed that decides who has them: whoever remembers that looks here
-- first. Sums, which change with everything written, are no part of it.
CREATE TABLE marks (unit BLOB PRIMARY KEY, mark INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TRIGGER marks_added AFTER INSERT ON documents BEGIN
    INSERT INTO marks (unit, mark) VALUES (NEW.unit, 1) ON CONFLICT (unit) DO UPDATE SET mark = mark + 1;
END;
CREATE TRIGGER marks_gone AFTER DELETE ON documents BEGIN
    INSERT INTO marks (unit, mark) VALUES (OLD.unit, 1) ON CONFLICT (unit) DO UPDATE SET mark = mark + 1;
END;
CREATE TRIGGER marks_changed AFTER UPDATE OF id, kind, parent, unit, protection, user ON documents BEGIN
    INSERT INTO marks (unit, mark) VALUES (OLD.unit, 1) ON CONFLICT (unit) DO UPDATE SET mark = mark + 1;
    INSERT INTO marks (unit, mark) VALUES (NEW.unit, 1) ON CONFLICT (unit) DO UPDATE SET mark = mark + 1;
END;
