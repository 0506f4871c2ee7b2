#!/bin/sh
# Run once by PostgreSQL's image, on an empty data directory: the platform's own databases, a role for each, one for the replica.
set -eu
psql -v ON_ERROR_STOP=1 --username postgres \
  -v registry="$REGISTRY_PASSWORD" -v auth="$AUTH_PASSWORD" -v replica="$REPLICATION_PASSWORD" <<'SQL'
CREATE ROLE tenant_registry LOGIN PASSWORD :'registry';
CREATE ROLE auth LOGIN PASSWORD :'auth';
CREATE ROLE replica LOGIN REPLICATION PASSWORD :'replica';
CREATE DATABASE registry OWNER tenant_registry;
CREATE DATABASE auth OWNER auth;
REVOKE CONNECT ON DATABASE registry, auth, postgres, template1 FROM PUBLIC;
SQL
echo 'host replication replica all scram-sha-256' >> "$PGDATA/pg_hba.conf"
