# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Packages gumbo as the system has it: a stand-in for tests without a network.

import glob
import os

from conan import ConanFile
from conan.tools.files import copy


class SystemLibrary(ConanFile):
    name = "gumbo-parser"
    package_type = "static-library"
    settings = "os", "arch", "compiler", "build_type"

    def package(self):
        copy(self, "gumbo.h", "/usr/include", os.path.join(self.package_folder, "include"))
        copy(self, "tag_enum.h", "/usr/include", os.path.join(self.package_folder, "include"))
        for library in glob.glob("/usr/lib/*/libgumbo.a"):
            copy(self, "libgumbo.a", os.path.dirname(library), os.path.join(self.package_folder, "lib"))

    def package_info(self):
        self.cpp_info.libs = ["gumbo"]
        self.cpp_info.system_libs = ["m"]
        self.cpp_info.bindirs = []
