# shellcheck shell=bash
# A RabbitMQ node of our own, with its own epmd, that shares nothing with Debian's system-wide one. WHARF_RABBITMQ_NODE names it;
# with WHARF_RABBITMQ_SEED, the name of another node, it joins that one's cluster by that one's epmd: both need the same
# secrets file and the same WHARF_EPMD_PORT.
NODE_NAME=${WHARF_RABBITMQ_NODE:-wharf@localhost}
SEED_NAME=${WHARF_RABBITMQ_SEED:-}

start_rabbitmq() {
    local folder=$WHARF_HOME/rabbitmq
    alive rabbitmq && return
    own_folder rabbitmq "$folder"
    # The first boot makes the user; later ones keep it. Statistics every second, so that queue depths are fresh.
    own_file rabbitmq "$folder/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$WHARF_RABBITMQ_PORT
management.tcp.ip = 127.0.0.1
management.tcp.port = $WHARF_RABBITMQ_MANAGEMENT_PORT
collect_statistics_interval = 1000
default_user = wharf
default_pass = $RABBITMQ_PASSWORD
${SEED_NAME:+cluster_formation.classic_config.nodes.1 = $SEED_NAME}
CONF
    own_file rabbitmq "$folder/enabled_plugins" <<<'[rabbitmq_management].'
    own_file rabbitmq "$folder/env.conf" </dev/null # in place of the system-wide one
    [ -s "$folder/.erlang.cookie" ] || own_file rabbitmq "$folder/.erlang.cookie" <<<"$RABBITMQ_COOKIE"

    local -x HOME=$folder LC_ALL=C.UTF-8 ERL_EPMD_PORT=$WHARF_EPMD_PORT ERL_EPMD_ADDRESS=127.0.0.1
    [ -n "$SEED_NAME" ] || alive epmd || launch epmd rabbitmq epmd -port "$WHARF_EPMD_PORT" -address 127.0.0.1
    [ -n "$SEED_NAME" ] || await epmd 10 port_is_busy "$WHARF_EPMD_PORT"

    # ALLOW_INPUT makes the script become the Erlang machine (instead of waiting for a child), so that the pid that we
    # remember is the broker's; -noinput then takes the input away again.
    launch rabbitmq rabbitmq env --chdir="$folder" \
        RABBITMQ_NODENAME="$NODE_NAME" \
        RABBITMQ_DIST_PORT="$WHARF_RABBITMQ_DIST_PORT" \
        RABBITMQ_CONF_ENV_FILE="$folder/env.conf" \
        RABBITMQ_CONFIG_FILE="$folder/rabbitmq.conf" \
        RABBITMQ_ENABLED_PLUGINS_FILE="$folder/enabled_plugins" \
        RABBITMQ_MNESIA_BASE="$folder/mnesia" \
        RABBITMQ_LOG_BASE="$folder" RABBITMQ_LOGS=- \
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}' \
        RABBITMQ_ALLOW_INPUT=true \
        /usr/lib/rabbitmq/bin/rabbitmq-server -noinput
    await rabbitmq 60 rabbitmq_serves
}

rabbitmq_serves() {
    port_is_busy "$WHARF_RABBITMQ_PORT" && curl -s -o /dev/null "http://127.0.0.1:$WHARF_RABBITMQ_MANAGEMENT_PORT/"
}

# rabbitmqctl ARGUMENTS…: RabbitMQ's own tool, for the node of this stack
rabbitmqctl() {
    local folder=$WHARF_HOME/rabbitmq
    run_as rabbitmq env --chdir="$folder" HOME="$folder" LC_ALL=C.UTF-8 \
        ERL_EPMD_PORT="$WHARF_EPMD_PORT" ERL_EPMD_ADDRESS=127.0.0.1 \
        RABBITMQ_NODENAME="$NODE_NAME" RABBITMQ_CONF_ENV_FILE="$folder/env.conf" \
        /usr/lib/rabbitmq/bin/rabbitmqctl --quiet "$@"
}
