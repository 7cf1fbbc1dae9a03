#!/bin/sh
# Databases: one for Airflow, one for the catalogue, each with a role that cannot read the other.
set -eu
psql -v ON_ERROR_STOP=1 -v airflow="$AIRFLOW_DB_PASSWORD" -v evidence="$EVIDENCE_DB_PASSWORD" --username "$POSTGRES_USER" <<'SQL'
CREATE ROLE airflow LOGIN PASSWORD :'airflow';
CREATE DATABASE airflow OWNER airflow;
REVOKE CONNECT ON DATABASE airflow FROM PUBLIC;
CREATE ROLE evidence LOGIN PASSWORD :'evidence';
CREATE DATABASE evidence OWNER evidence;
REVOKE CONNECT ON DATABASE evidence FROM PUBLIC;
SQL
