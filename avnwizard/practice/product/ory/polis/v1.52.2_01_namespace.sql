ALTER TABLE polis.jackson_store ADD COLUMN namespace text NOT NULL DEFAULT 'saml';
