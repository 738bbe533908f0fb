-- What a busy little company has after a year, on the schema of v1.5.0. Deterministic: every value follows from its number.
\connect avnology
INSERT INTO organizations (id, name, plan, created_at)
  SELECT n, 'Organization ' || n, (ARRAY['free', 'team', 'enterprise'])[1 + n % 3], '2025-01-01'::timestamptz + n * interval '1 hour'
  FROM generate_series(1, 200) n;
INSERT INTO accounts (id, organization_id, login_name, email, status, created_at)
  SELECT n, 1 + n % 200, 'user' || n, 'user' || n || '@example.test', CASE WHEN n % 50 = 0 THEN 'suspended' ELSE 'active' END,
    '2025-01-01'::timestamptz + n * interval '10 minutes'
  FROM generate_series(1, 20000) n;
INSERT INTO audit_events (account_id, action, detail, at)
  SELECT 1 + n % 20000, (ARRAY['login', 'logout', 'password', 'invite'])[1 + n % 4], jsonb_build_object('ip', '10.0.0.' || n % 250),
    '2025-02-01'::timestamptz + n * interval '1 minute'
  FROM generate_series(1, 40000) n;
INSERT INTO webhook_endpoints SELECT n, n, 'https://hooks.example.test/' || n FROM generate_series(1, 200) n;
INSERT INTO saml_connections SELECT n, n, 'urn:example:' || n FROM generate_series(1, 100) n;
INSERT INTO risk_scores (account_id, score, scored_at)
  SELECT n, n % 100, '2025-06-01'::timestamptz FROM generate_series(1, 20000) n;
INSERT INTO polis.jackson_store SELECT 'saml:' || n, md5('saml-' || n) FROM generate_series(1, 500) n;

\connect kratos
SET ROLE kratos;
INSERT INTO identities (id, schema_id, traits, created_at)
  SELECT md5('identity-' || n)::uuid, 'default', jsonb_build_object('email', 'user' || n || '@example.test', 'n', n),
    '2025-01-01'::timestamptz + n * interval '10 minutes'
  FROM generate_series(1, 20000) n;
INSERT INTO identity_credentials (id, identity_id, type, config)
  SELECT md5('credential-' || n)::uuid, md5('identity-' || n)::uuid, 'password', jsonb_build_object('hashed_password', md5('pw-' || n))
  FROM generate_series(1, 20000) n;
INSERT INTO sessions (id, identity_id, token, active, expires_at)
  SELECT md5('session-' || n)::uuid, md5('identity-' || (1 + n % 20000))::uuid, md5('token-' || n), n % 10 <> 0,
    '2035-01-01'::timestamptz + n * interval '1 second'
  FROM generate_series(1, 30000) n;

\connect keto
SET ROLE keto;
INSERT INTO keto_relation_tuples (shard_id, namespace, object, relation, subject_id)
  SELECT md5('tuple-' || n)::uuid, 'Organization', 'organization:' || (1 + n % 200), (ARRAY['member', 'admin', 'viewer'])[1 + n % 3], 'user' || (1 + n % 20000)
  FROM generate_series(1, 40000) n;

\connect hydra
SET ROLE hydra;
INSERT INTO hydra_client (id, client_name, grant_types)
  SELECT 'client-' || n, 'Client ' || n, 'authorization_code,refresh_token' FROM generate_series(1, 1000) n;
