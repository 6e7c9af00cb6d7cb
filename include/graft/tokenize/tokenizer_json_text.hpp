// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/json/json.hpp>
#include <graft/tokenize/byte_level.hpp>
#include <graft/tokenize/known_expressions.hpp>
#include <graft/tokenize/sentencepiece.hpp>
#include <graft/tokenize/tiktoken.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// Reads what a tokenizer.json does to a text before its model: normaliser and cutting.
class tokenizer_json_text {
protected:
    tokenizer_parts               p_;
    std::vector<std::string_view> texts_; // of the model, by number
    std::vector<bool>             hidden_;
    bool                          bytes_ = false; // its letters stand for bytes
    graft::error                  why_{fault::malformed};

    bool refuse(const json_value& at, fault what = fault::bad_format) { return why_ = at.refuse(what), false; }
    /// Keeps what a reader gave, or its error.
    template <class T, class To>
    bool take(result<T> from, To& to) {
        if (!from) return why_ = std::move(from).error(), false;
        to = static_cast<To>(*std::move(from));
        return true;
    }
    /// A part whose `type` is none that is known.
    bool unknown(const json_value& part, std::string_view type) {
        why_ = part.at("type").refuse(fault::bad_format);
        if (!type.empty()) why_.subject.append(": ").append(type);
        return false;
    }
    static std::string_view type_of(const json_value& part) {
        return part.at("type").text_or("").has_value() ? *part.at("type").text_or("") : "";
    }

    bool each(const json_value& list, auto&& f) {
        const auto items = list.array();
        if (!items) return why_ = items.error(), false;
        for (const json_value x : *items)
            if (!f(x)) return false;
        return true;
    }

    bool normaliser(const json_value& part) {
        const std::string_view type = type_of(part);
        if (type == "Sequence") return each(part.at("normalizers"), [&](const json_value& x) { return normaliser(x); });
        if (type == "BertNormalizer") {
            bert_cleaning how;
            if (!take(part.at("clean_text").boolean_or(true), how.clean) ||
                !take(part.at("handle_chinese_chars").boolean_or(true), how.space_han) ||
                !take(part.at("lowercase").boolean_or(true), how.lower) ||
                !take(part.at("strip_accents").boolean_or(how.lower), how.strip_accents))
                return false;
            p_.normaliser.add(how);
        } else if (type == "NFC") p_.normaliser.add(normal_form::nfc);
        else if (type == "NFD") p_.normaliser.add(normal_form::nfd);
        else if (type == "NFKC") p_.normaliser.add(normal_form::nfkc);
        else if (type == "NFKD") p_.normaliser.add(normal_form::nfkd);
        else if (type == "Lowercase") p_.normaliser.add(lower_casing{});
        else if (type == "StripAccents") p_.normaliser.add(accent_dropping{});
        else if (type == "Nmt") p_.normaliser.add(control_dropping{});
        else if (type == "Strip") {
            trimming how;
            if (!take(part.at("strip_left").boolean_or(true), how.left) ||
                !take(part.at("strip_right").boolean_or(true), how.right))
                return false;
            p_.normaliser.add(how);
        } else if (type == "Prepend") {
            prepending how;
            if (!take(part.at("prepend").text(), how.what)) return false;
            p_.normaliser.add(std::move(how));
        } else if (type == "Replace") {
            replacing how;
            if (!take(part.at("content").text(), how.with)) return false;
            if (const json_value expression = part.at("pattern").at("Regex"); expression.given()) {
                const auto e = expression.text();
                if (e && *e == "\\s+") return p_.normaliser.add(space_replacing{std::move(how.with)}), true;
                if (!e || *e != " {2,}") return refuse(expression);
                how.what = " ", how.runs = true;
            } else if (!take(part.at("pattern").at("String").text(), how.what)) {
                return false;
            }
            p_.normaliser.add(std::move(how));
        } else if (type == "Precompiled") {
            const auto  text = part.at("precompiled_charsmap").text();
            std::string bytes;
            if (!text) return why_ = text.error(), false;
            if (text->empty()) return true;
            if (!append_base64(*text, bytes)) return refuse(part.at("precompiled_charsmap"));
            auto map = charsmap::of(bytes);
            if (!map) return refuse(part.at("precompiled_charsmap"), fault::malformed);
            p_.normaliser.add(std::move(*map));
        } else {
            return unknown(part, type);
        }
        return true;
    }

    bool cutting(const json_value& part) {
        const std::string_view type  = type_of(part);
        auto&                  rules = p_.cutting.rules;
        if (p_.cutting.blanks) return refuse(part); // nothing may follow
        if (type == "Sequence") return each(part.at("pretokenizers"), [&](const json_value& x) { return cutting(x); });
        if (type == "BertPreTokenizer") rules.push_back(split_rule::bert);
        else if (type == "WhitespaceSplit") rules.push_back(split_rule::white_space);
        else if (type == "Whitespace") rules.push_back(split_rule::words);
        else if (type == "Punctuation") {
            if (const auto b = part.at("behavior").text_or("Isolated"); !b || *b != "Isolated")
                return refuse(part.at("behavior"));
            rules.push_back(split_rule::punctuation);
        } else if (type == "Digits") {
            bool each_alone = false;
            if (!take(part.at("individual_digits").boolean_or(false), each_alone)) return false;
            rules.push_back(each_alone ? split_rule::digits : split_rule::digit_runs);
        } else if (type == "ByteLevel") {
            bool cuts = true, prefix = false;
            if (!take(part.at("use_regex").boolean_or(true), cuts) ||
                !take(part.at("add_prefix_space").boolean_or(false), prefix))
                return false;
            if (prefix && !rules.empty()) return refuse(part.at("add_prefix_space"));
            if (cuts) rules.push_back(split_rule::gpt2);
            p_.cutting.prefix_blank = prefix;
            bytes_                  = true;
        } else if (type == "Metaspace") {
            metaspace how;
            if (const auto mark = part.at("replacement").text(); !mark || *mark != "\u2581")
                return refuse(part.at("replacement"));
            if (!take(part.at("split").boolean_or(true), how.split)) return false;
            if (const json_value scheme = part.at("prepend_scheme"); scheme.given()) {
                const auto s = scheme.text();
                if (!s || (*s != "always" && *s != "first" && *s != "never")) return refuse(scheme);
                how.prepend = *s == "always"  ? metaspace::when::always
                              : *s == "first" ? metaspace::when::first
                                              : metaspace::when::never;
            } else {
                bool prefix = true;
                if (!take(part.at("add_prefix_space").boolean_or(true), prefix)) return false;
                how.prepend = prefix ? metaspace::when::always : metaspace::when::never;
            }
            if (!rules.empty() && how.prepend != metaspace::when::always) return refuse(part);
            p_.cutting.blanks = how;
        } else if (type == "Split") {
            const json_value expression = part.at("pattern").at("Regex");
            const auto       e          = expression.text();
            if (!e) return why_ = e.error(), false;
            bool inverted = false;
            if (!take(part.at("invert").boolean_or(false), inverted)) return false;
            const auto b     = part.at("behavior").text();
            const auto known = rule_of_expression(*e);
            if (!known) return refuse(expression);
            // What an expression does not match may be removed if it matches everything.
            const bool all = *known == split_rule::gpt2 || *known == split_rule::llama3 ||
                             *known == split_rule::qwen2 || *known == split_rule::cl100k;
            if (!b || !((*b == "Isolated" && !inverted) || (*b == "Removed" && inverted && all)))
                return refuse(part.at("behavior"));
            rules.push_back(*known);
        } else {
            return unknown(part, type);
        }
        return true;
    }
};

} // namespace graft::inline GRAFT_ABI::detail
