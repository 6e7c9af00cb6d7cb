// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/json/json.hpp>
#include <graft/tokenize/tokenizer.hpp>
#if !GRAFT_JSON_COMPILED
#    include <graft/tokenize/tokenizer_json_reader.hpp>
#endif

#include <string>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// `read_tokenizer_json`, as `graft::kernels` has compiled it.
[[nodiscard]] result<tokenizer> compiled_tokenizer_json(const json_document& file);

} // namespace detail

/// A tokenizer from Hugging Face's tokenizer.json: normaliser, pre-tokenizer, model, post-processor, decoder, added tokens.
///
/// Its truncation and padding are not taken: what a folder's other files say goes before them, and `encode` takes `max_tokens`.
/// Fails    as `parse_json`; fault::bad_format with the path and the name of a part, an expression or a setting that is not known: none is
///          guessed; fault::malformed where merges or special tokens name what is not there.
[[nodiscard]] inline result<tokenizer> read_tokenizer_json(const json_document& file) {
#if GRAFT_JSON_COMPILED
    return detail::compiled_tokenizer_json(file);
#else
    return detail::tokenizer_json_reader::read(file);
#endif
}
/// The same of a file's bytes; errors name `name`.
[[nodiscard]] inline result<tokenizer> read_tokenizer_json(std::string_view bytes,
                                                           std::string      name = "tokenizer.json") {
    const auto file = parse_json(bytes, std::move(name));
    if (!file) return file.error();
    return read_tokenizer_json(*file);
}

} // namespace graft::inline GRAFT_ABI
