# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# cmake -DSOURCE=… -DROOM=… -P vcpkg.cmake
#
# Runs the overlay port where there is no vcpkg: the five functions of vcpkg's that it calls do here what theirs do, and what vcpkg looks at when a
# port has run is looked at. A host finds the outcome under ROOM/installed.

cmake_minimum_required(VERSION 3.23)
set(PORT graft)
set(CURRENT_PACKAGES_DIR ${ROOM}/installed)
set(ENV{GRAFT_SOURCE} ${SOURCE})
file(REMOVE_RECURSE ${ROOM}/installed ${ROOM}/made)

function(run)
    execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "FAIL  ${command}\n${said}")
    endif()
endfunction()
function(vcpkg_check_features) # none is chosen
    cmake_parse_arguments(PARSE_ARGV 0 arg "" OUT_FEATURE_OPTIONS FEATURES)
    list(POP_FRONT arg_FEATURES feature option)
    set(${arg_OUT_FEATURE_OPTIONS} -D${option}=OFF PARENT_SCOPE)
endfunction()
function(vcpkg_cmake_configure)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" SOURCE_PATH OPTIONS)
    run(${CMAKE_COMMAND} -S ${arg_SOURCE_PATH} -B ${ROOM}/made -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR} ${arg_OPTIONS})
endfunction()
function(vcpkg_cmake_install)
    run(${CMAKE_COMMAND} --build ${ROOM}/made)
    run(${CMAKE_COMMAND} --install ${ROOM}/made)
endfunction()
function(vcpkg_cmake_config_fixup) # from CONFIG_PATH to share/PORT, two folders higher at most
    cmake_parse_arguments(PARSE_ARGV 0 arg "" CONFIG_PATH "")
    file(RENAME ${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH} ${CURRENT_PACKAGES_DIR}/moved)
    file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/share/cmake)
    file(MAKE_DIRECTORY ${CURRENT_PACKAGES_DIR}/share)
    file(RENAME ${CURRENT_PACKAGES_DIR}/moved ${CURRENT_PACKAGES_DIR}/share/${PORT})
    file(GLOB targets ${CURRENT_PACKAGES_DIR}/share/${PORT}/*Targets.cmake)
    foreach(file IN LISTS targets)
        file(READ ${file} text)
        string(REGEX REPLACE
            "get_filename_component\\(_IMPORT_PREFIX \"\\\${CMAKE_CURRENT_LIST_FILE}\" PATH\\)(\nget_filename_component\\(_IMPORT_PREFIX \"\\\${_IMPORT_PREFIX}\" PATH\\))*"
            "get_filename_component(_IMPORT_PREFIX \"\${CMAKE_CURRENT_LIST_FILE}\" PATH)\nget_filename_component(_IMPORT_PREFIX \"\${_IMPORT_PREFIX}\" PATH)\nget_filename_component(_IMPORT_PREFIX \"\${_IMPORT_PREFIX}\" PATH)"
            text "${text}")
        file(WRITE ${file} "${text}")
    endforeach()
endfunction()
function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "" FILE_LIST)
    file(INSTALL ${arg_FILE_LIST} DESTINATION ${CURRENT_PACKAGES_DIR}/share/${PORT} RENAME copyright)
endfunction()

include(${CMAKE_CURRENT_LIST_DIR}/vcpkg-port/graft/portfile.cmake)

# What vcpkg refuses in a port: no licence, no headers, folders with nothing in them, files outside include, share, lib and debug, paths of the machine.
foreach(file IN ITEMS share/graft/copyright share/graft/usage share/graft/graftConfig.cmake include/graft/version.hpp)
    if(NOT EXISTS ${CURRENT_PACKAGES_DIR}/${file})
        message(FATAL_ERROR "FAIL  the port installs no ${file}")
    endif()
endforeach()
file(GLOB_RECURSE entries LIST_DIRECTORIES true RELATIVE ${CURRENT_PACKAGES_DIR} ${CURRENT_PACKAGES_DIR}/*)
foreach(entry IN LISTS entries)
    if(NOT entry MATCHES "^(include|share|lib|debug)(/|$)")
        message(FATAL_ERROR "FAIL  the port installs ${entry}")
    endif()
    if(IS_DIRECTORY ${CURRENT_PACKAGES_DIR}/${entry})
        file(GLOB within ${CURRENT_PACKAGES_DIR}/${entry}/*)
        if(NOT within)
            message(FATAL_ERROR "FAIL  the port installs an empty folder: ${entry}")
        endif()
        continue()
    endif()
    file(READ ${CURRENT_PACKAGES_DIR}/${entry} text)
    string(FIND "${text}" "${CURRENT_PACKAGES_DIR}" at)
    if(NOT at EQUAL -1)
        message(FATAL_ERROR "FAIL  the port installs a path of this machine in ${entry}")
    endif()
endforeach()
message("ok    the overlay port installs what vcpkg wants to see")

# The manifest of the port, beside that of the tree.
foreach(name IN ITEMS name version license supports)
    file(READ ${SOURCE}/vcpkg.json tree)
    file(READ ${CMAKE_CURRENT_LIST_DIR}/vcpkg-port/graft/vcpkg.json port)
    string(JSON of_tree GET "${tree}" ${name})
    string(JSON of_port GET "${port}" ${name})
    if(NOT of_tree STREQUAL of_port)
        message(FATAL_ERROR "FAIL  ${name} is `${of_port}` in the port and `${of_tree}` in vcpkg.json")
    endif()
endforeach()
message("ok    the port's manifest agrees with vcpkg.json")
