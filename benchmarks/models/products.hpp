// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace bench {

enum class form { abt, ab, atb };

/// C [n, m] = A Bᵀ, A B or Aᵀ B over k.
struct product {
    const float *a, *b;
    float*       c;
    std::size_t  n, k, m;
};
struct product_peer {
    std::string                               name;
    std::function<void(form, const product&)> run;
};

/// OpenBLAS of Debian and of numpy's wheel below `folder`, and on one thread Eigen, compiled for this machine. All called on so many threads
/// from now on.
[[nodiscard, gnu::visibility("default")]] std::vector<product_peer> native_products(const std::string& folder,
                                                                                    std::size_t        threads);

/// Chains of multiply-adds in registers, on one thread: so many times `peak_operations`, twice that where `wide`.
[[gnu::visibility("default")]] void native_peak(std::size_t times, bool wide);
inline constexpr double             peak_operations = 10'000. * 12 * 2 * 8;

} // namespace bench
