# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# conan create . --build=missing -s compiler.cppstd=20      (add -c tools.build:skip_test=False to run the tests as well)
#
# hnswlib has no recipe in Conan Center. Until it has one, name a remote that does; tests/packaging/conan-index is such a
# remote for machines whose system has the headers:
#   conan remote add graft-local tests/packaging/conan-index --type=local-recipes-index

import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load
from conan.tools.scm import Version

required_conan_version = ">=2.2"


class GraftConan(ConanFile):
    name = "graft"
    description = "Header-only C++20 library for retrieval-augmented generation and fine-tuning inside the host application"
    license = "Apache-2.0"
    topics = ("retrieval", "rag", "embeddings", "hnsw", "bm25", "lora", "fine-tuning", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"with_html": [True, False], "with_json": [True, False], "with_kernels": [True, False]}
    default_options = {"with_html": False, "with_json": False, "with_kernels": False}
    exports_sources = (
        "CMakeLists.txt",
        "graftDependencies.cmake",
        "LICENSE",
        "include/*",
        "tests/CMakeLists.txt",
        "tests/*.cpp",
        "tests/*.hpp",
        "tests/support/*",
        "!tests/packaging/*",
        "!tests/consumer/*",
    )
    no_copy_source = True

    def set_version(self):
        header = load(self, os.path.join(self.recipe_folder, "include", "graft", "version.hpp"))
        parts = [re.search(rf"GRAFT_VERSION_{part} (\d+)", header).group(1) for part in ("MAJOR", "MINOR", "PATCH")]
        self.version = ".".join(parts)

    def configure(self):
        if self.options.with_kernels:
            self.package_type = "static-library"

    def requirements(self):
        # With kernels the package is a library, and what it stands on is in its headers all the same.
        self.requires("eigen/[>=3.4 <6]", transitive_headers=True)
        self.requires("hnswlib/[>=0.6.2 <1]", transitive_headers=True)
        self.requires("xsimd/[>=8.1 <15]", transitive_headers=True)
        if self.options.with_html:
            self.requires("gumbo-parser/[>=0.10.1 <1]", transitive_headers=True, transitive_libs=True)
        if self.options.with_json:
            self.requires("nlohmann_json/[>=3.10 <4]", transitive_headers=True)

    def build_requirements(self):
        if self._tested:
            self.test_requires("doctest/[>=2.4.9 <3]")

    def validate(self):
        if self.settings.os != "Linux" or self.settings.arch not in ("x86_64", "armv8"):
            raise ConanInvalidConfiguration(
                f"graft is tested on Linux, on x86_64 and 64-bit ARM; this is {self.settings.os} on {self.settings.arch}."
            )
        oldest = {"gcc": "12", "clang": "14"}.get(str(self.settings.compiler))
        if oldest is None or Version(self.settings.compiler.version) < oldest:
            raise ConanInvalidConfiguration(
                "graft needs g++ 12 or clang 14, or newer;"
                f" this is {self.settings.compiler} {self.settings.get_safe('compiler.version')}."
            )
        check_min_cppstd(self, 20)

    def layout(self):
        cmake_layout(self)

    def package_id(self):
        if not self.info.options.with_kernels:
            self.info.clear()

    @property
    def _tested(self):
        return not self.conf.get("tools.build:skip_test", default=True, check_type=bool)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["GRAFT_BUILD_TESTS"] = self._tested
        toolchain.cache_variables["GRAFT_BUILD_EXAMPLES"] = False
        toolchain.cache_variables["GRAFT_KERNELS"] = bool(self.options.with_kernels)
        toolchain.cache_variables["GRAFT_COMPONENTS"] = "json" if self.options.with_json else ""
        toolchain.cache_variables["GRAFT_BUILD_BENCHMARKS"] = False
        # One module of the tests proves that the package's dependencies are found; tests/run.sh is for the rest.
        toolchain.cache_variables["GRAFT_TESTS_ONLY"] = "^base/"
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        if not (self._tested or self.options.with_kernels):
            return
        cmake = CMake(self)
        cmake.configure()
        if self.options.with_kernels:
            cmake.build(target="graft_kernels")
        if self._tested:
            cmake.build(target="tests")
            cmake.ctest(cli_args=["--output-on-failure"])

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))
        copy(self, "*.a", self.build_folder, os.path.join(self.package_folder, "lib"), keep_path=False)

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "graft")
        core = self.cpp_info.components["graft"]
        core.set_property("cmake_target_name", "graft::graft")
        core.requires = ["eigen::eigen", "hnswlib::hnswlib", "xsimd::xsimd"]
        core.bindirs = []
        core.libdirs = []
        if self.settings.os in ("Linux", "FreeBSD"):
            core.system_libs = ["pthread"]
        if self.options.with_html:
            html = self.cpp_info.components["html"]
            html.set_property("cmake_target_name", "graft::html")
            html.requires = ["graft", "gumbo-parser::gumbo-parser"]
            html.bindirs = []
            html.libdirs = []
        if self.options.with_json:
            json = self.cpp_info.components["json"]
            json.set_property("cmake_target_name", "graft::json")
            json.requires = ["graft", "nlohmann_json::nlohmann_json"]
            json.bindirs = []
            json.libdirs = []
        if self.options.with_kernels:
            kernels = self.cpp_info.components["kernels"]
            kernels.set_property("cmake_target_name", "graft::kernels")
            kernels.requires = ["graft"]
            kernels.libs = ["graft_kernels"]
            kernels.defines = ["GRAFT_KERNELS_COMPILED=1", f"GRAFT_JSON_COMPILED={int(bool(self.options.with_json))}"]
            kernels.bindirs = []
