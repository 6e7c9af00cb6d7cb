// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/result.hpp>
#include <graft/config.hpp>
#include <graft/store/mapped.hpp>
#include <graft/weights/tensors.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// A checkpoint of llama2.c: the sizes of a small Llama, and its tensors under the names that GGUF files have for them
/// (`blk.0.attn_q.weight`), whose order of rows it shares: those of q and k are in pairs (2i, 2i + 1).
struct llama2c_checkpoint {
    std::uint32_t width = 0, inner = 0, layers = 0, heads = 0, kv_heads = 0, vocabulary = 0, positions = 0;
    tensors       weights; ///< without `output.weight` where the table of tokens is the output too
};

/// The vocabulary beside it, in order of the ids: 0 is the unknown token, 1 begins a text, 2 ends one, 3 to 258 are single bytes.
///
/// Borrows  nothing: it keeps the file.
struct llama2c_vocabulary {
    file_bytes                    file;
    std::uint32_t                 longest = 0;  ///< bytes of the longest token, as the file says
    std::vector<std::string_view> tokens  = {}; ///< with blanks for SentencePiece's mark
    std::vector<float>            scores  = {};
};

namespace detail {

[[nodiscard]] inline result<llama2c_checkpoint> read_llama2c(file_bytes kept, const std::string& path) {
    llama2c_checkpoint m{.weights = tensors(path)};
    const auto         all = m.weights.keep(std::move(kept));
    byte_reader        r(all, path);
    // Version 1 begins with a magic number and fills its head to 256 bytes; what came before begins with the width.
    const bool first = all.size() >= 4 && load_number<std::uint32_t>(all.data()) == 0x616b3432u; // "24ka"
    if (first) {
        static_cast<void>(r.u32());
        const std::uint32_t version = r.u32();
        if (r.ok() && version != 1)
            return error{version == 0 ? fault::malformed : fault::unsupported, unit::byte, 4, path};
    }
    std::array<std::uint32_t*, 7> sizes{&m.width,    &m.inner,      &m.layers,   &m.heads,
                                        &m.kv_heads, &m.vocabulary, &m.positions};
    bool                          tied = true;
    for (std::uint32_t* size : sizes) {
        const std::size_t at = r.at();
        auto              n  = static_cast<std::int32_t>(r.u32());
        if (!r.ok()) return r.error();
        if (size == &m.vocabulary && n < 0 && n > -(1 << 30) && !first)
            n = -n, tied = false; // before version 1, a sign said it
        if (n <= 0 || n > (1 << 30)) return error{fault::malformed, unit::byte, at, path};
        *size = static_cast<std::uint32_t>(n);
    }
    if (first) {
        tied = r.u8() != 0;
        static_cast<void>(r.block(256 - r.at()));
        if (!r.ok()) return r.error();
    }
    if (m.width % m.heads != 0 || m.width / m.heads % 2 != 0 || m.heads % m.kv_heads != 0 || m.layers > 1u << 16)
        return error{fault::malformed, unit::byte, first ? std::size_t{8} : 0, path};
    const std::uint64_t head = m.width / m.heads, kv = head * m.kv_heads;

    result<void> ok   = done;
    const auto   take = [&](std::string_view tensor_name, const tensor_shape& shape) {
        const auto n = shape.numbers();
        if (!ok) return;
        if (!n || *n > r.left() / sizeof(float)) {
            ok = m.weights.refuse(fault::truncated, tensor_name, unit::byte, all.size());
            return;
        }
        m.weights.add({m.weights.keep(tensor_name), weight_format::f32, shape,
                       r.block(static_cast<std::size_t>(*n * sizeof(float)))});
    };
    const auto each_layer = [&](std::string_view noun, const tensor_shape& shape) {
        for (std::uint32_t l = 0; l < m.layers && ok; ++l)
            take(std::string("blk.").append(std::to_string(l)).append(".").append(noun).append(".weight"), shape);
    };
    const auto table     = [&] { take("token_embd.weight", {m.vocabulary, m.width}); };
    const auto norms     = [&](std::string_view noun) { each_layer(noun, {m.width}); };
    const auto attention = [&] {
        each_layer("attn_q", {m.width, m.width});
        each_layer("attn_k", {kv, m.width});
        each_layer("attn_v", {kv, m.width});
        each_layer("attn_output", {m.width, m.width});
    };
    const auto feed_forward = [&] {
        each_layer("ffn_gate", {m.inner, m.width});
        each_layer("ffn_down", {m.width, m.inner});
        each_layer("ffn_up", {m.inner, m.width});
    };
    if (first) {
        norms("attn_norm"), norms("ffn_norm"), take("output_norm.weight", {m.width}), table();
        attention(), feed_forward();
    } else {
        table(), norms("attn_norm"), attention(), norms("ffn_norm"), feed_forward();
        take("output_norm.weight", {m.width});
        // Two tables of cosines and sines, which follow from the sizes.
        const std::uint64_t turns = std::uint64_t{m.positions} * head * sizeof(float);
        if (ok && turns > r.left()) ok = error{fault::truncated, unit::byte, all.size(), path};
        if (ok) static_cast<void>(r.block(static_cast<std::size_t>(turns)));
    }
    if (!tied) take("output.weight", {m.vocabulary, m.width});
    if (!ok) return ok.error();
    if (r.left() != 0) return error{fault::unexpected, unit::byte, r.at(), path};
    if (auto named = m.weights.index(); !named) return named.error();
    return m;
}

[[nodiscard]] inline result<llama2c_vocabulary> read_llama2c_vocabulary(file_bytes kept, const std::string& path) {
    llama2c_vocabulary v{.file = std::move(kept)};
    byte_reader        r(v.file.all(), path);
    v.longest = r.u32();
    while (r.ok() && r.left() > 0) {
        v.scores.push_back(r.f32());
        const std::uint32_t length = r.u32();
        const auto          bytes  = r.block(length);
        if (r.ok() && length > v.longest) r.fail(fault::malformed);
        v.tokens.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    if (!r.ok()) return r.error();
    if (v.tokens.empty()) return error{fault::truncated, unit::byte, v.file.size(), path};
    return v;
}

} // namespace detail

/// Opens a checkpoint of llama2.c in 32-bit floats, as of version 1 or as it was before.
///
/// Costs    the file read once, or mapped.
/// Fails    `malformed` for sizes that cannot be, `truncated` and `unexpected` where the file has not the length that they make, `unsupported` for version
///          2, whose numbers are in 8 bits; the subject names file and tensor. Whatever the file system gives.
/// Source   karpathy/llama2.c: the readers of run.c, the writers of export.py.
template <readable_files F>
[[nodiscard]] result<llama2c_checkpoint> load_llama2c(const F& fs, const std::string& path,
                                                      const open_weights& how = {}) {
    auto bytes = load_bytes(fs, path, how.map);
    if (!bytes) return bytes.error();
    return detail::read_llama2c(std::move(*bytes), path);
}

/// Opens `tokenizer.bin`, which lies beside such a checkpoint. It does not say how many tokens it has: compare with the checkpoint's.
///
/// Fails    `truncated`; `malformed` for a token that is longer than the longest. Whatever the file system gives.
template <readable_files F>
[[nodiscard]] result<llama2c_vocabulary> load_llama2c_vocabulary(const F& fs, const std::string& path) {
    auto bytes = load_bytes(fs, path);
    if (!bytes) return bytes.error();
    return detail::read_llama2c_vocabulary(std::move(*bytes), path);
}

} // namespace graft::inline GRAFT_ABI
