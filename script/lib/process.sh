# shellcheck shell=bash
# Daemons of the local stack: started in their own session, remembered by pid and start time, ended one by one.

# The start time of a process, in clock ticks since boot; fails when it is gone or a zombie. With the pid it names one
# process for good, where a pid alone may have been given to another program meanwhile.
start_time() {
    local stat fields
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    read -ra fields <<<"${stat##*) }" # the fields behind the command's name, which may hold blanks
    [ "${fields[0]}" != Z ] && echo "${fields[19]}"
}

# as USER: fills AS with the words that run a command as USER. Only root can change users (and must: PostgreSQL
# refuses root); anybody else runs every service as himself.
as() {
    AS=()
    if ((EUID == 0)) && [ "$1" != root ]; then
        AS=(setpriv --reuid="$1" --regid="$1" --init-groups "${AS_CAPABILITIES[@]}" --)
    fi
}
AS_CAPABILITIES=()

run_as() {
    as "$1"
    "${AS[@]}" "${@:2}"
}

# own_folder USER FOLDER, own_file USER FILE: made for USER alone; the file's text comes from standard input
own_folder() {
    if ((EUID == 0)); then install -d -m 700 -o "$1" -g "$1" "$2"; else install -d -m 700 "$2"; fi
}
own_file() {
    if ((EUID == 0)); then install -m 600 -o "$1" -g "$1" /dev/stdin "$2"; else install -m 600 /dev/stdin "$2"; fi
}

# launch NAME USER COMMAND…: its own session keeps a terminal's Ctrl-C away, so that services outlive their clients.
# The command must stay in the foreground. File descriptor 9 is the lock of script/server, which must not be inherited.
launch() {
    local name=$1
    as "$2"
    "${AS[@]}" setsid "${@:3}" </dev/null >"$WHARF_HOME/log/$name.log" 2>&1 9>&- &
    echo "$! $(start_time $!)" >"$WHARF_HOME/run/$name.pid"
}

pid_of() { cut -d' ' -f1 "$WHARF_HOME/run/$1.pid"; }

alive() {
    local pid started
    read -r pid started 2>/dev/null <"$WHARF_HOME/run/$1.pid" || return 1
    [ "$(start_time "$pid")" = "$started" ]
}

# await NAME SECONDS COMMAND…: until COMMAND succeeds; fails when the service ends or the time is over
await() {
    local name=$1 deadline=$((SECONDS + $2))
    until "${@:3}" >/dev/null 2>&1; do
        alive "$name" || fail "$name" "ended"
        ((SECONDS < deadline)) || fail "$name" "is not ready after $2 s"
        sleep 0.05
    done
}

fail() {
    say "$1 $2; the end of $WHARF_HOME/log/$1.log:"
    tail -n 15 "$WHARF_HOME/log/$1.log" | sed 's/^/    /' >&2
    exit 1
}

# end NAME SIGNAL SECONDS: asks it to end, and kills it when it does not
end() {
    local name=$1 deadline=$((SECONDS + $3)) pid
    if alive "$name"; then
        pid=$(pid_of "$name")
        kill "-$2" "$pid"
        while alive "$name"; do
            if ((SECONDS >= deadline)); then
                say "$name (pid $pid) did not end within $3 s of SIG$2; killing it"
                kill -KILL "$pid" 2>/dev/null || true
                deadline=$((SECONDS + 5))
            fi
            sleep 0.05
        done
    fi
    rm -f "$WHARF_HOME/run/$name.pid"
}
