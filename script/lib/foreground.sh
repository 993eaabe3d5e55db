# shellcheck shell=bash
# Long commands that end with this script. Bash handles a signal only between foreground commands, so each command
# runs in the background, in a session of its own, and a signal to the script is passed on to it at once.

STOPPING=
CHILDREN=()

on_signal() {
    STOPPING=yes
    terminate_children
}
trap on_signal INT TERM HUP

terminate_children() {
    local child
    for child in "${CHILDREN[@]}"; do kill -TERM -- "-$child" 2>/dev/null || true; done
}

# begin COMMAND…: starts it beside the others (without the lock of script/server, see there)
begin() {
    setsid "$@" 9>&- &
    CHILDREN+=($!)
}

# Waits for all that were begun. The first failure ends the others and is returned; a signal ends the script.
finish() {
    local ended status failed=0 child rest
    while [ ${#CHILDREN[@]} -gt 0 ]; do
        status=0
        wait -n -p ended "${CHILDREN[@]}" || status=$?
        [ -n "${ended:-}" ] || continue # a signal came, no child ended
        rest=()
        for child in "${CHILDREN[@]}"; do [ "$child" = "$ended" ] || rest+=("$child"); done
        CHILDREN=("${rest[@]}")
        if ((status != 0 && failed == 0)); then
            failed=$status
            terminate_children
        fi
    done
    [ -z "$STOPPING" ] || exit 130
    return "$failed"
}

step() {
    begin "$@"
    finish
}
