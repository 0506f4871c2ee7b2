#!/bin/sh
# A standby of the registry: copies it once, then follows it. The copy is made beside its place and moved there when it is whole: one that was broken off
# looks like a database, and is none.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  primary="host=registry-db user=replica password=$REPLICATION_PASSWORD"
  rm -rf "$PGDATA.copy"
  # The slot keeps what this has not read yet, however long it is away. One of an earlier try is of no use to this copy.
  psql --quiet --dbname "$primary replication=true" --command 'DROP_REPLICATION_SLOT standby WAIT' 2> /dev/null || true
  pg_basebackup --pgdata "$PGDATA.copy" --write-recovery-conf --wal-method stream --checkpoint fast --create-slot --slot standby --dbname "$primary"
  chmod 700 "$PGDATA.copy"
  rm -rf "$PGDATA"
  mv "$PGDATA.copy" "$PGDATA"
fi
exec postgres
