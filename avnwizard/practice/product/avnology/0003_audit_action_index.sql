-- v1.4.3: the audit log is read by action.
CREATE INDEX audit_events_action ON audit_events (action, at);
