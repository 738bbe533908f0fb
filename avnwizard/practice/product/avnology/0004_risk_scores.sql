-- v1.5.0: the risk service keeps its last score per account.
CREATE TABLE risk_scores (
  account_id bigint PRIMARY KEY REFERENCES accounts (id),
  score smallint NOT NULL CHECK (score BETWEEN 0 AND 100),
  scored_at timestamptz NOT NULL DEFAULT now()
);
