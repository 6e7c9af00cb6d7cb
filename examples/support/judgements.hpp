// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "records.hpp"

#include <graft/eval/trec.hpp>

#include <string>
#include <vector>

namespace tool {

/// The judgements of a file, TREC's or BEIR's, which its first line tells.
///
/// Fails    `no_input` where there are none.
inline graft::result<std::vector<graft::trec_judgement>> read_judgements(const std::string& file) {
    const auto text = read_text_input(file);
    if (!text) return text.error();
    const bool beir   = text->substr(0, text->find('\n')).find("\tscore") != text->npos;
    auto       judged = beir ? graft::read_beir_qrels(*text, file) : graft::read_qrels(*text, file);
    if (judged && judged->empty()) return graft::error{graft::fault::no_input, graft::unit::none, 0, file};
    return judged;
}

} // namespace tool
