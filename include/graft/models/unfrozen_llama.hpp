// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/parallel.hpp>
#include <graft/models/llama.hpp>
#include <graft/models/merge_loras.hpp>
#include <graft/models/read_llama.hpp>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// A decoder of the Llama family whose every number may move: its matrices lie row by row, and are packed when they are multiplied. It reads as the one
/// that it was made of, to the bit. Gradients of one have its shape too.
template <std::floating_point Scalar>
using unfrozen_llama = llama<Scalar, matrix<Scalar>>;

/// Calls f(name, matrix…) for each matrix, norm and bias of some models of one shape: its name, as transformers or `names` have it, and the numbers of each
/// model. A table of tokens that is the head too comes once, as the table.
///
/// Takes    models of type `unfrozen_llama`, const or not
template <class F, class Model, class... Others>
void each_weight(const llama_names& names, const F& f, Model& m, Others&... others) {
    const auto linear = [&](const std::string& name, const auto& pick) {
        f(name + ".weight", pick(m).W, pick(others).W...);
        if (!pick(m).b.flat().empty()) f(name + ".bias", pick(m).b, pick(others).b...);
    };
    const auto norm = [&](const std::string& name, const auto& pick) {
        f(name + ".weight", pick(m).w, pick(others).w...);
    };
    linear(std::string(names.tokens), [](auto& of) -> auto& { return of.table(); });
    for (std::size_t l = 0; l < m.layers.size(); ++l) {
        const std::string at = std::string(names.layer) + std::to_string(l) + ".";
        const auto        in = [&](std::string_view name) { return at + std::string(name); };
        norm(in(names.attention_norm), [l](auto& of) -> auto& { return of.layers[l].attention_norm; });
        linear(in(names.q), [l](auto& of) -> auto& { return of.layers[l].q; });
        linear(in(names.k), [l](auto& of) -> auto& { return of.layers[l].k; });
        linear(in(names.v), [l](auto& of) -> auto& { return of.layers[l].v; });
        linear(in(names.o), [l](auto& of) -> auto& { return of.layers[l].o; });
        norm(in(names.feed_norm), [l](auto& of) -> auto& { return of.layers[l].feed_norm; });
        linear(in(names.gate), [l](auto& of) -> auto& { return of.layers[l].feed.gate; });
        linear(in(names.up), [l](auto& of) -> auto& { return of.layers[l].feed.up; });
        linear(in(names.down), [l](auto& of) -> auto& { return of.layers[l].feed.down; });
    }
    norm(std::string(names.last_norm), [](auto& of) -> auto& { return of.last_norm; });
    if (m.tokens) linear(std::string(names.head), [](auto& of) -> auto& { return of.head; });
}
/// The same by the names of transformers.
template <class F, class Model, class... Others>
void each_weight(const F& f, Model& m, Others&... others) {
    each_weight(llama_names_of_transformers, f, m, others...);
}

/// A copy of a model whose numbers may move.
///
/// Fails    `unsupported` where the numbers of a matrix are not floats but bf16, int8, blocks or NF4: what was rounded would not move by small steps;
///          stopped, timed_out
template <std::floating_point Scalar, class Weight>
[[nodiscard]] result<unfrozen_llama<Scalar>> unfreeze(const llama<Scalar, Weight>& m, context& c) {
    using linear_copy = typename unfrozen_llama<Scalar>::layer_weight;
    result<void> ok   = done;
    const auto   copy = [&](const linear<Scalar, Weight>& of) -> linear_copy {
        if constexpr (!std::is_same_v<Weight, matrix<Scalar>>)
            if (ok && !of.W.floats()) ok = error{fault::unsupported, unit::none, 0, "weights that are no floats"};
        if (!ok) return {};
        linear_copy to{matrix<Scalar>(of.out(), of.in()), of.b};
        ok = each_block(c, of.out(), 64, [&](std::size_t first, std::size_t last, context&) {
            for (std::size_t i = first; i < last; ++i) of.row(i, to.W.row(i));
        });
        return to;
    };
    unfrozen_llama<Scalar> to{m.config, {}, {}, m.last_norm, {}, m.turn};
    if (m.tokens) to.tokens.emplace(copy(*m.tokens));
    to.head = copy(m.head);
    for (const auto& l : m.layers)
        to.layers.push_back({.attention_norm = l.attention_norm,
                             .q              = copy(l.q),
                             .k              = copy(l.k),
                             .v              = copy(l.v),
                             .o              = copy(l.o),
                             .feed_norm      = l.feed_norm,
                             .feed           = {copy(l.feed.gate), copy(l.feed.up), copy(l.feed.down), l.feed.f}});
    if (!ok) return ok.error();
    return to;
}

/// How the numbers of a model are to be written.
struct with_weights_params {
    /// F32, which keeps every bit, F16 or BF16, in which small steps are lost.
    weight_format as = weight_format::f32;
    bool vectors_too = true; ///< norms and biases as well, as transformers has them; of GGUF files those stay F32
};

/// The tensors of a model's file with the numbers of another model of its shape, in their order.
///
/// Takes    the names that the file has
/// Borrows  the file, for what is no weight of the model, and with F32 the model.
/// Fails    `absent` for a weight that the file has not, `wrong_shape`, `not_finite` and `too_large` (row) for a number that cannot be stored, naming file and
///          tensor; `bad_argument` for another format; stopped, timed_out
[[nodiscard]] inline result<merged_tensors> with_weights(const tensors& base, const unfrozen_llama<float>& m,
                                                         const llama_names& names, const with_weights_params& how,
                                                         context& c) {
    using w = weight_format;
    if (how.as != w::f32 && how.as != w::f16 && how.as != w::bf16)
        return base.refuse(fault::bad_argument, name(how.as));
    merged_tensors made{std::vector<tensor>(base.list().begin(), base.list().end()), {}, {}};
    result<void>   ok  = done;
    const auto     put = [&](const std::string& of, const matrix<float>& numbers) {
        const tensor* const at = base.find(of);
        if (!ok) return;
        if (at == nullptr) return void(ok = base.refuse(fault::absent, of));
        tensor& t = made.list[static_cast<std::size_t>(at - base.list().data())];
        if (t.rows() != numbers.rows() || t.columns() != numbers.dims())
            return void(ok = base.refuse(fault::wrong_shape, of));
        t.format = how.vectors_too || t.shape.rank() > 1 ? how.as : w::f32;
        if (t.format == w::f32 && std::endian::native == std::endian::little && all_finite(numbers.flat()))
            return void(t.bytes = std::as_bytes(numbers.flat()));
        const std::size_t width = layout_of(t.format).bytes, dims = numbers.dims();
        auto&             bytes = made.kept.emplace_back(numbers.flat().size() * width);
        ok = each_block(c, numbers.rows(), 16, [&](std::size_t first, std::size_t last, context& own) -> result<void> {
            const auto row = own.take_raw<float>(dims);
            for (std::size_t i = first; i < last; ++i) {
                std::ranges::copy(numbers.row(i), row.begin());
                if (!all_finite(std::span<const float>(row))) return base.refuse(fault::not_finite, of, unit::row, i);
                if (!detail::store_floats(t.format, row, bytes.data() + i * dims * width))
                    return base.refuse(fault::too_large, of, unit::row, i);
            }
            return done;
        });
        t.bytes = bytes;
    };
    each_weight(names, put, m);
    // A head that the file has beside a table which is the head too is a copy of that.
    const std::string head = std::string(names.head) + ".weight";
    if (ok && !m.tokens && base.find(head) != nullptr) put(head, m.head.W);
    if (!ok) return ok.error();
    return made;
}

} // namespace graft::inline GRAFT_ABI
