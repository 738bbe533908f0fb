-- Run once by the postgres image, on an empty volume: one database and one owner per Ory service,
-- and a role that may only read, for reports.
\getenv kratos_password KRATOS_DB_PASSWORD
\getenv hydra_password HYDRA_DB_PASSWORD
\getenv keto_password KETO_DB_PASSWORD
\getenv reporting_password REPORTING_DB_PASSWORD

CREATE ROLE kratos LOGIN PASSWORD :'kratos_password';
CREATE ROLE hydra LOGIN PASSWORD :'hydra_password';
CREATE ROLE keto LOGIN PASSWORD :'keto_password';
CREATE ROLE readers NOLOGIN;
CREATE ROLE reporting LOGIN PASSWORD :'reporting_password' CONNECTION LIMIT 5 IN ROLE readers;
ALTER ROLE reporting SET statement_timeout = '30s';

CREATE DATABASE kratos OWNER kratos;
CREATE DATABASE hydra OWNER hydra;
CREATE DATABASE keto OWNER keto;
REVOKE CONNECT ON DATABASE kratos, hydra, keto FROM PUBLIC;
GRANT CONNECT ON DATABASE kratos TO readers;
ALTER DATABASE avnology SET timezone = 'UTC';

GRANT USAGE ON SCHEMA public TO readers;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO readers;

\connect kratos
ALTER DEFAULT PRIVILEGES FOR ROLE kratos IN SCHEMA public GRANT SELECT ON TABLES TO readers;
GRANT USAGE ON SCHEMA public TO readers;
