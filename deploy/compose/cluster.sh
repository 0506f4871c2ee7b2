#!/bin/sh
# Run once by PostgreSQL's image, on an empty data directory: the one account that makes tenants' roles and databases. No superuser.
set -eu
psql -v ON_ERROR_STOP=1 --username postgres -v provisioner="$PROVISIONER_PASSWORD" <<'SQL'
CREATE ROLE provisioner LOGIN CREATEDB CREATEROLE PASSWORD :'provisioner';
REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE postgres TO provisioner;
SQL
