# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# cmake -DSOURCE=… -DROOM=… [-DKERNELS=ON [-DCOMPONENTS=json]] -P install.cmake
#
# Installs graft as README.md says, on a machine that has what a user needs and nothing that only a developer does, moves the installation, and
# looks at it: every header is there, and no path of the machine that made it. Beside it: an archive of the source.

function(run)
    execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "FAIL  ${command}\n${said}")
    endif()
endfunction()

file(REMOVE_RECURSE ${ROOM}/made ${ROOM}/first ${ROOM}/prefix)
set(options -DCMAKE_DISABLE_FIND_PACKAGE_doctest=ON -DCMAKE_DISABLE_FIND_PACKAGE_benchmark=ON)
if(KERNELS)
    # Not optimised: it is the package that is looked at.
    list(APPEND options -DGRAFT_KERNELS=ON -DGRAFT_COMPONENTS=${COMPONENTS} -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O0)
endif()
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${ROOM}/made ${options})
run(${CMAKE_COMMAND} --build ${ROOM}/made)
run(${CMAKE_COMMAND} --install ${ROOM}/made --prefix ${ROOM}/first)
message("ok    cmake --install, without doctest")
file(RENAME ${ROOM}/first ${ROOM}/prefix) # an installation may be moved

string(REGEX REPLACE "([][+.*()^$?|\\])" "\\\\\\1" folder "${SOURCE}")
file(GLOB_RECURSE files ${ROOM}/prefix/*)
foreach(file IN LISTS files)
    file(STRINGS ${file} named REGEX "${folder}" LIMIT_COUNT 1) # also in what is compiled
    if(NOT named STREQUAL "")
        message(FATAL_ERROR "FAIL  ${file} names the folder it was made in")
    endif()
endforeach()
message("ok    the installation holds no path of this machine")

file(GLOB_RECURSE there RELATIVE ${SOURCE}/include ${SOURCE}/include/*.hpp)
file(GLOB_RECURSE here RELATIVE ${ROOM}/prefix/include ${ROOM}/prefix/include/*)
if(NOT there STREQUAL here)
    message(FATAL_ERROR "FAIL  the installed headers are not those of include/")
endif()
message("ok    every header is installed")

if(KERNELS)
    return()
endif()
if(EXISTS ${ROOM}/prefix/lib)
    message(FATAL_ERROR "FAIL  a header-only package has a lib/")
endif()
message("ok    nothing lies in lib/")

file(GLOB source RELATIVE ${SOURCE} ${SOURCE}/CMakeLists.txt ${SOURCE}/graftDependencies.cmake ${SOURCE}/LICENSE ${SOURCE}/include ${SOURCE}/src)
file(ARCHIVE_CREATE OUTPUT ${ROOM}/graft.tar PATHS ${source})
