-- v1.4.2: webhook endpoints and SAML connections.
CREATE TABLE webhook_endpoints (
  id integer PRIMARY KEY,
  organization_id integer NOT NULL REFERENCES organizations (id),
  url text NOT NULL
);
CREATE TABLE saml_connections (
  id integer PRIMARY KEY,
  organization_id integer NOT NULL REFERENCES organizations (id),
  entity_id text NOT NULL UNIQUE
);
