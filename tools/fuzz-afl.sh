# Sourced by tools/fuzz: what is AFL++'s. One main instance and secondary ones
# exchange what they find through build/afl/sync/TARGET, where the next run
# takes it up again. The main one also takes what libFuzzer learned and learns,
# and at the end libFuzzer takes from all of them what adds to its corpus.
# shellcheck shell=bash disable=SC2154,SC2034 # variables of tools/fuzz

afl_prepare() {
    local i
    build afl --target "$target" afl_mutator
    afl_sync=build/afl/sync/$target
    afl_instances=(main)
    for ((i = 1; i < jobs; i++)); do
        afl_instances+=("secondary-$i")
    done
    statistics=()
    for i in "${afl_instances[@]}"; do
        statistics+=("build/fuzz-logs/$target-$i.statistics")
    done
    mkdir -p "$afl_sync"
    afl_known=no
    afl_executed=$(afl_total execs_done)
    afl_corpus_before=$(afl_file_count "$corpus")
}

afl_file_count() { # DIRECTORY
    find "$1" -maxdepth 1 -type f | wc -l
}

# The queues of this and earlier runs, also of instances that do not run now.
# Sets `queues`.
afl_queues() {
    local queue
    queues=()
    for queue in "$afl_sync"/*/queue; do
        [[ ! -d $queue ]] || queues+=("$queue")
    done
}

# What an instance writes of itself after NAME, each minute and at the end; or
# 0.
afl_said() { # INSTANCE NAME
    local text
    text=$(cat "$afl_sync/$1/fuzzer_stats" 2>/dev/null) || text=
    awk -v name="$2" '$1 == name { said = $3 } END { print said + 0 }' \
        <<<"$text"
}

# The sum over all instances.
afl_total() { # NAME
    local instance sum=0
    for instance in "${afl_instances[@]}"; do
        sum=$((sum + $(afl_said "$instance" "$1")))
    done
    printf '%s' "$sum"
}

# A number from the last line that the main instance plots, each few seconds,
# or 0.
afl_plotted() { # COLUMN
    local line
    line=$(tail -n 1 "$afl_sync/main/plot_data" 2>/dev/null) || line=
    awk -F ', ' -v column="$1" '{ print $column + 0; n++ }
        END { if (n == 0) { print 0 } }' <<<"$line"
}

# Sets `command` to the I-th instance.
afl_command() { # I
    local instance=${afl_instances[$1]} environment
    set_environment
    environment+=("EL2DIFF_STATISTICS=${statistics[$1]}"
        AFL_AUTORESUME=1 AFL_IMPORT_FIRST=1 AFL_SYNC_TIME=1 AFL_FAST_CAL=1
        AFL_BENCH_UNTIL_CRASH=1 AFL_NO_CRASH_README=1 AFL_NO_UI=1
        AFL_NO_COLOR=1 AFL_NO_AFFINITY=1 AFL_SKIP_CPUFREQ=1
        AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1
        ASAN_OPTIONS=abort_on_error=1:symbolize=0:detect_leaks=0
        UBSAN_OPTIONS=abort_on_error=1:symbolize=0:halt_on_error=1)
    command=(afl-fuzz -i "$seeds" -o "$afl_sync" -m none -t 10000
        -G "$(longest_input)")
    if ((seed > 0)); then
        command+=(-s $((seed + $1)))
    fi
    if [[ $instance == main ]]; then
        command+=(-M "$instance" -F "$root/$corpus")
    else
        command+=(-S "$instance")
    fi
    if ! mutates_bytes; then
        environment+=("EL2DIFF_TARGET=$target"
            "AFL_CUSTOM_MUTATOR_LIBRARY=$root/build/afl/bin/afl_mutator.so"
            AFL_CUSTOM_MUTATOR_ONLY=1)
    elif [[ -f dict/$target.dict ]]; then
        command+=(-x "dict/$target.dict")
    fi
    command=(env "${environment[@]}" "${command[@]}" -- "build/afl/bin/$target")
}

# Sets `crashes` to the files of inputs that an instance could not go past. An
# instance that takes up its work again renames the folders.
afl_crashes() {
    local file
    crashes=()
    for file in "$afl_sync"/*/crashes*/id* "$afl_sync"/*/hangs*/id*; do
        [[ ! -f $file ]] || crashes+=("$file")
    done
}

# Run all instances until the time is over, an input is found that ends a
# target, an instance ends, or this process is asked to stop. Returns 1 in the
# second case and 2 in the third. This is a process of its own.
afl_run_instances() { # LEFT
    local end=$((SECONDS + $1)) i command crashes pid pids=() status=0
    trap 'end=0' INT TERM HUP
    for i in "${!afl_instances[@]}"; do
        afl_command "$i"
        "${command[@]}" >"$(afl_log_of "${afl_instances[i]}")" 2>&1 &
        pids+=($!)
    done
    while ((SECONDS < end && status == 0)); do
        sleep 0.3
        for pid in "${pids[@]}"; do
            kill -0 "$pid" 2>/dev/null || status=2
        done
        afl_crashes
        ((${#crashes[@]} == 0)) || status=1
    done
    kill -TERM "${pids[@]}" 2>/dev/null || true
    wait "${pids[@]}" || true
    afl_crashes
    ((${#crashes[@]} == 0)) || status=1
    return "$status"
}

afl_log_of() { # INSTANCE
    printf 'build/fuzz-logs/%s-%s.log' "$target" "$1"
}

# Inputs of before, first of all: what ends a target now, and did not when it
# was found, AFL++ would leave out and not tell of.
afl_run_known_inputs() {
    local command queues
    libfuzzer_command
    afl_queues
    libfuzzer_start afl_known_progress "${command[@]}" -runs=0 \
        "$corpus" "$seeds" "${queues[@]}"
}

afl_known_progress() { # ELAPSED
    printf '%s: running what is known (%s s)' "$target" "$1"
}

# A run that was ended at once may have left files that it did not tell of.
afl_run_session() { # LEFT
    local crashes status=0
    afl_crashes
    ((${#crashes[@]} == 0)) || return 1
    if [[ $afl_known == no ]]; then
        afl_run_known_inputs || return
        [[ $stopped == no ]] || return 0
        afl_known=yes
    fi
    start_command "$log" afl_run_instances "$1"
    wait_for_command fuzz_progress || status=$?
    return "$status"
}

# Programs are counted by the target. Of device trees there is what instances
# say, which go on counting when they take up their work again.
afl_add_session() {
    executions=$(counter programs)
    if ((executions == 0)); then
        executions=$(($(afl_total execs_done) - afl_executed))
    fi
}

# Run FILE, which ended a target, in libFuzzer's build for what it says.
afl_replay() { # FILE
    local command
    libfuzzer_command
    libfuzzer_start afl_replay_progress "${command[@]}" "$1" || true
}

afl_replay_progress() { # ELAPSED
    printf '%s: running what was found (%s s)' "$target" "$1"
}

# AFL++'s files go where libFuzzer leaves its own, with names like those; of
# one signature only the first.
afl_report_findings() {
    local crashes crash file
    afl_crashes
    if ((${#crashes[@]} == 0)); then
        [[ $afl_known == no ]] || return 1
        libfuzzer_report_findings
        return
    fi
    for crash in "${crashes[@]}"; do
        file=$artefacts/crash-$(sha1sum "$crash" | cut -d ' ' -f 1)
        mv "$crash" "$file"
        afl_replay "$file"
        if ! afl_is_reported; then
            report_finding "$file"
        fi
    done
}

# Whether this session reported the signature that was just replayed.
afl_is_reported() {
    local line
    line=$(last_line '^DIVERGENCE ')
    [[ -n $line && " ${signatures[*]} " == *" ${line#DIVERGENCE } "* ]]
}

# What libFuzzer says of the known inputs, or the main instance of itself.
afl_log() {
    if [[ $afl_known == no ]]; then
        libfuzzer_log
    else
        afl_log_of main
    fi
}

afl_progress() {
    printf ', %s edges, queue %s' "$(afl_plotted 13)" "$(afl_plotted 4)"
}

afl_summarize_coverage() {
    local instance queue queues
    if [[ $afl_known == no ]]; then
        row coverage 'unknown: it ended before AFL++ began'
        return
    fi
    if ((jobs > 1)); then
        row instances '%s; what is not a sum is of the main one' "$jobs"
    fi
    row coverage '%s of %s edges' "$(afl_said main edges_found)" \
        "$(afl_said main total_edges)"
    afl_queues
    for queue in "${queues[@]}"; do
        instance=$(basename "$(dirname "$queue")")
        row "$instance" '%s inputs in the queue, in %s' \
            "$(afl_file_count "$queue")" "$(shown_path "$queue")"
    done
    row corpus '%s inputs, %s of them from AFL++, in %s' \
        "$(afl_file_count "$corpus")" \
        $(($(afl_file_count "$corpus") - afl_corpus_before)) \
        "$(shown_path "$corpus")"
}

# It ends in order, which takes a moment.
afl_ask_to_stop() {
    kill -TERM -- "-$running" 2>/dev/null || true
    (sleep 10 && kill -KILL -- "-$running") >/dev/null 2>&1 &
}

# Into the corpus what adds to it. When this is interrupted nothing is lost: the
# queues are still there.
afl_finish() {
    local command queues status=0
    [[ $afl_known == yes ]] || return 0
    afl_queues
    libfuzzer_command
    libfuzzer_start afl_merge_progress "${command[@]}" -merge=1 "$corpus" \
        "${queues[@]}" || status=$?
    if ((status != 0)); then
        printf 'tools/fuzz: what AFL++ found was not merged into %s, see %s\n' \
            "$(shown_path "$corpus")" "$(shown_path "$log")" >&2
    fi
}

afl_merge_progress() { # ELAPSED
    printf '%s: merging what AFL++ found into the corpus (%s s)' "$target" "$1"
}
