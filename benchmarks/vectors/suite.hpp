// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../support/table.hpp"
#include "../support/timing.hpp"

#include <graft/base/matrix.hpp>
#include <graft/simd/kernels.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// What the parts of the suite share. Two libraries of contenders implement it: graft as this program compiles it, and
// native/, compiled with -O3 -march=native: graft once more, and the peers.

namespace bench {

/// Does a thing so many times.
using work = std::function<void(std::size_t)>;

enum class format { f32, bf16, f16, i8, bits };
inline constexpr std::string_view format_names[] = {"f32", "bf16", "f16", "i8", "bits"};
[[nodiscard]] inline std::string  name_of(format f) { return std::string(format_names[static_cast<std::size_t>(f)]); }
[[nodiscard]] inline std::size_t  bits_of(format f) {
    constexpr std::size_t bits[] = {32, 16, 16, 8, 1};
    return bits[static_cast<std::size_t>(f)];
}

using graft::matrix_view;
using rows_view = matrix_view<const float>;

/// A query against rows [n, dims]. Peers take both in `of`, integers signed; sums are float, int32 of i8, uint32 of bits.
struct dots_peer {
    std::string                                                                                      name;
    format                                                                                           of   = format::f32;
    std::function<work(const void* q, const void* rows, std::size_t n, std::size_t dims, void* out)> make = {};
    bool packed = false; ///< it brings the rows into an order of its own first
};

enum class form { abt, ab, atb };

/// C [n, m] = A Bᵀ, A B or Aᵀ B over k; of i8 and bf16 A Bᵀ only.
struct product {
    const void* a = nullptr;
    const void* b = nullptr;
    void*       c = nullptr;
    std::size_t n = 0, k = 0, m = 0, threads = 1;
};
struct product_peer {
    std::string                               name;
    format                                    of   = format::f32;
    std::function<work(form, const product&)> make = {};
};

/// An exact index of rows.
class exact {
public:
    exact()                        = default;
    exact(const exact&)            = delete;
    exact& operator=(const exact&) = delete;
    virtual ~exact()               = default;
    /// The rows with the ten largest dot products for each query [n, dims]: ids [n, 10].
    virtual void search(const float* queries, std::size_t n, std::size_t threads, std::uint32_t* ids) = 0;
    /// Rows that the last search scored by their f32 numbers; 0 where that has no meaning.
    [[nodiscard]] virtual std::size_t rescored() const { return 0; }
};
struct exact_peer {
    std::string                                      name;
    std::function<std::unique_ptr<exact>(rows_view)> make         = {};
    std::size_t                                      most_queries = ~std::size_t{0}; ///< at a time
    std::size_t                                      most_threads = 2;
    bool                                             helped       = false; ///< more than a call of the library
};

/// One without a `make` is missing here.
struct peers {
    std::vector<dots_peer>    dots;
    std::vector<product_peer> products;
    std::vector<exact_peer>   searches;
};

/// One build of graft.
struct build {
    using multiply            = void (*)(rows_view, rows_view, matrix_view<float>);
    const graft::kernels* by  = nullptr;
    multiply              abt = nullptr, ab = nullptr, atb = nullptr;
    /// An index over rows in a format; `rescore` as `flat_params` has it. Null: graft has no such format.
    std::unique_ptr<exact> (*index)(format, std::size_t rescore, rows_view) = nullptr;
};

[[nodiscard]] const build&                  plain_build();
[[gnu::visibility("default")]] const build& native_build();
/// `folder` holds what peers.sh brought.
[[gnu::visibility("default")]] peers native_peers(const std::string& folder);

/// Rows like text embeddings: 1,000 Gaussian clusters with 64 decaying directions, a little noise in all, scaled to length 1.
[[gnu::visibility("default")]] void clustered(std::uint64_t seed, float* rows, std::size_t n, float* queries,
                                              std::size_t m, std::size_t dims);
/// The ten best rows for each query by products in double, ties to the lower row.
[[gnu::visibility("default")]] std::vector<std::uint32_t> truth(rows_view rows, rows_view queries);

/// What the command line asks for, and where rows go.
struct suite {
    report&          out;
    bool             quick  = false; ///< a look at whether all works: little data, few slices
    peers            others = {};
    std::string      folder = {}; ///< of the peers
    std::size_t      wrong  = 0;  ///< results that were not what they had to be
    std::vector<row> native = {}; ///< of `hold_native`: the end of the table

    [[nodiscard]] timing_params timing(double slice, std::size_t slices) const {
        return {.slice = quick ? slice / 4 : slice, .slices = quick ? 3 : slices, .patience = 1.2};
    }
    /// Says which result is wrong, and marks the name.
    void refuse(std::string& name, const std::string& why);
};

/// Whom a contender stands for. `helped`: a peer with more than it comes with.
enum class side { ours, native, peer, helped };

/// The contenders of a race.
struct field {
    std::vector<contender>   all     = {};
    std::vector<side>        sides   = {};
    std::vector<std::string> absent  = {}; ///< peers that are not there
    std::vector<bool>        unequal = {}; ///< by place; those give other results, so they are listed and not compared

    /// `scale`: what a call's time counts for, where it does another amount of work than the others'.
    ///
    /// Gives    its place in `all`.
    std::size_t enter(side by, std::string name, work what, double scale = 1);
};

/// How a race is told in the table.
struct figure {
    std::string name;
    std::string unit;
    double amount = 1; ///< of work in a call: the figure is amount / seconds, or seconds * amount where lower is better
    better way    = better::higher;
    double bar    = std::nan("");
};

/// Adds a row for `ours` against the best of all peers, which names the others too. Where that one was helped, a second row has
/// the best of those that were not. `list`: names and figures of all that are not the best.
void hold(suite& s, const figure& f, const timed& ours, const field& all, const std::vector<timed>& results,
          bool list = true);
/// The row of a plain build against the same compiled with -O3 -march=native.
void hold_native(suite& s, figure f, const timed& ours, const timed& native);
/// A row against one yardstick.
void hold_one(suite& s, const figure& f, const timed& ours, const timed& other, std::string name);

/// The bars of Zen 4 and Zen 5, NaN on another machine.
[[nodiscard]] double bar(double zen4, double zen5);

// The parts.
void machine(suite& s);
void dots(suite& s);
void stream(suite& s);
void products(suite& s);
void search(suite& s);
void real_rows(suite& s);

} // namespace bench
