# Sourced by the scripts of tools/: commands that take long, their progress on
# a terminal and nothing in a pipe. A command runs as a process group of its
# own, so that it can be stopped with all that it started.
# shellcheck shell=bash

# The process group of the command that runs, or empty.
running=

on_terminal() {
    [[ -t 1 && ${TERM:-dumb} != dumb ]]
}

# Replace the line that the cursor is on by TEXT, cut to the terminal's width.
show_line() { # TEXT
    local size
    size=$(stty size </dev/tty 2>/dev/null) || size='24 80'
    local width=${size#* }
    ((width > 1)) || width=80
    printf '\r\033[K%s' "${1:0:width-1}"
}

clear_line() {
    if on_terminal; then
        printf '\r\033[K'
    fi
}

# What to say of a command that has run for ELAPSED seconds: with the time
# left when the log counts its steps as Ninja does, "[12/80]".
progress_text() { # WHAT ELAPSED LOG
    local steps
    steps=$(tail -c 4000 "$3" | grep -a -o '^\[[0-9]*/[0-9]*\]' | tail -n 1) ||
        steps=
    if [[ $steps =~ ([0-9]+)/([0-9]+) ]] && ((BASH_REMATCH[1] > 0)); then
        local step=${BASH_REMATCH[1]} steps=${BASH_REMATCH[2]}
        printf '%s (%s s, step %s of %s, about %s s left)' "$1" "$2" \
            "$step" "$steps" $(($2 * (steps - step) / step))
    else
        printf '%s (%s s)' "$1" "$2"
    fi
}

# While process PID lives, show each second what COMMAND... prints when it is
# given the seconds since the start.
watch_process() { # PID COMMAND...
    local pid=$1 start=$SECONDS
    shift
    while kill -0 "$pid" 2>/dev/null; do
        show_line "$("$@" $((SECONDS - start)))"
        sleep 1
    done
}

build_progress() { # WHAT LOG ELAPSED
    progress_text "$1" "$3" "$2"
}

# Run COMMAND... in the background, in a process group of its own. Sets
# `running`.
start_command() { # LOG COMMAND...
    local log=$1
    shift
    set -m
    "$@" >>"$log" 2>&1 </dev/null &
    running=$!
    set +m
}

# Wait for the running command, showing on a terminal what PROGRESS... prints.
# Returns the command's status.
wait_for_command() { # PROGRESS...
    local watcher='' status=0
    if on_terminal; then
        watch_process "$running" "$@" &
        watcher=$!
    fi
    wait "$running" || status=$?
    # A trap ends `wait` before the command has ended.
    while kill -0 "$running" 2>/dev/null; do
        wait "$running" || status=$?
    done
    running=
    if [[ -n $watcher ]]; then
        kill "$watcher" 2>/dev/null || true
        wait "$watcher" 2>/dev/null || true
        clear_line
    fi
    return "$status"
}

# Run COMMAND... with its output in LOG. When it fails, show the end of LOG
# and return its status.
run_quietly() { # WHAT LOG COMMAND...
    local what=$1 log=$2 status=0
    shift 2
    mkdir -p "$(dirname "$log")"
    : >"$log"
    start_command "$log" "$@"
    wait_for_command build_progress "$what" "$log" || status=$?
    if ((status != 0)); then
        tail -n 60 "$log" >&2
        printf 'tools/%s: %s failed, the whole output is in %s\n' \
            "$(basename "$0")" "$what" "$log" >&2
    fi
    return "$status"
}

# End the running command and leave.
interrupted() {
    trap '' INT TERM HUP
    if [[ -n $running ]]; then
        kill -TERM -- "-$running" 2>/dev/null || true
    fi
    clear_line
    exit 130
}
trap interrupted INT TERM HUP
