# Sourced by ci/oss-fuzz/check: OSS-Fuzz's image for building, as far as it can
# be had without Docker. The flags are those of its base-builder.
# shellcheck shell=bash disable=SC2154 # variables of ci/oss-fuzz/check

base_flags='-O1 -fno-omit-frame-pointer -gline-tables-only
-Wno-error=incompatible-function-pointer-types -Wno-error=int-conversion
-Wno-error=deprecated-declarations -Wno-error=implicit-function-declaration
-Wno-error=implicit-int -Wno-error=unknown-warning-option
-Wno-unused-command-line-argument
-DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION'

# What ends a run, and beside it unsigned overflow, which only makes coverage.
undefined='array-bounds,bool,builtin,enum,function,integer-divide-by-zero,null'
undefined+=',object-size,return,returns-nonnull-attribute,shift'
undefined+=',signed-integer-overflow,unreachable,vla-bound,vptr'

sanitizer_flags() { # SANITIZER
    case $1 in
    address)
        printf '%s' '-fsanitize=address -fsanitize-address-use-after-scope'
        ;;
    memory) printf '%s' '-fsanitize=memory -fsanitize-memory-track-origins' ;;
    undefined)
        printf '%s' "-fsanitize=$undefined,unsigned-integer-overflow \
-fno-sanitize-recover=$undefined"
        ;;
    esac
}

coverage_flags() { # ENGINE SANITIZER
    if [[ $2 == coverage ]]; then
        printf '%s' '-fprofile-instr-generate -fcoverage-mapping -pthread
-Wl,--no-as-needed -Wl,-ldl -Wl,-lm'
    elif [[ $1 == libfuzzer ]]; then
        printf '%s' -fsanitize=fuzzer-no-link
    fi
}

# Why a build cannot be made here, or nothing.
why_no_build() { # ENGINE CLANG
    local tool
    for tool in clang clang++ llvm-symbolizer llvm-cov llvm-profdata; do
        if ! command -v "$tool-$2" >/dev/null; then
            printf 'there is no %s-%s' "$tool" "$2"
            return
        fi
    done
    if [[ $1 == afl ]] && { ! command -v afl-clang-fast >/dev/null ||
        [[ ! -f /usr/lib/afl/libAFLDriver.a ]]; }; then
        printf 'AFL++ is not installed'
    fi
}

# The tree as it is now, without what git ignores.
copy_tree() { # TO
    (cd "$root" && git ls-files -z --cached --others --exclude-standard |
        while IFS= read -r -d '' file; do
            [[ ! -f $file ]] || printf '%s\0' "$file"
        done | tar -c --null -T - -f -) | tar -x -C "$1"
}

# Sources where the Dockerfile clones them: once for all builds, so that all
# are of the same tree.
make_sources() { # TO
    "$root/tools/get-sources" || exit 2
    mkdir -p "$1/el2diff" "$1/dtc" "$1/cJSON"
    copy_tree "$1/el2diff" || fail "cannot copy $root, which git must know"
    cp -r "$root/build/sources/libfdt" "$1/dtc/"
    cp "$root"/build/sources/cjson/* "$1/cJSON/"
    cp "$root/ci/oss-fuzz/build.sh" "$1/"
}

# What stands for the image's own compilers: clang without a version.
make_tools() { # TO CLANG
    local tool
    mkdir "$1"
    for tool in clang clang++ llvm-symbolizer llvm-cov llvm-profdata; do
        ln -s "$(command -v "$tool-$2")" "$1/$tool"
    done
}

# Sets `contract` to the environment of a build in FOLDER. libc++ of the image
# is an archive, and libstdc++ is used as one here; it and MemorySanitizer both
# have operators new.
set_contract() { # FOLDER ENGINE SANITIZER
    local flags library=-static-libstdc++
    [[ $3 != memory ]] || library+=' -Wl,-z,muldefs'
    flags="$base_flags $(sanitizer_flags "$3") $(coverage_flags "$2" "$3")"
    flags=${flags//$'\n'/ }
    contract=("PATH=$1/bin:/usr/local/bin:/usr/bin:/bin" "HOME=$1/home"
        "SRC=$1/src" "OUT=$1/out" "WORK=$1/work"
        "SANITIZER=$3" "FUZZING_ENGINE=$2" FUZZING_LANGUAGE=c
        ARCHITECTURE=x86_64 "CFLAGS=$flags" "CXXFLAGS=$flags $library"
        UBSAN_OPTIONS=silence_unsigned_overflow=1)
    if [[ $2 == afl ]]; then
        # Its own passes are for one version of LLVM: clang's are taken.
        contract+=(CC=afl-clang-fast CXX=afl-clang-fast++ AFL_QUIET=1
            AFL_CC=clang AFL_CXX=clang++ AFL_LLVM_INSTRUMENT=LLVM-NATIVE
            ASAN_OPTIONS=detect_leaks=0:symbolize=0:abort_on_error=1
            "LIB_FUZZING_ENGINE=$1/libFuzzingEngine.a")
    else
        contract+=(CC=clang CXX=clang++ CCC=clang++
            LIB_FUZZING_ENGINE=-fsanitize=fuzzer)
    fi
}

# What a build depends on, so that one that is there can be used again. It reads
# no tests, no documents, and of ci/ two scripts.
build_key() { # SOURCES ENGINE SANITIZER CLANG
    local contract
    set_contract / "$2" "$3"
    {
        (cd "$1" && find . \( -path ./el2diff/docs -o -path ./el2diff/tests \
            -o -path ./el2diff/.github -o -path ./el2diff/ci \) -prune \
            -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
            sha256sum build.sh el2diff/ci/oss-fuzz/side-files)
        "clang-$4" --version
        printf '%s\n' "${contract[@]}"
    } | sha256sum | cut -d ' ' -f 1
}

# Build in a folder that is renamed afterwards: where it was built a target
# finds nothing any more. Sets `building` meanwhile.
build_in_contract() { # SOURCES TO ENGINE SANITIZER CLANG
    local folder contract status=0 log=$2.log
    folder=$(mktemp -d "$(dirname "$2")/new.XXXXXX") || return 1
    building=$folder
    mkdir "$folder/src" "$folder/out" "$folder/work" "$folder/home"
    cp -r "$1/." "$folder/src"
    make_tools "$folder/bin" "$5"
    [[ $3 != afl ]] || cp /usr/lib/afl/libAFLDriver.a \
        "$folder/libFuzzingEngine.a"
    set_contract "$folder" "$3" "$4"
    : >"$log"
    start_command "$log" env -i "${contract[@]}" bash -c \
        'cd "$SRC" && bash -eux "$SRC/build.sh"'
    wait_for_command build_progress "building $(basename "$2")" "$log" ||
        status=$?
    if ((status != 0)); then
        rm -rf "$folder"
        building=
        return 1
    fi
    printf '%s\n' "$folder" >"$folder/place"
    build_key "$1" "$3" "$4" "$5" >"$folder/key"
    rm -rf "$2" "$folder/work" "$folder/bin"
    mv "$folder" "$2"
    building=
}
