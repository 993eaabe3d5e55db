# shellcheck shell=bash
# Long commands that end with this script. Bash handles a signal only between foreground commands, so each command
# runs in the background, in a session of its own, and a signal to the script is passed on to it at once.

STOPPING=
CHILDREN=()

trap 'STOPPING=yes' INT TERM HUP

# begin COMMAND…: starts it beside the others (without the lock of script/server, see there)
begin() {
    setsid "$@" 9>&- &
    CHILDREN+=($!)
}

# Waits for all that were begun. The first failure ends the others and is returned; a signal ends the script. (It looks
# ten times a second, because `wait -n` loses the child that ends while a signal is handled.)
finish() {
    local failed=0 status child rest
    while [ ${#CHILDREN[@]} -gt 0 ]; do
        rest=()
        for child in "${CHILDREN[@]}"; do
            if kill -0 "$child" 2>/dev/null; then
                rest+=("$child")
                continue
            fi
            status=0
            wait "$child" || status=$?
            ((failed != 0)) || failed=$status
        done
        CHILDREN=("${rest[@]}")
        if [ -n "$STOPPING" ] || ((failed != 0)); then
            for child in "${CHILDREN[@]}"; do kill -TERM -- "-$child" 2>/dev/null || true; done
        fi
        [ ${#CHILDREN[@]} -eq 0 ] || sleep 0.1
    done
    [ -z "$STOPPING" ] || exit 130
    return "$failed"
}

step() {
    begin "$@"
    finish
}
