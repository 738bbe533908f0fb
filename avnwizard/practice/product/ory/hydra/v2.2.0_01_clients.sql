CREATE TABLE hydra_client (
  id text PRIMARY KEY,
  client_name text NOT NULL,
  grant_types text NOT NULL
);
CREATE TABLE hydra_jwk (
  sid text NOT NULL,
  kid text NOT NULL,
  keydata text NOT NULL,
  PRIMARY KEY (sid, kid)
);
CREATE TABLE hydra_oauth2_refresh (
  signature text PRIMARY KEY,
  client_id text NOT NULL REFERENCES hydra_client (id) ON DELETE CASCADE,
  session_data text NOT NULL,
  expires_at timestamptz NOT NULL
);
