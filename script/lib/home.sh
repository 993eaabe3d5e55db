# shellcheck shell=bash disable=SC2034
# Where the local stack lives, its ports and its secrets. Sourced by the scripts beside this folder.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
VENV=$ROOT/.local/venv
export WHARF_HOME
WHARF_HOME=$(realpath -m "${WHARF_HOME:-$ROOT/.local}")

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
    say "$*"
    exit 1
}

# The ports keep away from the packages' own defaults, so that the stack runs beside a system-wide PostgreSQL or
# RabbitMQ. The programs of the fleet serve health and metrics from WHARF_METRICS_BASE_PORT upwards.
declare -A DEFAULT_PORTS=(
    [WHARF_API_PORT]=8080
    [WHARF_METRICS_BASE_PORT]=9100
    [WHARF_POSTGRES_PORT]=5433
    [WHARF_REPLICA_PORT]=5434
    [WHARF_REPLICA2_PORT]=5435
    [WHARF_RABBITMQ_PORT]=5673
    [WHARF_RABBITMQ_MANAGEMENT_PORT]=15673
    [WHARF_RABBITMQ_DIST_PORT]=25673
    [WHARF_EPMD_PORT]=4370
    [WHARF_SEARCH_PORT]=9201
    [WHARF_SMTP_PORT]=1025
)
for variable in "${!DEFAULT_PORTS[@]}"; do
    export "$variable"="${!variable:-${DEFAULT_PORTS[$variable]}}"
    if ! [[ ${!variable} =~ ^[1-9][0-9]{0,4}$ ]] || ((${!variable} > 65535)); then
        die "$variable is '${!variable}': set it to a port number from 1 to 65535"
    fi
done
unset variable

# The PostgreSQL nodes: `postgres`, which leads until another is promoted, and its followers. What the last start was told
# of them holds on.
kept() { sed -n "s/^export $1=//p" "$WHARF_HOME/env" 2>/dev/null || true; }
export WHARF_REPLICAS=${WHARF_REPLICAS:-$(kept WHARF_REPLICAS)} WHARF_SYNCHRONOUS=${WHARF_SYNCHRONOUS:-$(kept WHARF_SYNCHRONOUS)}
: "${WHARF_REPLICAS:=1}" "${WHARF_SYNCHRONOUS:=off}"
case $WHARF_REPLICAS in
    1) NODES=(postgres replica) ;;
    2) NODES=(postgres replica replica2) ;;
    *) die "WHARF_REPLICAS is '$WHARF_REPLICAS': set it to 1 or 2" ;;
esac
[[ $WHARF_SYNCHRONOUS =~ ^(off|on|any1)$ ]] || die "WHARF_SYNCHRONOUS is '$WHARF_SYNCHRONOUS': set it to off, on or any1"

leader() { cat "$WHARF_HOME/postgres/leader" 2>/dev/null || echo postgres; }

node_port() {
    case $1 in
        postgres) echo "$WHARF_POSTGRES_PORT" ;;
        replica) echo "$WHARF_REPLICA_PORT" ;;
        replica2) echo "$WHARF_REPLICA2_PORT" ;;
    esac
}

port_is_busy() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Every port at random: below the range from which the kernel serves outgoing connections, and free at this moment. The
# programs' keep away from the others, since a fleet takes more of those behind the first when it scales.
choose_ports() {
    local variable port lowest span taken=' '
    for variable in "${!DEFAULT_PORTS[@]}"; do
        lowest=15000 span=15000
        [[ $variable != WHARF_METRICS_BASE_PORT ]] || lowest=30000 span=2500
        until port=$((lowest + RANDOM % span)) && [[ $taken != *" $port "* ]] && ! port_is_busy "$port"; do :; done
        taken+="$port "
        export "$variable=$port"
    done
}

# require_free_port VARIABLE: ends the script when something listens there already
require_free_port() {
    ! port_is_busy "${!1}" || die "port ${!1} is in use by another program: set $1 to a free port"
}

# Passwords and keys are made once and kept: the databases and the tokens of the last start stay valid.
load_secrets() {
    local name file=$WHARF_HOME/secrets
    (umask 077 && touch "$file")
    for name in POSTGRES_PASSWORD WHARF_OWNER_PASSWORD WHARF_API_PASSWORD WHARF_WORKER_PASSWORD \
        WHARF_REPLICATION_PASSWORD WHARF_BACKUP_PASSWORD RABBITMQ_PASSWORD RABBITMQ_COOKIE JWT_SECRET; do
        grep -q "^$name=" "$file" || echo "$name=$(od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n')" >>"$file"
    done
    # shellcheck disable=SC1090
    . "$file"
}

# The settings that every program of the stack reads, as exports. Needs load_secrets.
print_env() {
    local variable
    local leader node primary hosts api_replicas='' worker_replicas=''
    leader=$(leader)
    primary=127.0.0.1:$(node_port "$leader")/wharf
    hosts=127.0.0.1:$(node_port "$leader")
    # Every node is named as a replica too, the leader last: it is one when another has been promoted.
    for node in "${NODES[@]/#$leader/}" "$leader"; do
        [[ -n $node ]] || continue
        [[ $node == "$leader" ]] || hosts+=,127.0.0.1:$(node_port "$node")
        api_replicas+="${api_replicas:+,}postgres://wharf_api:$WHARF_API_PASSWORD@127.0.0.1:$(node_port "$node")/wharf"
        worker_replicas+="${worker_replicas:+,}postgres://wharf_worker:$WHARF_WORKER_PASSWORD@127.0.0.1:$(node_port "$node")/wharf"
    done
    hosts+="/wharf?target_session_attrs=read-write"
    local rabbitmq=wharf:$RABBITMQ_PASSWORD@127.0.0.1
    echo "# Written by script/services at every start; edits are lost."
    for variable in WHARF_HOME $(printf '%s\n' "${!DEFAULT_PORTS[@]}" | sort); do
        printf 'export %s=%q\n' "$variable" "${!variable}"
    done
    printf 'export WHARF_REPLICAS=%q\n' "$WHARF_REPLICAS"
    printf 'export WHARF_SYNCHRONOUS=%q\n' "$WHARF_SYNCHRONOUS"
    printf 'export WHARF_SERVICES=%q\n' "$ROOT/script/services"
    printf 'export QUEUES_DIRECTORY=%q\n' "$ROOT/queues"
    printf 'export SCHEDULES_DIRECTORY=%q\n' "$ROOT/schedules"
    printf 'export MIGRATIONS_DIRECTORY=%q\n' "$ROOT/migrations"
    printf 'export DOCUMENTS_DIRECTORY=%q\n' "$ROOT/docs"
    cat <<EXPORTS
export HTTP_PORT=$WHARF_API_PORT
export METRICS_PORT=$WHARF_METRICS_BASE_PORT
export POSTGRES_URL=postgres://postgres:$POSTGRES_PASSWORD@$primary
export MIGRATION_DATABASE_URL=postgres://wharf_owner:$WHARF_OWNER_PASSWORD@$hosts
export BACKUP_DATABASE_URL=postgres://wharf_backup:$WHARF_BACKUP_PASSWORD@$primary
export DATABASE_URL=postgres://wharf_api:$WHARF_API_PASSWORD@$hosts
export DATABASE_REPLICA_URLS=$api_replicas
export WORKER_DATABASE_URL=postgres://wharf_worker:$WHARF_WORKER_PASSWORD@$hosts
export WORKER_DATABASE_REPLICA_URLS=$worker_replicas
export AMQP_URL=amqp://$rabbitmq:$WHARF_RABBITMQ_PORT/%2F
export AMQP_MANAGEMENT_URL=http://$rabbitmq:$WHARF_RABBITMQ_MANAGEMENT_PORT
export SEARCH_URL=http://127.0.0.1:$WHARF_SEARCH_PORT
export SMTP_URL='smtp://127.0.0.1:$WHARF_SMTP_PORT?starttls=off'
export MAIL_FROM=shop@wharf.example
export PUBLIC_URL=http://localhost:3000
export JWT_KEYS=local:$JWT_SECRET
export RATE_LIMITS=off # one machine plays all the customers
EXPORTS
}
