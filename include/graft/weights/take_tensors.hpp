// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/config.hpp>
#include <graft/weights/tensors.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Hands the tensors of a file to a model, one by one, and holds the model's needs against it: each has to be there, in its shape, in
/// a format that graft computes with, and finite; and in the end none may be left.
///
/// The first failure sticks: from then on `take` gives empty tensors, so a model takes all that it needs and asks once.
///
///     take_tensors take(file, "bert.");
///     layer.weight = take("encoder.layer.0.output.dense.weight", {384, 1536});
///     layer.bias   = take("encoder.layer.0.output.dense.bias", {384});
///     take.ignore("pooler.");
///     if (auto all = take.finish(); !all) return all.error();
///
/// Borrows  the tensors.
/// Costs    one pass over the bytes of each tensor that is taken, for the finite check; nothing with `finite = false`.
/// Fails    `absent`, `wrong_shape`, `unsupported`, `not_finite` (at a row), `unexpected`: the subject names file and tensor.
class take_tensors {
    const tensors&       from_;
    std::string          prefix_;
    bool                 finite_;
    std::vector<bool>    taken_;
    std::optional<error> why_;

    [[nodiscard]] const tensor* find(std::string_view name) const {
        if (prefix_.empty()) return from_.find(name);
        return from_.find(std::string(prefix_).append(name));
    }
    void fail(fault what, std::string_view name, unit of = unit::none, std::uint64_t where = 0) {
        if (!why_) why_ = from_.refuse(what, prefix_ + std::string(name), of, where);
    }

public:
    /// Takes    `prefix`, which stands before all names of the file that the model asks for; `finite`, whether all numbers are looked at.
    explicit take_tensors(const tensors& from, std::string prefix = {}, bool finite = true)
        : from_(from), prefix_(std::move(prefix)), finite_(finite), taken_(from.size()) {}

    /// Whether a tensor is there, so that a model may choose between forms.
    [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }

    /// The tensor of that name and shape.
    tensor operator()(std::string_view name, const tensor_shape& shape) {
        const tensor* it = find(name);
        if (it == nullptr) return fail(fault::absent, name), tensor{};
        taken_[static_cast<std::size_t>(it - from_.list().data())] = true;
        if (it->shape != shape) {
            // Another quantisation of bitsandbytes: what follows is said of a matrix that does not lie there.
            const bool coded = has(std::string(name) + ".quant_map");
            return fail(coded ? fault::unsupported : fault::wrong_shape,
                        std::string(name) + " " + it->shape.text() + " instead of " + shape.text()),
                   tensor{};
        }
        if (!layout_of(it->format).decodes)
            return fail(fault::unsupported, std::string(name) + " " + std::string(graft::name(it->format))), tensor{};
        if (finite_)
            if (const auto row = it->first_not_finite())
                return fail(fault::not_finite, name, unit::row, *row), tensor{};
        return *it;
    }
    /// The same where the file may also lack it; nothing then.
    std::optional<tensor> optional(std::string_view name, const tensor_shape& shape) {
        if (!has(name)) return std::nullopt;
        return (*this)(name, shape);
    }
    /// The weight of that name and shape in NF4, with all its parts, where the file holds it so; nothing where it does not.
    std::optional<nf4_tensor> nf4(std::string_view name, const tensor_shape& shape) {
        const nf4_tensor* it = from_.find_nf4(prefix_ + std::string(name));
        if (it == nullptr) return std::nullopt;
        taken_[static_cast<std::size_t>(from_.find(it->name) - from_.list().data())] = true;
        ignore(std::string(name) + ".");
        if (it->shape != shape)
            fail(fault::wrong_shape, std::string(name) + " " + it->shape.text() + " instead of " + shape.text());
        return *it;
    }
    /// Lets a tensor of that name be there, and all whose names begin so, which the model has no use for.
    void ignore(std::string_view begin) {
        const std::string whole = prefix_ + std::string(begin);
        for (std::size_t i = 0; i < taken_.size(); ++i)
            if (from_.list()[i].name.starts_with(whole)) taken_[i] = true;
    }

    /// Whether nothing failed yet.
    [[nodiscard]] bool ok() const noexcept { return !why_; }
    /// Done, where nothing failed and nothing is left.
    [[nodiscard]] result<void> finish() {
        for (std::size_t i = 0; i < taken_.size() && !why_; ++i)
            if (!taken_[i]) why_ = from_.refuse(fault::unexpected, from_.list()[i].name);
        if (why_) return *why_;
        return done;
    }
};

} // namespace graft::inline GRAFT_ABI
