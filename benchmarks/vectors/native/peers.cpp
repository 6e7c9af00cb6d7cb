// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "libraries.hpp"

#include <filesystem>

#include <dlfcn.h>

namespace bench {

namespace {

template <class Int>
void take(blas& out, void* library, const char* gemm_name, const char* gemv_name, const char* threads_name,
          const char* config_name, const char* core_name) {
    constexpr int by_row = 101, plain = 111;
    using gemm =
        void (*)(int, int, int, Int, Int, Int, float, const float*, Int, const float*, Int, float, float*, Int);
    using gemv         = void (*)(int, int, Int, Int, float, const float*, Int, const float*, Int, float, float*, Int);
    const auto mm      = reinterpret_cast<gemm>(dlsym(library, gemm_name));
    const auto mv      = reinterpret_cast<gemv>(dlsym(library, gemv_name));
    const auto threads = reinterpret_cast<void (*)(int)>(dlsym(library, threads_name));
    if (mm == nullptr || mv == nullptr || threads == nullptr) return;
    threads(1); // it is called from as many threads as the row has
    const auto config = reinterpret_cast<const char* (*)()>(dlsym(library, config_name));
    const auto core   = reinterpret_cast<const char* (*)()>(dlsym(library, core_name));
    if (config != nullptr && core != nullptr) { // "OpenBLAS 0.3.21 …"
        const std::string all = config();
        out.name              = all.substr(0, all.find(' ', all.find(' ') + 1)) + " (" + core() + ")";
    }
    out.gemm = [mm](int at, int bt, long m, long n, long k, const float* a, long a_row, const float* b, long b_row,
                    float* c, long c_row) {
        mm(by_row, at, bt, static_cast<Int>(m), static_cast<Int>(n), static_cast<Int>(k), 1, a, static_cast<Int>(a_row),
           b, static_cast<Int>(b_row), 0, c, static_cast<Int>(c_row));
    };
    out.gemv = [mv](long rows, long dims, const float* a, const float* x, float* y) {
        mv(by_row, plain, static_cast<Int>(rows), static_cast<Int>(dims), 1, a, static_cast<Int>(dims), x, 1, 0, y, 1);
    };
}

} // namespace

std::vector<blas> every_blas(const std::string& folder) {
    std::vector<blas> all{{"OpenBLAS of Debian"}, {"OpenBLAS of numpy"}};
    if (void* at = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL))
        take<int>(all[0], at, "cblas_sgemm", "cblas_sgemv", "openblas_set_num_threads", "openblas_get_config",
                  "openblas_get_corename");
    std::error_code none;
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder + "/venv/lib", none))
        if (file.path().filename().string().starts_with("libscipy_openblas64_"))
            if (void* at = dlopen(file.path().c_str(), RTLD_NOW | RTLD_LOCAL); at != nullptr && !all[1].gemm)
                take<long>(all[1], at, "scipy_cblas_sgemm64_", "scipy_cblas_sgemv64_",
                           "scipy_openblas_set_num_threads64_", "scipy_openblas_get_config64_",
                           "scipy_openblas_get_corename64_");
    return all;
}

peers native_peers(const std::string& folder) {
    peers      all;
    const auto libraries = every_blas(folder);
    add_hnswlib(all);
    add_dots(all, libraries);
    add_products(all, libraries);
    add_searches(all, libraries);
    return all;
}

} // namespace bench
