# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# graft as a stranger uses it: installed and moved elsewhere (find_package, also as CMake 3.22 sees it and with the component
# json or html), as a subfolder (add_subdirectory), and as an archive (FetchContent). Also: what a host is told when something is missing.
# tests/CMakeLists.txt includes this.

set(stranger ${CMAKE_CURRENT_SOURCE_DIR}/consumer)
set(room ${PROJECT_BINARY_DIR}/consumer)

# The installation that the others find.
graft_add_check(consumer/install ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DROOM=${room} -P ${stranger}/install.cmake)
set_tests_properties(consumer/install PROPERTIES FIXTURES_SETUP installation)

# graft_add_host(NAME OPTION...): configures, builds and runs the stranger's project.
function(graft_add_host name)
    graft_add_check(consumer/${name} ${CMAKE_CTEST_COMMAND} --build-and-test ${stranger} ${room}/${name} --build-generator Ninja --build-noclean
        --build-options ${ARGN} --test-command host)
    set_tests_properties(consumer/${name} PROPERTIES FIXTURES_REQUIRED installation)
endfunction()
# graft_add_refused_host(NAME WORDS OPTION...): the configuration fails and says so.
function(graft_add_refused_host name words)
    graft_add_check(consumer/${name} ${CMAKE_COMMAND} --fresh -G Ninja -S ${stranger} -B ${room}/${name} ${ARGN})
    string(REPLACE " " "[ \n]+" words "${words}") # CMake breaks long messages into lines
    set_tests_properties(consumer/${name} PROPERTIES FIXTURES_REQUIRED installation PASS_REGULAR_EXPRESSION "${words}")
endfunction()

set(installed -DHOW=find_package -DCMAKE_PREFIX_PATH=${room}/prefix)
graft_add_host(find_package ${installed})
graft_add_host(find_package_as_cmake_3.22 ${installed} -DPRETEND_VERSION=3.22.1)
graft_add_host(add_subdirectory -DHOW=add_subdirectory -DWHERE=${PROJECT_SOURCE_DIR})
graft_add_host(FetchContent -DHOW=FetchContent -DWHERE=${room}/graft.tar)
find_package(nlohmann_json CONFIG QUIET)
if(nlohmann_json_FOUND)
    graft_add_host(component_json ${installed} -DWITH=json)
    graft_add_host(component_json_in_a_subfolder -DHOW=add_subdirectory -DWHERE=${PROJECT_SOURCE_DIR} -DWITH=json)
else()
    graft_add_check(consumer/component_json ${CMAKE_COMMAND} -E echo "skip  nlohmann/json is not installed, so the component was not tested")
endif()

graft_find_gumbo()
if(TARGET graft::gumbo)
    graft_add_host(component_html ${installed} -DWITH=html)
    graft_add_host(component_html_in_a_subfolder -DHOW=add_subdirectory -DWHERE=${PROJECT_SOURCE_DIR} -DWITH=html)
else()
    graft_add_check(consumer/component_html ${CMAKE_COMMAND} -E echo "skip  gumbo is not installed, so the component was not tested")
endif()

# With the kernels compiled once; one of the host's two units uses them.
if(TARGET graft::kernels)
    set(components "")
    if(nlohmann_json_FOUND)
        set(components json)
    endif()
    graft_add_check(consumer/install_kernels ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DROOM=${room}/kernels -DKERNELS=ON -DCOMPONENTS=${components} -P ${stranger}/install.cmake)
    set_tests_properties(consumer/install_kernels PROPERTIES FIXTURES_SETUP kernels)
    graft_add_host(component_kernels -DHOW=find_package -DCMAKE_PREFIX_PATH=${room}/kernels/prefix -DWITH=kernels -DJSON_COMPILED=${nlohmann_json_FOUND})
    set_tests_properties(consumer/component_kernels PROPERTIES FIXTURES_REQUIRED kernels)
    graft_add_check(packaging/kernels_in_a_subfolder ${CMAKE_CTEST_COMMAND} --build-and-test ${stranger} ${room}/kernels_in_a_subfolder
        --build-generator Ninja --build-noclean --build-options -DHOW=add_subdirectory -DWHERE=${PROJECT_SOURCE_DIR} -DWITH=kernels
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O0 --test-command host CONFIGURATIONS full) # compiles them once more
    graft_add_refused_host(kernels_not_installed "without its component 'kernels'" ${installed} -DWITH=kernels)
endif()

# The overlay port of vcpkg, as vcpkg runs it.
graft_add_check(consumer/vcpkg_install ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DROOM=${room}/vcpkg -P ${CMAKE_CURRENT_SOURCE_DIR}/packaging/vcpkg.cmake)
set_tests_properties(consumer/vcpkg_install PROPERTIES FIXTURES_SETUP port)
graft_add_host(vcpkg -DHOW=find_package -DCMAKE_PREFIX_PATH=${room}/vcpkg/installed)
set_tests_properties(consumer/vcpkg PROPERTIES FIXTURES_REQUIRED port)

if(TARGET graft::kernels AND nlohmann_json_FOUND) # with both features
    graft_add_check(packaging/vcpkg_install_features ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DROOM=${room}/vcpkg_features "-DFEATURES=kernels\\;json"
        -P ${CMAKE_CURRENT_SOURCE_DIR}/packaging/vcpkg.cmake CONFIGURATIONS full)
    set_tests_properties(packaging/vcpkg_install_features PROPERTIES FIXTURES_SETUP features)
    graft_add_check(packaging/vcpkg_features ${CMAKE_CTEST_COMMAND} --build-and-test ${stranger} ${room}/vcpkg_features/host --build-generator Ninja --build-noclean
        --build-options -DHOW=find_package -DCMAKE_PREFIX_PATH=${room}/vcpkg_features/installed "-DWITH=kernels\\;json" -DJSON_COMPILED=ON --test-command host
        CONFIGURATIONS full)
    set_tests_properties(packaging/vcpkg_features PROPERTIES FIXTURES_REQUIRED features)
endif()

graft_add_refused_host(unknown_component "no component 'telepathy'" ${installed} -DWITH=telepathy)
graft_add_refused_host(missing_eigen "graft needs Eigen3 3.4 or newer and did not find it" ${installed} -DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON
    -DCMAKE_IGNORE_PATH=/usr/include -DCMAKE_SYSTEM_IGNORE_PATH=/usr/include/eigen3)
graft_add_refused_host(newer_minor "version \"0\\.3\"" ${installed} -DCMAKE_PROJECT_host_INCLUDE=${stranger}/asks_for_0.3.cmake)
file(CONFIGURE OUTPUT ${room}/old/share/eigen3/cmake/Eigen3Config.cmake CONTENT
    "set(Eigen3_VERSION 3.3.9)\nadd_library(Eigen3::Eigen INTERFACE IMPORTED)\n")
graft_add_refused_host(old_eigen "graft needs Eigen3 3.4 or newer, and 3.3.9 was found"
    -DHOW=find_package -Dgraft_DIR=${room}/prefix/share/cmake/graft -DCMAKE_PREFIX_PATH=${room}/old)
