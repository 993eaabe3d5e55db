# shellcheck shell=bash
# The primary and its streaming replica. A data folder gets its name only when it is complete, so that an interrupted
# start leaves nothing half made. Configuration is ours alone and written anew at every start.

PG_BIN=/usr/lib/postgresql/15/bin
PG_FOLDER=$WHARF_HOME/postgres

start_postgres() {
    alive postgres && return
    own_folder postgres "$PG_FOLDER"
    [ -d "$PG_FOLDER/primary" ] || create_primary
    configure primary "$WHARF_POSTGRES_PORT" </dev/null
    drop_stale_lock primary
    launch postgres postgres "$PG_BIN/postgres" -D "$PG_FOLDER/primary"
    await postgres 60 "$PG_BIN/pg_isready" -q -h 127.0.0.1 -p "$WHARF_POSTGRES_PORT"
    (
        export WHARF_OWNER_PASSWORD WHARF_API_PASSWORD WHARF_WORKER_PASSWORD WHARF_REPLICATION_PASSWORD WHARF_BACKUP_PASSWORD
        superuser_psql -f "$ROOT/docker/postgres/roles.sql"
    )
}

# A killed server stays a zombie in a container whose first process reaps nobody, and PostgreSQL takes that for a
# running server. Its lock is stale as soon as none of its children works in the data folder any more.
drop_stale_lock() {
    local folder=$PG_FOLDER/$1 pid deadline=$((SECONDS + 10))
    read -r pid 2>/dev/null <"$folder/postmaster.pid" || return 0
    if [ -e "/proc/$pid" ] && ! start_time "$pid" >/dev/null; then
        while [ -n "$(find /proc/[0-9]*/cwd -maxdepth 0 -lname "$folder" 2>/dev/null)" ]; do
            ((SECONDS < deadline)) || die "processes of a killed server still work in $folder: end them first"
            sleep 0.1
        done
        rm -f "$folder/postmaster.pid"
    fi
}

start_replica() {
    alive replica && return
    alive postgres || die "the replica streams from postgres, which does not run: start that too"
    [ -d "$PG_FOLDER/replica" ] || clone_primary
    launch_replica
    if ! (await replica 10 replica_streams) 2>/dev/null; then
        say "the replica cannot follow the primary any more; cloning it anew"
        end replica INT 10
        clone_primary
        launch_replica
        await replica 30 replica_streams
    fi
}

create_primary() {
    local new=$PG_FOLDER/primary.new password=$PG_FOLDER/password
    rm -rf "$new"
    own_file postgres "$password" <<<"$POSTGRES_PASSWORD"
    run_as postgres "$PG_BIN/initdb" -D "$new" -U postgres --pwfile="$password" --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 --data-checksums >"$WHARF_HOME/log/initdb.log"
    rm "$password"
    mv "$new" "$PG_FOLDER/primary"
}

clone_primary() {
    local new=$PG_FOLDER/replica.new
    rm -rf "$new" "$PG_FOLDER/replica"
    superuser_psql -c "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'replica'"
    PGPASSWORD=$WHARF_REPLICATION_PASSWORD run_as postgres "$PG_BIN/pg_basebackup" -D "$new" -C -S replica \
        -c fast -h 127.0.0.1 -p "$WHARF_POSTGRES_PORT" -U wharf_replication
    run_as postgres touch "$new/standby.signal"
    mv "$new" "$PG_FOLDER/replica"
}

launch_replica() {
    configure replica "$WHARF_REPLICA_PORT" <<CONF
hot_standby_feedback = on
primary_slot_name = 'replica'
primary_conninfo = 'host=127.0.0.1 port=$WHARF_POSTGRES_PORT user=wharf_replication password=$WHARF_REPLICATION_PASSWORD'
CONF
    drop_stale_lock replica
    launch replica postgres "$PG_BIN/postgres" -D "$PG_FOLDER/replica"
}

# configure FOLDER PORT: further settings come from standard input
configure() {
    own_file postgres "$PG_FOLDER/$1/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $2
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
max_slot_wal_keep_size = 2GB
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C.UTF-8'
$(cat)
CONF
    own_file postgres "$PG_FOLDER/$1/pg_hba.conf" <<CONF
host all all 127.0.0.1/32 scram-sha-256
host replication wharf_replication 127.0.0.1/32 scram-sha-256
CONF
}

superuser_psql() {
    PGPASSWORD=$POSTGRES_PASSWORD psql -h 127.0.0.1 -p "$WHARF_POSTGRES_PORT" -U postgres -d postgres \
        -XAtq -v ON_ERROR_STOP=1 "$@" >/dev/null
}

replica_streams() {
    "$PG_BIN/pg_isready" -q -h 127.0.0.1 -p "$WHARF_REPLICA_PORT" &&
        superuser_psql -c "SELECT 1 / count(*) FROM pg_stat_replication WHERE state IN ('streaming', 'catchup')"
}
