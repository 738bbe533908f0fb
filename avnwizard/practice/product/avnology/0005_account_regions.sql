-- v2.0.0: accounts live in a region. Adds only.
CREATE TABLE regions (
  code text PRIMARY KEY,
  name text NOT NULL
);
INSERT INTO regions (code, name) VALUES ('eu', 'Europe'), ('us', 'United States');
ALTER TABLE accounts ADD COLUMN region text NOT NULL DEFAULT 'eu' REFERENCES regions (code);
