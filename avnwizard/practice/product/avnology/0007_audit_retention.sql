-- v2.1.0: how long an organization keeps its audit events. Adds only.
ALTER TABLE organizations ADD COLUMN audit_days integer NOT NULL DEFAULT 365;
CREATE INDEX audit_events_at ON audit_events (at);
