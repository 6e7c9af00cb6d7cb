# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# The overlay port: vcpkg install graft --overlay-ports=tests/packaging/vcpkg-port
# It packages the checkout that it lies in, or the one that GRAFT_SOURCE names (VCPKG_KEEP_ENV_VARS=GRAFT_SOURCE).
if(DEFINED ENV{GRAFT_SOURCE})
    set(SOURCE_PATH "$ENV{GRAFT_SOURCE}")
else()
    get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../../.." ABSOLUTE)
endif()

vcpkg_check_features(OUT_FEATURE_OPTIONS feature_options FEATURES kernels GRAFT_KERNELS)
if("json" IN_LIST FEATURES)
    list(APPEND feature_options -DGRAFT_COMPONENTS=json) # the kernels then hold what reads it
endif()
if(NOT "kernels" IN_LIST FEATURES)
    set(VCPKG_BUILD_TYPE release) # nothing but headers
endif()
vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        -DGRAFT_BUILD_TESTS=OFF
        -DGRAFT_BUILD_EXAMPLES=OFF
        -DGRAFT_BUILD_BENCHMARKS=OFF
        ${feature_options}
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/graft)
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")

file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
