// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A host: graft, and each of the libraries that come with it, from two units.

#include <graft/base/matrix.hpp>
#include <graft/base/result.hpp>
#include <graft/version.hpp>

#include <Eigen/Core>
#include <hnswlib/hnswlib.h>
#include <xsimd/xsimd.hpp>

#ifdef WITH_html
#    include <graft/html/html_loader.hpp>
#endif

#ifdef WITH_json
#    include <graft/json/json.hpp>
#    include <nlohmann/json.hpp>
#endif

#ifdef WITH_kernels
#    if GRAFT_JSON_COMPILED && !defined(WITH_json) // then the host needs no library for it
#        include <graft/json/json.hpp>
#        ifdef NLOHMANN_JSON_VERSION_MAJOR
#            error "JSON was compiled once, and is compiled again"
#        endif
#    endif
#    include "kernels.hpp"
#    if !GRAFT_KERNELS_COMPILED
#        error "graft::kernels was linked and is not used"
#    endif
bool same_without_kernels(const std::vector<graft::hit>& found); // other.cpp
#endif

#include <cstdio>

graft::result<int> half(int n); // other.cpp

int main() {
    graft::matrix<float>        rows(2, 3);
    Eigen::Map<Eigen::VectorXf> map(rows.data(), 6);
    hnswlib::L2Space            space(3);
    const xsimd::batch<float>   ones(1.0F);
    map.setConstant(ones.get(0));
    if (map.sum() != 6.0F || space.get_data_size() != 3 * sizeof(float)) return 1;
    if (half(3) || half(3).error().what != graft::fault::bad_argument || *half(4) != 2) return 2;
#ifdef WITH_html
    {
        std::vector<graft::error> reports;
        graft::context            c;
        graft::loading            how{c, reports};
        const auto page = graft::html_loader{}.read("a.html", "<!doctype html><h1>Tides</h1><p>Twice a day.", how);
        if (!page || page->title != "Tides") return 6;
    }
#endif
#ifdef WITH_json
    if (nlohmann::json::parse("[1, 2]").size() != 2 || graft::parse_json("[1, 2]")->root().size() != 2) return 3;
#endif
#ifdef WITH_kernels
    if (!same_without_kernels(nearest())) return 4;
#    if GRAFT_JSON_COMPILED
    if (graft::parse_json("[1, 2]")->root().size() != 2) return 5;
#    endif
#    if defined(WITH_json_compiled) && GRAFT_JSON_COMPILED != WITH_json_compiled
#        error "the kernels hold JSON where the component json was asked for, and only there"
#    endif
#endif
    std::printf("graft %d.%d.%d\n", GRAFT_VERSION_MAJOR, GRAFT_VERSION_MINOR, GRAFT_VERSION_PATCH);
}
