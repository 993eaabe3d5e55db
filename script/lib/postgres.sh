# shellcheck shell=bash
# The PostgreSQL nodes: one of them leads and takes the writes, the others stream from it. Which one leads is written in
# a file, since a promotion outlives restarts. A data folder gets its name only when it is complete, so that an interrupted
# start leaves nothing half made. Configuration is ours alone and written anew at every start.

PG_BIN=/usr/lib/postgresql/15/bin
PG_FOLDER=$WHARF_HOME/postgres

# data_of NODE: its data folder
data_of() { if [ "$1" = postgres ]; then echo "$PG_FOLDER/primary"; else echo "$PG_FOLDER/$1"; fi; }

start_leader() {
    local node
    node=$(leader)
    alive "$node" && return
    own_folder postgres "$PG_FOLDER"
    if [ ! -d "$(data_of "$node")" ]; then
        [ "$node" = postgres ] || die "the data of $node, which leads, is gone: to begin anew, remove $PG_FOLDER"
        create_primary
    fi
    # Without followers yet, nobody could confirm what the roles' script writes.
    configure "$node" ''
    launch_node "$node"
    # A promotion that was interrupted is completed.
    node_psql "$node" -c 'SELECT pg_promote(true, 60) WHERE pg_is_in_recovery()'
    (
        export WHARF_OWNER_PASSWORD WHARF_API_PASSWORD WHARF_WORKER_PASSWORD WHARF_REPLICATION_PASSWORD WHARF_BACKUP_PASSWORD
        node_psql "$node" -f "$ROOT/docker/postgres/roles.sql"
    )
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

# launch_node NODE: configured before; back when it answers
launch_node() {
    local folder
    folder=$(data_of "$1")
    drop_stale_lock "$folder"
    launch "$1" postgres "$PG_BIN/postgres" -D "$folder"
    await "$1" 60 "$PG_BIN/pg_isready" -q -h 127.0.0.1 -p "$(node_port "$1")"
}

# A killed server stays a zombie in a container whose first process reaps nobody, and PostgreSQL takes that for a
# running server. Its lock is stale as soon as none of its children works in the data folder any more.
drop_stale_lock() {
    local pid
    read -r pid 2>/dev/null <"$1/postmaster.pid" || return 0
    if [ -e "/proc/$pid" ] && ! start_time "$pid" >/dev/null; then
        await_orphans "$1"
        rm -f "$1/postmaster.pid"
    fi
}

# A killed server's children end by themselves as soon as they notice; until then one of them may still commit.
await_orphans() {
    local deadline=$((SECONDS + 10))
    while [ -n "$(find /proc/[0-9]*/cwd -maxdepth 0 -lname "$1" 2>/dev/null)" ]; do
        ((SECONDS < deadline)) || die "processes of a killed server still work in $1: end them first"
        sleep 0.1
    done
}

start_follower() {
    local node=$1
    alive "$node" && return
    alive "$(leader)" || die "$node streams from $(leader), which does not run: start that too"
    if [ -e "$PG_FOLDER/$node.fenced" ]; then
        rewind "$node" || clone "$node"
    elif [ ! -d "$(data_of "$node")" ]; then
        clone "$node"
    fi
    launch_follower "$node"
    if ! (await "$node" 10 streams "$node") 2>/dev/null; then
        say "$node cannot follow $(leader) any more; cloning it anew"
        end "$node" INT 10
        clone "$node"
        launch_follower "$node"
        await "$node" 30 streams "$node"
    fi
    rm -f "$PG_FOLDER/$node.fenced"
    # What it kept for its own followers, when it led.
    node_psql "$node" -c 'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active'
}

launch_follower() {
    run_as postgres touch "$(data_of "$1")/standby.signal"
    make_slot "$1"
    configure "$1" ''
    launch_node "$1"
}

clone() {
    local folder new
    folder=$(data_of "$1")
    new=$folder.new
    rm -rf "$new" "$folder"
    node_psql "$(leader)" -c "SELECT pg_drop_replication_slot('$1') FROM pg_replication_slots WHERE slot_name = '$1'"
    make_slot "$1"
    PGPASSWORD=$WHARF_REPLICATION_PASSWORD run_as postgres "$PG_BIN/pg_basebackup" -D "$new" -S "$1" \
        -c fast -h 127.0.0.1 -p "$(node_port "$(leader)")" -U wharf_replication
    run_as postgres touch "$new/standby.signal"
    mv "$new" "$folder"
}

make_slot() {
    node_psql "$(leader)" -c "SELECT pg_create_physical_replication_slot('$1', true)
        WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '$1')"
}

# Takes back what an old leader has that the new one never got. It recovers the folder first, for which it starts a
# server of its own that is no standby; the mark of the fence keeps everybody else from starting it meanwhile.
rewind() {
    local folder
    folder=$(data_of "$1")
    drop_stale_lock "$folder"
    configure "$1" ''
    rm -f "$folder/standby.signal"
    PGPASSWORD=$POSTGRES_PASSWORD run_as postgres "$PG_BIN/pg_rewind" -D "$folder" \
        --source-server="host=127.0.0.1 port=$(node_port "$(leader)") user=postgres dbname=postgres" \
        >"$WHARF_HOME/log/$1.rewind.log" 2>&1
}

# configure NODE NAMES: NAMES is what has to confirm each commit, as synchronous_standby_names takes it
configure() {
    local folder leader
    folder=$(data_of "$1") leader=$(leader)
    own_file postgres "$folder/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $(node_port "$1")
unix_socket_directories = ''
cluster_name = '$1'
max_connections = 200
shared_buffers = 256MB
max_slot_wal_keep_size = 2GB
synchronous_standby_names = '$2'
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C.UTF-8'
hot_standby_feedback = on
$([ "$1" = "$leader" ] || cat <<FOLLOWER
primary_slot_name = '$1'
primary_conninfo = 'host=127.0.0.1 port=$(node_port "$leader") user=wharf_replication password=$WHARF_REPLICATION_PASSWORD application_name=$1'
FOLLOWER
)
CONF
    own_file postgres "$folder/pg_hba.conf" <<CONF
host all all 127.0.0.1/32 scram-sha-256
host replication wharf_replication 127.0.0.1/32 scram-sha-256
CONF
}

# Says which of the followers that run have to confirm a commit (WHARF_SYNCHRONOUS). One that was stopped in an orderly way
# is not waited for; one that died is.
synchronize() {
    local node leader names='' count=0
    leader=$(leader)
    alive "$leader" || return 0
    for node in "${NODES[@]}"; do
        if [ "$node" != "$leader" ] && alive "$node"; then
            names+="${names:+, }$node"
            count=$((count + 1))
        fi
    done
    case $WHARF_SYNCHRONOUS in
        on) [ -z "$names" ] || names="FIRST $count ($names)" ;;
        any1) [ -z "$names" ] || names="ANY 1 ($names)" ;;
        *) names= ;;
    esac
    configure "$leader" "$names"
    node_psql "$leader" -c 'SELECT pg_reload_conf()'
}

# --- promotion

# promote NODE: the leader is fenced, NODE leads
promote() {
    local node=$1 old other
    old=$(leader)
    [ "$node" != "$old" ] || die "$node leads already"
    alive "$node" || die "$node does not run: start it first"
    for other in "${NODES[@]}"; do
        if [ "$other" = "$old" ] || [ "$other" = "$node" ] || ! alive "$other"; then continue; fi
        ! is_ahead "$other" "$node" || die "$other has received more than $node: promote that one, or stop it first"
    done
    fence "$old"
    echo "$node" >"$PG_FOLDER/leader"
    node_psql "$node" -c 'SELECT pg_wal_replay_resume() WHERE pg_is_wal_replay_paused()'
    configure "$node" ''
    node_psql "$node" -c 'SELECT pg_promote(true, 60)' -c 'SELECT pg_reload_conf()'
    node_psql "$node" -c 'SELECT 1 / (NOT pg_is_in_recovery())::int'
    for other in "${NODES[@]}"; do
        if [ "$other" != "$node" ] && alive "$other"; then
            make_slot "$other"
            configure "$other" ''
            node_psql "$other" -c 'SELECT pg_reload_conf()'
        fi
    done
    synchronize
    say "$node leads; 'script/services start $old' brings $old back as its follower"
}

# An old leader must not take a write that the new one does not know of: it is stopped, its orphans too, and whoever starts
# it finds it a standby. Only start_follower lifts the fence, after a rewind or a clone.
fence() {
    local folder
    folder=$(data_of "$1")
    end "$1" INT 30
    await_orphans "$folder"
    own_file postgres "$PG_FOLDER/$1.fenced" </dev/null
    run_as postgres touch "$folder/standby.signal"
}

is_ahead() {
    local left right
    left=$(node_answer "$1" 'SELECT pg_last_wal_receive_lsn()')
    right=$(node_answer "$2" 'SELECT pg_last_wal_receive_lsn()')
    [ "$(node_answer "$2" "SELECT '$left'::pg_lsn > '$right'::pg_lsn")" = t ]
}

# --- questions

node_answer() {
    PGPASSWORD=$POSTGRES_PASSWORD psql -h 127.0.0.1 -p "$(node_port "$1")" -U postgres -d postgres \
        -XAtq -v ON_ERROR_STOP=1 -c "$2"
}

node_psql() {
    PGPASSWORD=$POSTGRES_PASSWORD psql -h 127.0.0.1 -p "$(node_port "$1")" -U postgres -d postgres \
        -XAtq -v ON_ERROR_STOP=1 "${@:2}" >/dev/null
}

streams() {
    "$PG_BIN/pg_isready" -q -h 127.0.0.1 -p "$(node_port "$1")" &&
        node_psql "$(leader)" -c "SELECT 1 / count(*) FROM pg_stat_replication
            WHERE application_name = '$1' AND state IN ('streaming', 'catchup')"
}
