ALTER TABLE hydra_oauth2_refresh ADD COLUMN first_used_at timestamptz;
