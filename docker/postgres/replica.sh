#!/bin/bash
# The replica's entry point: clones the primary where there is nothing yet, and then follows it.
set -euo pipefail
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    rm -rf "${PGDATA:?}/"*
    export PGPASSWORD=$WHARF_REPLICATION_PASSWORD
    slot=()
    # An interrupted clone leaves its slot behind.
    psql --no-psqlrc "host=postgres user=wharf_replication dbname=postgres replication=database" \
        --tuples-only --command 'READ_REPLICATION_SLOT replica' | grep -q physical || slot=(--create-slot)
    pg_basebackup --host postgres --username wharf_replication --pgdata "$PGDATA" \
        --wal-method stream --checkpoint fast --write-recovery-conf --slot replica "${slot[@]}"
    chmod 700 "$PGDATA"
fi
exec postgres "$@"
