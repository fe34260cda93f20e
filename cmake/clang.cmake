# A toolchain file: the newest clang, 14 or later, that can link libFuzzer with
# AddressSanitizer and UndefinedBehaviorSanitizer. Distributions package the
# compiler and these runtimes apart, so that it is there says nothing: a
# program is linked to see.
#
# CC, and CXX with it, name another clang in the environment.
#
# `cmake -P cmake/clang.cmake` prints the compiler's path, or an error.

cmake_minimum_required(VERSION 3.20)

set(EL2DIFF_CLANG_VERSIONS 22 21 20 19 18 17 16 15 14)

# Sets `result` to whether `compiler` can link a fuzz target.
function(el2diff_links_fuzz_target compiler result)
    string(RANDOM LENGTH 12 suffix)
    if(DEFINED ENV{TMPDIR})
        set(directory "$ENV{TMPDIR}/el2diff-${suffix}")
    else()
        set(directory "/tmp/el2diff-${suffix}")
    endif()
    file(WRITE "${directory}/target.c"
         "#include <stddef.h>\n"
         "#include <stdint.h>\n"
         "int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);\n"
         "int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)\n"
         "{\n    return bytes == NULL && size != 0;\n}\n")
    separate_arguments(command UNIX_COMMAND "${compiler}")
    execute_process(
        COMMAND ${command} -fsanitize=fuzzer,address,undefined
                "${directory}/target.c" -o "${directory}/target"
        RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
    file(REMOVE_RECURSE "${directory}")
    if(status EQUAL 0)
        set(${result} TRUE PARENT_SCOPE)
    else()
        set(${result} FALSE PARENT_SCOPE)
    endif()
endfunction()

# Sets `result` to the path of the newest such clang, or to "".
function(el2diff_find_clang result)
    set(${result} "" PARENT_SCOPE)
    set(names ${EL2DIFF_CLANG_VERSIONS})
    list(TRANSFORM names PREPEND "clang-")
    foreach(name ${names} clang)
        find_program(EL2DIFF_CANDIDATE ${name})
        set(candidate "${EL2DIFF_CANDIDATE}")
        unset(EL2DIFF_CANDIDATE CACHE)
        if(candidate)
            el2diff_links_fuzz_target("${candidate}" links)
            if(links)
                set(${result} "${candidate}" PARENT_SCOPE)
                return()
            endif()
        endif()
    endforeach()
endfunction()

# CMake reads this file anew for every check that it compiles.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES EL2DIFF_CLANG)

if(NOT EL2DIFF_CLANG)
    if(DEFINED ENV{CC} AND NOT "$ENV{CC}" STREQUAL "")
        set(clang "$ENV{CC}")
        el2diff_links_fuzz_target("${clang}" links)
        if(NOT links)
            message(FATAL_ERROR
                    "CC=${clang} cannot link -fsanitize=fuzzer,address,"
                    "undefined: set CC to a clang that can, or unset it")
        endif()
    else()
        el2diff_find_clang(clang)
        if(NOT clang)
            message(FATAL_ERROR
                    "found no clang, 14 or later, that can link -fsanitize="
                    "fuzzer,address,undefined: run tools/set-up, or set CC")
        endif()
    endif()
    set(EL2DIFF_CLANG "${clang}" CACHE STRING "The clang that was found")
endif()

if(CMAKE_SCRIPT_MODE_FILE)
    message("${EL2DIFF_CLANG}")
    return()
endif()

# CMake itself follows CC and CXX when they are set.
if(NOT DEFINED ENV{CC})
    set(CMAKE_C_COMPILER "${EL2DIFF_CLANG}")
endif()
if(NOT DEFINED ENV{CXX})
    # clang-19 and clang++-19 come together.
    string(REGEX REPLACE "clang(-[0-9]+)?$" "clang++\\1" clang_cxx
                         "${EL2DIFF_CLANG}")
    if(NOT clang_cxx STREQUAL EL2DIFF_CLANG)
        set(CMAKE_CXX_COMPILER "${clang_cxx}")
    endif()
endif()
