#!/bin/bash -eu
# Builds the fuzz targets as OSS-Fuzz and ClusterFuzzLite ask for them: with the
# compilers, flags and engine that the environment names, libraries from their
# sources, and beside each target what an engine starts from.
#
#   CC CXX CFLAGS CXXFLAGS LIB_FUZZING_ENGINE   how to compile and link
#   SRC    holds el2diff, dtc and cJSON
#   WORK   for what lies between
#   OUT    gets the targets and their files

build=$WORK/el2diff

# Those of fuzz/targets/ that are worth running for ever. What fuzz_published
# compares is known to differ: it would only find that again.
list_targets() {
    basename -s .c "$SRC"/el2diff/fuzz/targets/*.c | grep -v -x fuzz_published
}

mapfile -t targets < <(list_targets)
rm -rf "$build"
# CFLAGS have all the flags: no build type adds to them.
cmake -S "$SRC/el2diff" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=None \
    -DBUILD_TESTING=OFF "-DEL2DIFF_FUZZING_ENGINE=$LIB_FUZZING_ENGINE" \
    "-DEL2DIFF_LIBFDT_SOURCE=$SRC/dtc/libfdt" \
    "-DEL2DIFF_CJSON_SOURCE=$SRC/cJSON"
cmake --build "$build" --target el2diff "${targets[@]}"

for target in "${targets[@]}"; do
    cp "$build/bin/$target" "$OUT/"
done
"$SRC/el2diff/ci/oss-fuzz/side-files" "$build" "$OUT" "${targets[@]}"
