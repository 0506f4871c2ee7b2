#!/bin/sh
# A standby of the registry: copies it once, then follows it.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  pg_basebackup --pgdata "$PGDATA" --write-recovery-conf --wal-method stream --checkpoint fast \
    --dbname "host=registry-db user=replica password=$REPLICATION_PASSWORD"
  chmod 700 "$PGDATA"
fi
exec postgres
