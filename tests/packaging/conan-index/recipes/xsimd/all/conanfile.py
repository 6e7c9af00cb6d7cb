# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Packages the headers of xsimd that the system has: a stand-in for tests without a network.

import os

from conan import ConanFile
from conan.tools.files import copy


class SystemHeaders(ConanFile):
    name = "xsimd"
    package_type = "header-library"

    def package(self):
        copy(self, "xsimd/*", "/usr/include", os.path.join(self.package_folder, "include"))

    def package_id(self):
        self.info.clear()

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "xsimd")
        self.cpp_info.set_property("cmake_target_name", "xsimd")
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
