CREATE SCHEMA IF NOT EXISTS polis;
CREATE TABLE polis.jackson_store (
  key text PRIMARY KEY,
  value text NOT NULL
);
