# Compile platforms/*.dts with dtc and embed each as a built-in platform:
# KNOWN_PLATFORM_SOURCES are the C files, build/<preset>/platforms/ the blobs.
set(KNOWN_PLATFORM_SOURCES "")
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/platforms)
foreach(source ${PLATFORM_SOURCES})
    get_filename_component(name ${source} NAME_WE)
    set(blob ${CMAKE_BINARY_DIR}/platforms/${name}.dtb)
    set(embedded ${CMAKE_BINARY_DIR}/platforms/${name}.c)
    add_custom_command(
        OUTPUT ${blob}
        COMMAND ${DTC} -q -I dts -O dtb -o ${blob} ${source}
        DEPENDS ${source}
        COMMENT "dtc ${name}.dts")
    add_custom_command(
        OUTPUT ${embedded}
        COMMAND ${CMAKE_COMMAND} -DINPUT=${blob} -DNAME=${name}
                -DOUTPUT=${embedded} -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
        DEPENDS ${blob} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
        COMMENT "embedding platform ${name}")
    list(APPEND KNOWN_PLATFORM_SOURCES ${embedded})
endforeach()
