# Sourced by ci/oss-fuzz/check: what OSS-Fuzz verifies of a folder of targets
# before it runs them (bad_build_check and test_all.py of its base-runner), and
# a little more. Thresholds are those of bad_build_check.
#
# Each verify_CHECK() takes a target of the folder `out` and prints why it
# fails, or nothing.
# shellcheck shell=bash disable=SC2154 # variables of ci/oss-fuzz/check

checks=(files linked sanitizer starts seeds moved coverage)

# All else must be in the target itself.
base_libraries='^(linux-vdso|ld-linux-x86-64|libc|libm|libdl|libpthread|librt'
base_libraries+='|libresolv|libgcc_s)\.so'

# The options that ClusterFuzz sets.
asan='alloc_dealloc_mismatch=0:allocator_may_return_null=1:detect_leaks=1'
asan+=':detect_stack_use_after_return=1:fast_unwind_on_fatal=0:handle_abort=1'
asan+=':handle_segv=1:handle_sigill=1:strict_memcmp=1:quarantine_size_mb=10'
ubsan=print_stacktrace=1:silence_unsigned_overflow=1

# Run as the runner does, with nothing of this environment.
run_target() { # DIRECTORY COMMAND...
    local directory=$1
    shift
    (cd "$directory" && exec timeout 300 "${as_user[@]}" env -i \
        PATH=/usr/bin:/bin "TMPDIR=$place/tmp" "ASAN_OPTIONS=$asan" \
        "UBSAN_OPTIONS=$ubsan" \
        "${target_environment[@]}" "$@") >"$log" 2>&1 </dev/null
}

last_words() {
    printf '%s: ' "$1"
    grep -a -v '^ *$' "$log" | tail -n 2 | tr '\n' ' '
}

# Sets `options` to what libFuzzer is started with.
read_options() { # TARGET
    local name value
    options=(-rss_limit_mb=2560 -timeout=25)
    while IFS='= ' read -r name value; do
        [[ -z $value ]] || options+=("-$name=$value")
    done < <(grep = "$out/$1.options" 2>/dev/null)
    options+=("-dict=$2/$1.dict")
}

verify_files() { # TARGET
    local file count empty
    for file in "$1_seed_corpus.zip" "$1.dict" "$1.options"; do
        [[ -s $out/$file ]] || printf 'there is no %s; ' "$file"
    done
    [[ $1 =~ ^[A-Za-z0-9_-]+$ ]] || printf 'it has a name that is not run; '
    if [[ -s $out/$1_seed_corpus.zip ]]; then
        count=$(find "$place/seeds/$1" -type f | wc -l)
        empty=$(find "$place/seeds/$1" -type f -empty | wc -l)
        ((count > 0)) || printf 'there are no seeds; '
        ((empty == 0)) || printf '%s seeds are empty; ' "$empty"
    fi
    if [[ -s $out/$1.options ]]; then
        grep -q -x '\[libfuzzer\]' "$out/$1.options" ||
            printf 'the options have no section [libfuzzer]; '
        grep -q -x 'max_len = [0-9]*' "$out/$1.options" ||
            printf 'the options have no max_len; '
    fi
}

verify_linked() { # TARGET
    local library
    [[ $(file -b "$out/$1") == 'ELF 64-bit'*x86-64* ]] ||
        printf 'is not for x86-64; '
    while read -r library; do
        [[ $library =~ $base_libraries ]] || printf 'needs %s; ' "$library"
    done < <(objdump -p "$out/$1" | awk '$1 == "NEEDED" { print $2 }')
}

# Sets `calls` to how often the sanitizers are called: by the whole target, and
# by the function that must be instrumented, which is a library's.
count_calls() { # TARGET
    local line
    declare -g -A calls=()
    while read -r line; do
        calls[${line% *}]=${line#* }
    done < <(objdump -d --no-show-raw-insn "$out/$1" | awk -v one="$function" '
        /^[0-9a-f]+ <.*>:$/ { inside = $2 == "<" one ">:"; seen += inside }
        /callq? +[0-9a-f]+ <__(asan|msan|ubsan|sanitizer_cov)/ {
            match($0, /<__[a-z]+/)
            name = substr($0, RSTART + 3, RLENGTH - 3)
            count[name]++
            within[name] += inside
        }
        END {
            print "seen " seen + 0
            for (name in count) {
                print name " " count[name]
                print "in_" name " " within[name] + 0
            }
        }')
}

expect_calls() { # SANITIZER AT_LEAST AT_MOST
    local count=${calls[$1]-0}
    if ((count < $2)); then
        printf 'has %s calls to %s, fewer than %s; ' "$count" "$1" "$2"
    elif ((count > $3)); then
        printf 'has %s calls to %s, more than %s; ' "$count" "$1" "$3"
    fi
}

verify_sanitizer() { # TARGET
    local many=1000000 short=
    count_calls "$1"
    case $sanitizer in
    address)
        short=asan
        expect_calls asan 1000 $many
        expect_calls msan 0 3
        expect_calls ubsan 0 200
        ;;
    memory)
        short=msan
        expect_calls asan 0 0
        expect_calls msan 1000 $many
        expect_calls ubsan 0 200
        ;;
    undefined)
        short=ubsan
        expect_calls asan 0 0
        expect_calls msan 0 3
        expect_calls ubsan 168 $many
        ;;
    coverage)
        expect_calls asan 0 0
        expect_calls msan 0 3
        ;;
    esac
    ((${calls[seen]-0} > 0)) || printf 'has no %s; ' "$function"
    if [[ -n $short ]] && ((${calls[in_$short]-0} == 0)); then
        printf '%s of a library is not instrumented; ' "$function"
    fi
}

# Without seeds. Nothing in a build for coverage tells libFuzzer what is new.
verify_starts() { # TARGET
    [[ $sanitizer == coverage ]] || "start_with_$engine" "$1"
}

start_with_libfuzzer() { # TARGET
    local edges options
    read_options "$1" "$out"
    run_target "$out" "./$1" -seed=1337 -runs=4 "${options[@]}" ||
        last_words 'does not start'
    grep -q -a 'Done 4 runs' "$log" || printf 'does not do four runs; '
    edges=$(sed -n -E 's/^INFO: Loaded [0-9]+ modules? +\(([0-9]+) .*/\1/p' \
        "$log" | head -n 1)
    if grep -q -a 'no interesting inputs' "$log" || ((${edges:-0} < 100)); then
        printf 'has %s edges, not 100; ' "${edges:-0}"
    fi
}

start_with_afl() { # TARGET
    local work=$place/tmp/afl edges
    rm -rf "$work"
    mkdir -p "$work/in"
    printf 'input' >"$work/in/input"
    chmod -R a+rwX "$work"
    local target_environment=(AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1
        AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_FORKSRV_INIT_TMOUT=30000
        ASAN_OPTIONS=abort_on_error=1:symbolize=0:detect_leaks=0)
    run_target "$out" afl-fuzz -i "$work/in" -o "$work/out" -m none -t 10000 \
        -V 3 -x "$out/$1.dict" -- "./$1" || last_words 'afl-fuzz fails'
    grep -q -a 'All set and ready to roll' "$log" ||
        printf 'AFL++ does not get ready; '
    target_environment=(AFL_DUMP_MAP_SIZE=1)
    run_target "$out" "./$1" || true
    edges=$(tail -n 1 "$log")
    # Its runtime says 65536 when there is nothing that it could count.
    if [[ ! $edges =~ ^[0-9]+$ ]] || ((edges < 100 || edges == 65536)); then
        printf 'has no edges that AFL++ sees, or fewer than 100; '
    fi
}

# Run seeds once each, from DIRECTORY, in FOLDER.
run_seeds() { # TARGET FOLDER DIRECTORY SEED...
    local target=$1 folder=$2 directory=$3 options
    shift 3
    read_options "$target" "$folder"
    case $engine in
    libfuzzer)
        run_target "$directory" "$folder/$target" "${options[@]}" -runs=1 "$@"
        ;;
    afl) run_target "$directory" "$folder/$target" "$@" ;;
    esac
}

verify_seeds() { # TARGET
    local seeds=("$place/seeds/$1"/*) ran
    run_seeds "$1" "$out" "$out" "${seeds[@]}" || last_words 'fails on a seed'
    case $engine in
    libfuzzer) ran=$(grep -a -c '^Executed ' "$log") ;;
    afl) ran=$(grep -a -c '^Execution successful' "$log") ;;
    esac
    ((ran == ${#seeds[@]})) ||
        printf '%s of %s seeds were run; ' "$ran" "${#seeds[@]}"
}

# In a folder of another name, which cannot be written to and is not where the
# target is started, by a user who may write to that of temporary files only.
# The folder that it was built in is away.
verify_moved() { # TARGET
    local moved=$place/moved status=0 as_user=()
    if ((EUID == 0)); then
        as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    fi
    local seeds=("$place/seeds/$1"/*)
    rm -rf "$moved"
    cp -r "$out" "$moved"
    chmod -R a-w,a+rX "$moved"
    mv "$out" "$out.away"
    out=$moved
    run_seeds "$1" "$moved" "$place/empty" "${seeds[0]}" || status=$?
    out=${out_folder}
    mv "$out.away" "$out"
    chmod -R u+w "$moved"
    ((status == 0)) || last_words 'fails elsewhere'
}

# The report that the runner makes. Prints what is wrong, and writes the share
# of lines that ran to `figure`.
verify_coverage() { # TARGET
    local work=$place/tmp/coverage
    [[ $sanitizer == coverage ]] || return 0
    rm -rf "$work"
    mkdir -p "$work/merged"
    chmod -R a+rwX "$work"
    local target_environment=("LLVM_PROFILE_FILE=$work/%1m.profraw")
    run_target "$out" "./$1" -merge=1 -timeout=100 "$work/merged" \
        "$place/seeds/$1" || last_words 'cannot merge'
    if ! "llvm-profdata-$clang" merge -sparse "$work"/*.profraw \
        -o "$work/profile" 2>"$log"; then
        last_words 'leaves no profile'
        return
    fi
    "llvm-profdata-$clang" show --all-functions "$work/profile" >"$log"
    grep -q -x " *$function:" "$log" ||
        printf '%s of a library is not counted; ' "$function"
    "llvm-cov-$clang" export -summary-only -instr-profile="$work/profile" \
        "$out/$1" >"$work/summary.json" 2>"$log"
    python3 - "$work/summary.json" >"$figure" <<'END'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    lines = json.load(file)["data"][0]["totals"]["lines"]
print(f"{lines['covered']} of {lines['count']} lines")
END
    ! grep -q '^0 of' "$figure" || printf 'no line ran; '
    [[ -z $sources_at ]] || verify_sources "$1" "$work"
}

# That lines of the sources are shown, in the folder that is theirs now.
verify_sources() { # TARGET WORK
    "llvm-cov-$clang" show -instr-profile="$2/profile" "$out/$1" \
        -path-equivalence="$sources_at,$(dirname "$out")" >"$2/shown" 2>"$log"
    grep -q 'devicetree/reader.c' "$2/shown" ||
        printf 'the report has no sources; '
}

# Unpack what the target starts from, in the place of this run.
unpack_seeds() { # TARGET
    mkdir -p "$place/seeds/$1"
    unzip -q -d "$place/seeds/$1" "$out/$1_seed_corpus.zip" 2>/dev/null || true
    chmod -R a+rX "$place/seeds"
}

# Run all checks on TARGET. Sets `results` of each to "", "-" when it does not
# apply, or why it failed.
verify_target() { # TARGET
    local check log=$place/log
    declare -g -A results=()
    unpack_seeds "$1"
    for check in "${checks[@]}"; do
        results[$check]=$("verify_$check" "$1") ||
            results[$check]+='it cannot be verified'
    done
    if [[ $sanitizer == coverage ]]; then
        results[starts]=-
    else
        results[coverage]=-
    fi
}
