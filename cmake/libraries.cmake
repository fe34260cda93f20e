# libfdt and cJSON: those of the system, or compiled from their sources with
# the flags of this project. MemorySanitizer needs all code to be its own, and
# another processor, or a fuzzing service, has no such libraries.
#
# Sets FDT_LIBRARY, FDT_INCLUDE_DIR, CJSON_LIBRARY and CJSON_INCLUDE_DIR.

# The library `name` from all or the named .c files of a folder. Warnings in it
# are not ours.
function(el2diff_library_of_sources name folder)
    file(GLOB sources CONFIGURE_DEPENDS ${ARGN})
    if(NOT sources)
        message(FATAL_ERROR "${folder} does not hold the sources of ${name}")
    endif()
    add_library(${name} STATIC ${sources})
    target_compile_options(${name} PRIVATE -w)
    set_target_properties(${name} PROPERTIES C_EXTENSIONS ON
                          POSITION_INDEPENDENT_CODE ON)
endfunction()

if(EL2DIFF_LIBFDT_SOURCE)
    el2diff_library_of_sources(libfdt ${EL2DIFF_LIBFDT_SOURCE}
                               ${EL2DIFF_LIBFDT_SOURCE}/fdt*.c)
    target_include_directories(libfdt PRIVATE ${EL2DIFF_LIBFDT_SOURCE})
    set(FDT_LIBRARY libfdt)
    set(FDT_INCLUDE_DIR ${EL2DIFF_LIBFDT_SOURCE})
else()
    find_library(FDT_LIBRARY fdt REQUIRED)
    find_path(FDT_INCLUDE_DIR libfdt.h REQUIRED)
endif()

if(EL2DIFF_CJSON_SOURCE)
    el2diff_library_of_sources(libcjson ${EL2DIFF_CJSON_SOURCE}
                               ${EL2DIFF_CJSON_SOURCE}/cJSON.c)
    # Installed, its header is in a folder of this name.
    set(CJSON_INCLUDE_DIR ${CMAKE_BINARY_DIR}/cjson-include)
    configure_file(${EL2DIFF_CJSON_SOURCE}/cJSON.h
                   ${CJSON_INCLUDE_DIR}/cjson/cJSON.h COPYONLY)
    target_link_libraries(libcjson PRIVATE m)
    set(CJSON_LIBRARY libcjson)
else()
    find_library(CJSON_LIBRARY cjson REQUIRED)
    find_path(CJSON_INCLUDE_DIR cjson/cJSON.h REQUIRED)
endif()
