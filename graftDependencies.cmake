# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Finds what graft stands on: Eigen 3.4 to 5, hnswlib 0.6.2 to 0.9, xsimd 8.1 to 14, and threads. The build reads this
# file, and the installed package reads the same one, so a host finds what we found.
#
# It takes each library from Debian, vcpkg, Conan, an upstream install, FetchContent or a bare folder of headers, in
# this order: GRAFT_<NAME>_INCLUDE_DIR where the host set it, a target that the host already has, a CMake package, a
# header on the search path. It gives the targets graft::eigen, graft::hnswlib and graft::xsimd, or a sentence in
# graft_NOT_FOUND_MESSAGE, and ends nobody's configuration.

unset(graft_NOT_FOUND_MESSAGE)

# The first of the targets that exists, "" where none does.
function(graft_first_target out)
    foreach(target IN LISTS ARGN)
        if(TARGET ${target})
            set(${out} ${target} PARENT_SCOPE)
            return()
        endif()
    endforeach()
    set(${out} "" PARENT_SCOPE)
endfunction()

# Lets a target that was found in this folder be linked from others: a host that adds graft as a subfolder does that.
function(graft_for_all_folders)
    foreach(target IN LISTS ARGN)
        get_target_property(imported ${target} IMPORTED)
        if(imported)
            set_target_properties(${target} PROPERTIES IMPORTED_GLOBAL TRUE)
        endif()
    endforeach()
endfunction()

# graft_find_library(NAME header folder package versions... TARGETS target...)
#   header    proves that a folder is the right one; `folder` is where Debian and others put it below include/
#   package   the CMake package. Never asked for with a version: Eigen 5 refuses a request for 3.4, hnswlib has no version
#             file at all, so the range is checked here
#   floor     the oldest that works; `tested` is the first major version that nobody has tried
function(graft_find_library name header folder package floor untried)
    if(TARGET graft::${name} OR graft_NOT_FOUND_MESSAGE)
        return()
    endif()
    string(TOUPPER ${name} NAME)
    set(include_dir "${GRAFT_${NAME}_INCLUDE_DIR}")
    set(found "")
    if(NOT include_dir)
        graft_first_target(found ${ARGN})
    endif()
    if(NOT include_dir AND NOT found)
        find_package(${package} CONFIG QUIET)
        graft_first_target(found ${ARGN})
        graft_for_all_folders(${found})
    endif()
    if(NOT include_dir AND NOT found)
        unset(include_dir) # find_path looks only for what has no value yet
        find_path(include_dir ${header} PATH_SUFFIXES ${folder} NO_CACHE)
        string(REGEX REPLACE "/$" "" include_dir "${include_dir}")
    endif()
    if(NOT include_dir AND NOT found)
        set(graft_NOT_FOUND_MESSAGE
            "graft needs ${package} ${floor} or newer and did not find it: install it, add its prefix to CMAKE_PREFIX_PATH, \
or set GRAFT_${NAME}_INCLUDE_DIR to the folder that holds ${header}." PARENT_SCOPE)
        return()
    endif()

    set(version "${${package}_VERSION}")
    if(found AND version MATCHES "^[0-9]")
        if(version VERSION_LESS floor)
            set(graft_NOT_FOUND_MESSAGE "graft needs ${package} ${floor} or newer, and ${version} was found." PARENT_SCOPE)
            return()
        elseif(version VERSION_GREATER_EQUAL untried AND NOT graft_FIND_QUIETLY)
            message(STATUS "graft has not been tested with ${package} ${version}")
        endif()
    endif()

    add_library(graft::${name} INTERFACE IMPORTED GLOBAL)
    if(found)
        # Debian's xsimd 8.1 names a library xtl that neither exists nor is needed: then only its headers are taken.
        get_target_property(links ${found} INTERFACE_LINK_LIBRARIES)
        if("xtl" IN_LIST links AND NOT TARGET xtl)
            get_target_property(include_dir ${found} INTERFACE_INCLUDE_DIRECTORIES)
        else()
            set_target_properties(graft::${name} PROPERTIES INTERFACE_LINK_LIBRARIES ${found})
        endif()
    endif()
    if(include_dir)
        set_target_properties(graft::${name} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${include_dir}")
    endif()
endfunction()

# graft_find_gumbo(): defines graft::gumbo where gumbo is: as vcpkg or Conan name it, or, as in Debian, a header and a library.
function(graft_find_gumbo)
    if(TARGET graft::gumbo)
        return()
    endif()
    set(targets unofficial::gumbo::gumbo gumbo::gumbo gumbo-parser::gumbo-parser)
    graft_first_target(found ${targets})
    foreach(package IN ITEMS unofficial-gumbo gumbo gumbo-parser)
        if(NOT found)
            find_package(${package} CONFIG QUIET)
            graft_first_target(found ${targets})
            graft_for_all_folders(${found})
        endif()
    endforeach()
    if(NOT found)
        find_path(include_dir gumbo.h NO_CACHE)
        find_library(library gumbo NO_CACHE)
        if(NOT include_dir OR NOT library)
            return()
        endif()
        get_filename_component(include_dir "${include_dir}" ABSOLUTE) # without a slash at the end, by which a folder of the system would not be known
    endif()
    add_library(graft::gumbo INTERFACE IMPORTED GLOBAL)
    if(found)
        set_target_properties(graft::gumbo PROPERTIES INTERFACE_LINK_LIBRARIES ${found})
    else()
        set_target_properties(graft::gumbo PROPERTIES INTERFACE_LINK_LIBRARIES "${library}" INTERFACE_INCLUDE_DIRECTORIES "${include_dir}")
    endif()
endfunction()

# graft_find_component(NAME): defines graft::NAME for an optional part, or says in graft_NOT_FOUND_MESSAGE what is missing.
# Its headers lie beside all others; the target adds the one library that they include.
function(graft_find_component name)
    if(TARGET graft::${name})
        return()
    endif()
    if(name STREQUAL "json")
        set(library nlohmann_json::nlohmann_json)
        if(NOT TARGET ${library})
            find_package(nlohmann_json 3.10 CONFIG QUIET)
            graft_first_target(found ${library})
            graft_for_all_folders(${found})
        endif()
    elseif(name STREQUAL "html")
        graft_find_gumbo()
        set(library graft::gumbo)
    elseif(name STREQUAL "kernels")
        set(graft_NOT_FOUND_MESSAGE "this graft was installed without its component 'kernels': configure it with GRAFT_KERNELS=ON." PARENT_SCOPE)
        return()
    else()
        set(graft_NOT_FOUND_MESSAGE "graft has no component '${name}'; there are: html, json, kernels." PARENT_SCOPE)
        return()
    endif()
    if(NOT TARGET ${library})
        set(graft_NOT_FOUND_MESSAGE "the component '${name}' of graft needs ${library}, which was not found." PARENT_SCOPE)
        return()
    endif()
    add_library(graft::${name} INTERFACE IMPORTED GLOBAL)
    set_target_properties(graft::${name} PROPERTIES INTERFACE_LINK_LIBRARIES "graft::graft;${library}")
endfunction()

graft_find_library(eigen Eigen/Core eigen3 Eigen3 3.4 6 Eigen3::Eigen)
graft_find_library(hnswlib hnswlib/hnswlib.h "" hnswlib 0.6.2 1 hnswlib::hnswlib)
graft_find_library(xsimd xsimd/xsimd.hpp "" xsimd 8.1 15 xsimd::xsimd xsimd)

if(NOT TARGET Threads::Threads)
    find_package(Threads QUIET)
    if(TARGET Threads::Threads)
        graft_for_all_folders(Threads::Threads)
    elseif(NOT graft_NOT_FOUND_MESSAGE)
        set(graft_NOT_FOUND_MESSAGE "graft needs a threads library and did not find one.")
    endif()
endif()
