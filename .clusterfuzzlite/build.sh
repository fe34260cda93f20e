#!/bin/bash -eu
# As for OSS-Fuzz.
exec bash -eux "$SRC/el2diff/ci/oss-fuzz/build.sh"
