# A toolchain file: Linux on AArch64, linked statically, so that qemu-aarch64
# runs it without libraries of that processor.
#
# AARCH64_CC names another compiler in the environment.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
if(DEFINED ENV{AARCH64_CC})
    set(CMAKE_C_COMPILER "$ENV{AARCH64_CC}")
else()
    set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
endif()
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)

# Programs are this machine's, libraries and headers never.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
