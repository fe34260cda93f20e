# Sourced by tools/fuzz: what is libFuzzer's. Also AFL++ uses it, to run known
# inputs and to merge corpora.
# shellcheck shell=bash disable=SC2154,SC2034 # variables of tools/fuzz

libfuzzer_prepare() {
    statistics=("build/fuzz-logs/$target.statistics")
}

# Sets `command` to the target with flags, which what it runs follows.
libfuzzer_command() {
    command=("$programs/$target" "-max_len=$(longest_input)" -timeout=10
        -rss_limit_mb=2560 "-artifact_prefix=$artefacts/")
}

# Run a command as a session that the function PROGRESS tells of. Returns its
# status.
libfuzzer_start() { # PROGRESS [NAME=VALUE...] COMMAND...
    local progress=$1 environment status=0
    shift
    set_environment
    session_start=$(stat -c %s "$log")
    start_command "$log" env "${environment[@]}" \
        "UBSAN_OPTIONS=${UBSAN_OPTIONS-print_stacktrace=1:halt_on_error=1}" \
        "$@"
    wait_for_command "$progress" || status=$?
    return "$status"
}

libfuzzer_run_session() { # LEFT
    local command
    libfuzzer_command
    command+=("-max_total_time=$1" "-seed=$seed" -print_final_stats=1)
    if mutates_bytes && [[ -f dict/$target.dict ]]; then
        command+=("-dict=dict/$target.dict")
    fi
    libfuzzer_start fuzz_progress "EL2DIFF_STATISTICS=${statistics[0]}" \
        "${command[@]}" "$corpus" "$seeds"
}

libfuzzer_add_session() {
    local line
    line=$(last_line '^stat::number_of_executed_units:')
    if [[ $line =~ ([0-9]+)$ ]]; then
        executions=$((executions + BASH_REMATCH[1]))
    fi
}

# It ends at the first that it finds.
libfuzzer_report_findings() {
    local line
    line=$(last_line 'Test unit written to ' | grep -v '/slow-unit-') ||
        return 1
    report_finding "${line##*Test unit written to }"
}

libfuzzer_log() {
    printf '%s' "$log"
}

# Prints what NAME counts in the engine's last status line, as in
# "#64 NEW cov: 12 ft: 34 corp: 5/67b lim: 4 exec/s: 0", or 0.
libfuzzer_coverage() { # NAME
    local line
    line=$(last_line '^#[0-9]+.* cov: [0-9]+ ft: [0-9]+ corp: [0-9]+')
    if [[ $line =~ \ "$1: "([0-9]+) ]]; then
        printf '%s' "${BASH_REMATCH[1]}"
    else
        printf 0
    fi
}

libfuzzer_progress() {
    printf ', %s edges, %s features, corpus %s' "$(libfuzzer_coverage cov)" \
        "$(libfuzzer_coverage ft)" "$(libfuzzer_coverage corp)"
}

libfuzzer_summarize_coverage() {
    if (($(libfuzzer_coverage cov) == 0)); then
        row coverage 'unknown: it ended before the engine counted'
        return
    fi
    local edges
    edges=$(last_line '^INFO: Loaded [0-9]+ modules')
    if [[ $edges =~ \(([0-9]+)\ inline ]]; then
        edges=" of ${BASH_REMATCH[1]}"
    fi
    row coverage '%s%s edges, %s features' \
        "$(libfuzzer_coverage cov)" "$edges" "$(libfuzzer_coverage ft)"
    row corpus '%s inputs, in %s' "$(libfuzzer_coverage corp)" \
        "$(shown_path "$corpus")"
}

# It takes USR1 as a wish to end in order; a target that does not come back
# gets no wish.
libfuzzer_ask_to_stop() {
    kill -USR1 -- "-$running" 2>/dev/null || true
    (sleep 2 && kill -KILL -- "-$running") >/dev/null 2>&1 &
}

# The corpus is on disk already.
libfuzzer_finish() {
    :
}
