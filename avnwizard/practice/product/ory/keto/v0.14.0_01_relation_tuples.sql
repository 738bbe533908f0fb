CREATE TABLE keto_relation_tuples (
  shard_id uuid PRIMARY KEY,
  namespace text NOT NULL,
  object text NOT NULL,
  relation text NOT NULL,
  subject_id text NOT NULL
);
