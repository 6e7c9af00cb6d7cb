// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/embed/static_table.hpp>
#include <graft/models/model_folder.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/safetensors.hpp>
#include <graft/weights/take_tensors.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// The middle length of a tokenizer's tokens in characters, the shorter of two: by it model2vec says how much of a text it reads.
[[nodiscard]] inline std::size_t median_characters(const tokenizer& words) {
    std::vector<std::size_t> sizes;
    for (std::size_t i = 0; i < words.size(); ++i)
        if (const auto text = words.text_of(static_cast<token_id>(i)); !text.empty())
            sizes.push_back(unicode::count_scalars(text));
    if (sizes.empty()) return 1;
    std::sort(sizes.begin(), sizes.end());
    return std::max<std::size_t>(1, (sizes[(sizes.size() - 1) / 2] + sizes[sizes.size() / 2]) / 2);
}

/// The numbers of a tensor with one size, as floats.
[[nodiscard]] inline std::vector<float> list_of(const tensor& from) {
    std::vector<float> list(from.bytes.empty() ? 0 : from.rows() * from.columns());
    if (!list.empty()) (void)from.decode(list);
    return list;
}

/// Fills table, mapping and weights from a file: `embeddings` of model2vec, or `embedding.weight` of sentence-transformers.
[[nodiscard]] inline result<void> read_static_rows(const tensors& file, static_table_parts& to) {
    const tensor* rows = file.find("embeddings");
    if (rows == nullptr) rows = file.find("embedding.weight");
    if (rows == nullptr) return file.refuse(fault::absent, "embeddings");
    constexpr std::uint64_t most = std::uint64_t{1} << 24; // a mapping is read as floats
    if (rows->shape.rank() != 2 || rows->shape[0] > most) return file.refuse(fault::wrong_shape, rows->name);
    take_tensors take(file);
    const tensor table = take(rows->name, rows->shape);
    tensor       mapping, weights;
    if (const tensor* map = file.find("mapping")) mapping = take("mapping", {map->shape.numbers().value_or(0)});
    if (const tensor* w = file.find("weights")) weights = take("weights", {w->shape.numbers().value_or(0)});
    if (auto all = take.finish(); !all) return all;
    to.rows = matrix<float>(table.rows(), table.columns());
    (void)table.decode(to.rows.flat());
    to.weights = list_of(weights);
    for (const float row : list_of(mapping)) {
        if (!(row >= 0 && row < static_cast<float>(to.rows.rows())) ||
            row != static_cast<float>(static_cast<std::uint32_t>(row)))
            return file.refuse(fault::malformed, "mapping", unit::row, to.row_of.size());
        to.row_of.push_back(static_cast<std::uint32_t>(row));
    }
    return done;
}

} // namespace detail

/// A static table from a folder of model2vec or sentence-transformers: tokenizer.json, config.json, model.safetensors, in any format of numbers.
///
/// The tensor's name tells the two apart. model2vec reads 512 tokens (`max_length`) of so many characters as they have in the middle, and leaves unknown
/// ones out; sentence-transformers reads all, and takes the unknown token's row. Vectors of bytes have no scale: compare them by cosine.
///
/// Costs    a copy of the table in floats.
/// Fails    what a folder lacks, holds of another kind, or contradicts is named with file and key or tensor: `absent`, `unsupported`, `malformed`,
///          `wrong_shape`, `not_finite`, `unexpected`; as the readers of its files; as `static_table::of`
template <readable_files F>
[[nodiscard]] result<static_table> load_static_table(const F& fs, const std::string& folder, context&,
                                                     const open_weights& how = {}) {
    const auto modules = load_modules(fs, folder);
    if (!modules) return modules.error();
    bool scaled = false;
    for (std::size_t i = 0; i < modules->items.size(); ++i) {
        if ((i == 0) != (modules->items[i].kind == "StaticEmbedding")) return modules->refuse(i);
        if (i > 0 && modules->items[i].kind != "Normalize") return modules->refuse(i);
        scaled = i > 0;
    }
    const std::string at   = modules->items.empty() ? folder : modules->items[0].folder;
    auto              file = load_safetensors(fs, at, how);
    if (!file) return file.error();
    auto words = load_folder_tokenizer(fs, at);
    if (!words) return words.error();
    static_table_parts parts{std::move(*words), {}};
    if (auto ok = detail::read_static_rows(*file, parts); !ok) return ok.error();

    const bool model2vec = file->find("embeddings") != nullptr;
    auto       config    = detail::optional_json(fs, path_of(at, "config.json"));
    if (config && !*config) config = detail::optional_json(fs, path_of(at, "config_sentence_transformers.json"));
    if (!config) return config.error();
    if (*config) {
        const auto normal = (*config)->at("normalize").boolean_or(scaled && !model2vec);
        if (!normal) return normal.error();
        scaled = *normal;
    }
    parts.scaled = scaled;
    if (model2vec) {
        const auto most =
            *config ? (*config)->at("max_length").number_or(std::uint32_t{512}) : result<std::uint32_t>(512u);
        if (!most) return most.error();
        parts.unknown        = false;
        parts.max_tokens     = *most;
        parts.max_characters = *most * detail::median_characters(std::get<tokenizer>(parts.words));
    }
    auto made = static_table::of(std::move(parts));
    if (!made) {
        auto why    = made.error();
        why.subject = folder + ": " + why.subject;
        return why;
    }
    return made;
}

#if GRAFT_JSON_COMPILED
extern template result<static_table> load_static_table(const posix_files&, const std::string&, context&,
                                                       const open_weights&);
#endif

} // namespace graft::inline GRAFT_ABI
