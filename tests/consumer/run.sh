#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/consumer/run.sh
#
# Uses graft as a stranger would: installed and moved elsewhere (find_package, also as CMake 3.22 sees it and with the component
# json), as a subfolder (add_subdirectory), and as an archive (FetchContent); with the component kernels, which one of two units uses. Also: what a host is told when
# something is missing, and that an installation holds no path of the machine that made it.

. "$(dirname "${BASH_SOURCE[0]}")/../support/setup.sh"
[ $# -eq 0 ] || { usage && exit; }
here=$root/tests/consumer
scratch=$build/consumer
rm -rf "$scratch" && mkdir -p "$scratch"

# host NAME OPTION...: configures, builds and runs the stranger's project.
host() {
    local name=$1 log=$scratch/$1.log
    shift
    if cmake -G Ninja -S "$here" -B "$scratch/$name" "$@" >"$log" 2>&1 && cmake --build "$scratch/$name" >>"$log" 2>&1 &&
        "$scratch/$name/host" >>"$log" 2>&1; then
        ok "$name: $(tail -n 1 "$log")"
    else
        miss "$name" && grep -vE '^--|^$' "$log" | head -n 20
    fi
}
# refused NAME WORDS OPTION...: the configuration must fail and say so.
refused() {
    local name=$1 words=$2 log=$scratch/$1.log
    shift 2
    if cmake -G Ninja -S "$here" -B "$scratch/$name" "$@" >"$log" 2>&1; then miss "$name: was accepted"; return; fi
    # CMake breaks long messages into lines.
    if tr -s ' \n' '  ' <"$log" | grep -qE -- "$words"; then ok "$name"; else miss "$name: refused without the words: $words" && head -n 20 "$log"; fi
}

all() {
    local make=("$scratch/made" -G Ninja -DGRAFT_BUILD_TESTS=OFF -DGRAFT_BUILD_EXAMPLES=OFF -DGRAFT_BUILD_BENCHMARKS=OFF)
    if ! { cmake -S "$root" -B "${make[@]}" && cmake --build "$scratch/made" && cmake --install "$scratch/made" --prefix "$scratch/first"; } >"$scratch/log" 2>&1; then
        miss "graft could not be installed" && tail -n 15 "$scratch/log"
        return
    fi
    mv "$scratch/first" "$scratch/prefix" # an installation may be moved
    if grep -rqF "$root" "$scratch/prefix"; then miss "the installation names the folder it was made in: $(grep -rlF "$root" "$scratch/prefix" | head -n 3)"; else ok "the installation holds no path of this machine"; fi
    if [ "$(cd "$root/include" && find . -name '*.hpp' | sort)" = "$(cd "$scratch/prefix/include" && find . -type f | sort)" ]; then ok "every header is installed"; else miss "the installed headers are not those of include/"; fi
    if [ ! -e "$scratch/prefix/lib" ]; then ok "nothing lies in lib/"; else miss "a header-only package has a lib/"; fi

    local installed=-DCMAKE_PREFIX_PATH=$scratch/prefix
    host find_package -DHOW=find_package "$installed"
    host find_package_as_cmake_3.22 -DHOW=find_package "$installed" -DPRETEND_VERSION=3.22.1
    host add_subdirectory -DHOW=add_subdirectory -DWHERE="$root"
    (cd "$root" && cmake -E tar cf "$scratch/graft.tar" include CMakeLists.txt graftDependencies.cmake LICENSE)
    host FetchContent -DHOW=FetchContent -DWHERE="$scratch/graft.tar"
    if [ -e /usr/include/nlohmann/json.hpp ]; then
        host component_json -DHOW=find_package "$installed" -DWITH=json
        host component_json_in_a_subfolder -DHOW=add_subdirectory -DWHERE="$root" -DWITH=json
    else
        skip "nlohmann/json is not installed, so the component was not tested"
    fi

    make=("$scratch/made_with_kernels" -G Ninja -DGRAFT_BUILD_TESTS=OFF -DGRAFT_BUILD_EXAMPLES=OFF -DGRAFT_BUILD_BENCHMARKS=OFF -DCMAKE_BUILD_TYPE=Release)
    if cmake -S "$root" -B "${make[@]}" -DGRAFT_KERNELS=ON >"$scratch/log" 2>&1 && cmake --build "$scratch/made_with_kernels" >>"$scratch/log" 2>&1 &&
        cmake --install "$scratch/made_with_kernels" --prefix "$scratch/with_kernels" >>"$scratch/log" 2>&1; then
        mv "$scratch/with_kernels" "$scratch/prefix_with_kernels"
        if grep -rqF "$root" "$scratch/prefix_with_kernels"; then miss "the compiled kernels name the folder they were made in"; else ok "the compiled kernels hold no path of this machine"; fi
        host component_kernels -DHOW=find_package -DCMAKE_PREFIX_PATH="$scratch/prefix_with_kernels" -DWITH=kernels
    else
        miss "graft could not be installed with its kernels" && tail -n 15 "$scratch/log"
    fi
    host component_kernels_in_a_subfolder -DHOW=add_subdirectory -DWHERE="$root" -DWITH=kernels
    refused kernels_not_installed "without its component 'kernels'" -DHOW=find_package "$installed" -DWITH=kernels

    local without=-DCMAKE_DISABLE_FIND_PACKAGE
    refused unknown_component "no component 'telepathy'" -DHOW=find_package "$installed" -DWITH=telepathy
    refused missing_eigen "graft needs Eigen3 3.4 or newer and did not find it" -DHOW=find_package "$installed" ${without}_Eigen3=ON -DCMAKE_IGNORE_PATH="/usr/include;/usr/include/eigen3"
    refused newer_minor 'version "0\.2"' -DHOW=find_package "$installed" -DCMAKE_PROJECT_host_INCLUDE="$here/asks_for_0.2.cmake"
    mkdir -p "$scratch/old/share/eigen3/cmake"
    printf 'set(Eigen3_VERSION 3.3.9)\nadd_library(Eigen3::Eigen INTERFACE IMPORTED)\n' >"$scratch/old/share/eigen3/cmake/Eigen3Config.cmake"
    refused old_eigen "graft needs Eigen3 3.4 or newer, and 3.3.9 was found" -DHOW=find_package "-DCMAKE_PREFIX_PATH=$scratch/prefix;$scratch/old"
}
counted all
