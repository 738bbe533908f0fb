ALTER TABLE hydra_client ADD COLUMN device_authorization boolean NOT NULL DEFAULT false;
