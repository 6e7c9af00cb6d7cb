// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "../products.hpp"

#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Core>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <system_error>

#include <dlfcn.h>

namespace bench {

namespace {

/// The product of a BLAS whose integers are `Int` wide.
template <class Int>
std::optional<product_peer> blas(void* library, const char* prefix, const char* suffix, std::size_t threads) {
    const auto find = [&](const std::string& name) { return dlsym(library, (prefix + name + suffix).c_str()); };
    using gemm =
        void (*)(int, int, int, Int, Int, Int, float, const float*, Int, const float*, Int, float, float*, Int);
    const auto mm     = reinterpret_cast<gemm>(find("cblas_sgemm"));
    const auto set    = reinterpret_cast<void (*)(int)>(find("openblas_set_num_threads"));
    const auto config = reinterpret_cast<const char* (*)()>(find("openblas_get_config"));
    const auto core   = reinterpret_cast<const char* (*)()>(find("openblas_get_corename"));
    if (mm == nullptr || set == nullptr || config == nullptr || core == nullptr) return std::nullopt;
    set(static_cast<int>(threads));
    const std::string all = config(); // "OpenBLAS 0.3.21 …"
    return product_peer{all.substr(0, all.find(' ', all.find(' ') + 1)) + " (" + core() + ")",
                        [mm](form f, const product& p) {
                            constexpr int by_row = 101, plain = 111, turned = 112;
                            const auto n = static_cast<Int>(p.n), k = static_cast<Int>(p.k), m = static_cast<Int>(p.m);
                            mm(by_row, f == form::atb ? turned : plain, f == form::abt ? turned : plain, n, m, k, 1,
                               p.a, f == form::atb ? n : k, p.b, f == form::abt ? k : m, 0, p.c, m);
                        }};
}

} // namespace

std::vector<product_peer> native_products(const std::string& folder, std::size_t threads) {
    std::vector<product_peer> all;
    const auto                take = [&](std::optional<product_peer> one) {
        if (one) all.push_back(std::move(*one));
    };
    if (void* at = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL)) take(blas<int>(at, "", "", threads));
    std::error_code none;
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder + "/models/lib", none))
        if (file.path().filename().string().starts_with("libscipy_openblas64_"))
            if (void* at = dlopen(file.path().c_str(), RTLD_NOW | RTLD_LOCAL))
                take(blas<std::int64_t>(at, "scipy_", "64_", threads));
    if (threads == 1)
        all.push_back({"Eigen", [](form f, const product& p) {
                           using grid    = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
                           const auto at = [](const float* from, std::size_t rows, std::size_t columns) {
                               return Eigen::Map<const grid>(from, static_cast<Eigen::Index>(rows),
                                                             static_cast<Eigen::Index>(columns));
                           };
                           Eigen::Map<grid> c(p.c, static_cast<Eigen::Index>(p.n), static_cast<Eigen::Index>(p.m));
                           if (f == form::abt) c.noalias() = at(p.a, p.n, p.k) * at(p.b, p.m, p.k).transpose();
                           else if (f == form::ab) c.noalias() = at(p.a, p.n, p.k) * at(p.b, p.k, p.m);
                           else c.noalias() = at(p.a, p.k, p.n).transpose() * at(p.b, p.k, p.m);
                       }});
    return all;
}

#if defined(__x86_64__)
#    define CHAINS(kind)                                                                                            \
        for (; times > 0; --times)                                                                                  \
            for (int i = 0; i < 10'000; ++i)                                                                        \
        asm volatile("vfmadd231ps %%" kind "14, %%" kind "15, %%" kind "0\n\tvfmadd231ps %%" kind "14, %%" kind     \
                     "15, %%" kind "1\n\t"                                                                          \
                     "vfmadd231ps %%" kind "14, %%" kind "15, %%" kind "2\n\tvfmadd231ps %%" kind "14, %%" kind     \
                     "15, %%" kind "3\n\t"                                                                          \
                     "vfmadd231ps %%" kind "14, %%" kind "15, %%" kind "4\n\tvfmadd231ps %%" kind "14, %%" kind     \
                     "15, %%" kind "5\n\t"                                                                          \
                     "vfmadd231ps %%" kind "14, %%" kind "15, %%" kind "6\n\tvfmadd231ps %%" kind "14, %%" kind     \
                     "15, %%" kind "7\n\t"                                                                          \
                     "vfmadd231ps %%" kind "14, %%" kind "15, %%" kind "8\n\tvfmadd231ps %%" kind "14, %%" kind     \
                     "15, %%" kind "9\n\t"                                                                          \
                     "vfmadd231ps %%" kind "14, %%" kind "15, %%" kind "10\n\tvfmadd231ps %%" kind "14, %%" kind    \
                     "15, %%" kind "11" ::                                                                          \
                         : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
                           "xmm11")

[[gnu::target("avx2,fma")]] static void chains_of_8(std::size_t times) {
    asm volatile("vpxor %%xmm14, %%xmm14, %%xmm14\n\tvpxor %%xmm15, %%xmm15, %%xmm15" ::: "xmm14", "xmm15");
    CHAINS("ymm");
}
[[gnu::target("avx512f")]] static void chains_of_16(std::size_t times) {
    asm volatile("vpxor %%xmm14, %%xmm14, %%xmm14\n\tvpxor %%xmm15, %%xmm15, %%xmm15" ::: "xmm14", "xmm15");
    CHAINS("zmm");
}
void native_peak(std::size_t times, bool wide) { wide ? chains_of_16(times) : chains_of_8(times); }
#else
void native_peak(std::size_t, bool) {}
#endif

} // namespace bench
