// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_set.hpp>
#include <graft/base/finite.hpp>
#include <graft/base/parallel.hpp>
#include <graft/simd/element.hpp>
#include <graft/weights/tensors.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// How the numbers of a merged model are stored.
struct merge_loras_params {
    /// F32, F16 or BF16 for all numbers with a fraction; nothing: each tensor as its file has it.
    std::optional<weight_format> as     = {};
    bool                         turned = false; ///< the file has its matrices [in, out], as GPT-2's
};

/// What became of an update when it was merged.
struct merged_place {
    std::string name;     ///< of the place
    double      norm = 0; ///< of scale · B A, with magnitudes of the whole change
    /// Frobenius norm of (the change of the stored weights - the update) over that of the update: what rounding took. Of an update of a
    /// hundredth of its weights BF16 takes 17 %, F16 2 %.
    double lost = 0;
};

/// The tensors of a model with its updates in them.
///
/// Borrows  what did not change, from the base.
struct merged_tensors {
    std::vector<tensor>                 list; ///< in the order of the base
    std::vector<std::vector<std::byte>> kept; ///< what did change
    std::vector<merged_place>           places;
};

namespace detail {

/// The same update beside the weights lying the other way: (B A)ᵀ = Aᵀ Bᵀ.
[[nodiscard]] inline lora<float> turned_lora(const lora<float>& u) {
    const auto turned = [](const matrix<float>& m) {
        matrix<float> t(m.dims(), m.rows());
        for (std::size_t r = 0; r < m.rows(); ++r)
            for (std::size_t i = 0; i < m.dims(); ++i) t.row(i)[r] = m.row(r)[i];
        return t;
    };
    return {turned(u.B), turned(u.A), u.scale};
}

/// Stores finite numbers; x becomes what was stored. False for a number beyond what F16 or BF16 hold.
[[nodiscard]] inline bool store_floats(weight_format as, std::span<float> x, std::byte* to) noexcept {
    const auto put = [&](std::size_t i, auto bits) {
        for (std::size_t b = 0; b < sizeof bits; ++b)
            to[i * sizeof bits + b] = static_cast<std::byte>(static_cast<std::uint32_t>(bits) >> (8 * b));
    };
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (as == weight_format::f32) {
            put(i, std::bit_cast<std::uint32_t>(x[i]));
        } else if (as == weight_format::f16) {
            if (std::fabs(x[i]) >= 65520.f) return false;
            const f16_code code = to_f16(x[i]);
            put(i, static_cast<std::uint16_t>(code)), x[i] = widen(code);
        } else {
            if (std::bit_cast<std::uint32_t>(std::fabs(x[i])) >= 0x7f7f8000u) return false;
            const bf16_code code = to_bf16(x[i]);
            put(i, static_cast<std::uint16_t>(code)), x[i] = widen(code);
        }
    }
    return true;
}
[[nodiscard]] constexpr bool has_fraction(weight_format f) noexcept {
    return f == weight_format::f64 || f == weight_format::f32 || f == weight_format::f16 || f == weight_format::bf16;
}

/// One tensor of a merged model, stored anew, with an update in it or null; `place` hears what became of that.
[[nodiscard]] inline result<std::vector<std::byte>> merge_tensor(const tensors& base, const tensor& t, weight_format as,
                                                                 const lora<float>* update, merged_place* place,
                                                                 context& c) {
    const std::size_t      rows = t.rows(), columns = t.columns(), width = layout_of(as).bytes;
    std::vector<std::byte> to(rows * columns * width);
    std::vector<double>    sizes(update != nullptr ? rows : 0), losses(sizes.size()); // squares
    auto ok = each_block(c, rows, 16, [&](std::size_t first, std::size_t last, context& w) -> result<void> {
        const auto take = [&] {
            return matrix_view<float>{w.take_raw<float>((last - first) * columns).data(), last - first, columns};
        };
        const auto         now = take();
        matrix_view<float> was;
        std::span<double>  wanted; // of each number, the change
        for (std::size_t r = 0; r < now.rows; ++r)
            if (!t.decode_row(first + r, now.row(r))) return base.refuse(fault::unsupported, t.name);
        if (update != nullptr) {
            was = take(), wanted = w.take_raw<double>(now.rows * columns);
            std::ranges::copy(now.flat(), was.data);
            const bool lengths = !update->m.flat().empty();
            const auto product = update->add_rows(first, now, w);
            for (std::size_t r = 0; r < now.rows && lengths; ++r)
                lora<float>::give_length(now.row(r), update->m.data()[first + r]);
            for (std::size_t i = 0; i < wanted.size(); ++i)
                wanted[i] = lengths ? static_cast<double>(now.data[i]) - static_cast<double>(was.data[i])
                                    : static_cast<double>(update->scale) * static_cast<double>(product.data[i]);
        }
        for (std::size_t r = 0; r < now.rows; ++r) {
            if (!all_finite(now.row(r))) return base.refuse(fault::not_finite, t.name, unit::row, first + r);
            if (!store_floats(as, now.row(r), to.data() + (first + r) * columns * width))
                return base.refuse(fault::too_large, t.name, unit::row, first + r);
        }
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            const double off = static_cast<double>(now.data[i]) - static_cast<double>(was.data[i]) - wanted[i];
            sizes[first + i / columns] += wanted[i] * wanted[i], losses[first + i / columns] += off * off;
        }
        return done;
    });
    if (!ok) return ok.error();
    if (update == nullptr) return to;
    double size = 0, loss = 0;
    for (std::size_t r = 0; r < rows; ++r) size += sizes[r], loss += losses[r];
    place->norm = std::sqrt(size);
    place->lost = size > 0 ? std::sqrt(loss / size) : 0;
    return to;
}

} // namespace detail

/// The tensors of a model with updates merged into their weights: W + scale · B A at each place of the set, with magnitudes (DoRA) each row at its
/// length. The base stays as it is, and to go back to it is to unmerge, to the bit.
///
/// Takes    updates with the rows that the file has: of transformers' folders as PEFT has them. Of place `x` the weight is `x.weight`, or that without
///          the first word, where the file leaves it out.
/// Gives    for each place what rounding took of the update.
/// Costs    memory for all tensors that change; two passes over their numbers.
/// Fails    `absent` for a place that the file has not, `duplicate_id` for one that stands twice, `wrong_shape`, `not_finite`, `too_large` for a number
///          that F16 or BF16 cannot hold (row), `unsupported` for weights in blocks or integers, updates of tables, and magnitudes beside matrices
///          [in, out], all naming file and tensor; `bad_argument` for another format; stopped, timed_out
[[nodiscard]] inline result<merged_tensors> merge_loras(const tensors& base, const lora_set<float>& set,
                                                        const merge_loras_params& how, context& c) {
    using w = weight_format;
    if (how.as && *how.as != w::f32 && *how.as != w::f16 && *how.as != w::bf16)
        return base.refuse(fault::bad_argument, name(*how.as));
    merged_tensors                  made{std::vector<tensor>(base.list().begin(), base.list().end()), {}, {}};
    std::vector<const lora<float>*> update(made.list.size());
    std::vector<merged_place*>      place(made.list.size());
    std::deque<lora<float>>         turned;
    made.places.resize(set.entries.size());
    for (std::size_t i = 0; i < set.entries.size(); ++i) {
        const auto&   e  = set.entries[i];
        const tensor* at = base.find(e.name + ".weight");
        if (at == nullptr) at = base.find(e.name.substr(e.name.find('.') + 1) + ".weight");
        if (at == nullptr) return base.refuse(fault::absent, e.name + ".weight");
        const auto n = static_cast<std::size_t>(at - base.list().data());
        if (update[n] != nullptr) return base.refuse(fault::duplicate_id, at->name);
        if (!detail::has_fraction(at->format) || e.table || (how.turned && !e.update.m.flat().empty()))
            return base.refuse(fault::unsupported, at->name);
        const std::size_t out = how.turned ? at->columns() : at->rows(), in = how.turned ? at->rows() : at->columns();
        if (at->shape.rank() != 2 || !e.update.fits(in, out)) return base.refuse(fault::wrong_shape, at->name);
        update[n] = how.turned ? &turned.emplace_back(detail::turned_lora(e.update)) : &e.update;
        place[n] = &made.places[i], place[n]->name = e.name;
    }
    for (std::size_t n = 0; n < made.list.size(); ++n) {
        tensor&    t  = made.list[n];
        const auto as = !detail::has_fraction(t.format) ? t.format
                        : how.as                        ? *how.as
                        : t.format == w::f64            ? w::f32
                                                        : t.format;
        if (update[n] == nullptr && as == t.format) continue;
        if (update[n] == nullptr && t.format == w::f64 && !how.as) continue;
        auto bytes = detail::merge_tensor(base, t, as, update[n], place[n], c);
        if (!bytes) return bytes.error();
        t.format = as;
        t.bytes  = made.kept.emplace_back(std::move(*bytes));
    }
    return made;
}

} // namespace graft::inline GRAFT_ABI
